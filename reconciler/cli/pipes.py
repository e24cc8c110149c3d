"""When whoever read our output had enough (`| head`): that is no failure, and no reason to leave work half done."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TextIO


@contextmanager
def unread() -> Iterator[None]:
    """Takes a closed pipe in silence; from then on what nobody reads is thrown away."""
    try:
        yield
    except BrokenPipeError:
        for stream in (sys.stdout, sys.stderr):
            _discard_if_closed(stream)


def _discard_if_closed(stream: TextIO) -> None:
    try:
        # What could not be written is still there, and fails again.
        stream.flush()
    except BrokenPipeError:
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, stream.fileno())
        os.close(nowhere)
