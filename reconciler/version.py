"""The version of this program, said here alone; the package takes it from here too."""

VERSION = "0.1.0"
