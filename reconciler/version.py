"""The version of this program, said here alone; asking the installed package for it would cost every command 10 ms."""

VERSION = "0.1.0"
