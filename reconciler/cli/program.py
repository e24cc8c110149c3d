"""What this program is, for records and for people."""

from importlib.metadata import PackageNotFoundError
from importlib.metadata import version as installed

PACKAGE = "llama-reconciler"


def version() -> str:
    """The version of the installed package."""
    try:
        return installed(PACKAGE)
    except PackageNotFoundError:
        # Run from a source tree that nobody installed.
        return "0+unknown"
