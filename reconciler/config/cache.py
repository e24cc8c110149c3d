"""
Checked fleets by the content they came from, so that unchanged files are neither parsed nor checked twice.

A cache: safe to delete at any time. One that is damaged or cannot be read counts as absent and is written again; one
that cannot be written costs time and nothing else.
"""

import hashlib
import json
import os
import sys
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import fields
from pathlib import Path

from reconciler.config.choice import Choice
from reconciler.domain.frozen import frozen
from reconciler.spec.fleet import FleetSpec
from reconciler.version import VERSION

FORMAT = 5
"""Rises with every change of what is remembered, or of what the spec takes."""


@frozen
class Remembered:
    """
    A fleet without errors, and how to find out that it is still the right one.

    Attributes:
        fingerprint: of all that it came from.
        inclusions: pairs of a file, by its number in the order of reading, and what it includes.
        environment: names of the environment variables that went in.
    """

    fleet: FleetSpec
    fingerprint: str
    inclusions: tuple[tuple[int, str], ...] = ()
    environment: tuple[str, ...] = ()


def fingerprint(content: str, choice: Choice, environment: Iterable[str]) -> str:
    """One text for all that a fleet comes from: files by their digest, what the caller chose, and variables outside."""
    outside = [(name, os.environ.get(name)) for name in environment]
    return hashlib.sha256(repr((content, choice.facts, outside)).encode()).hexdigest()


def cache_file(directory: Path, content: str, choice: Choice) -> Path:
    """The file for this content and choice, this program, this Python, and this home, which `~` in paths stands for."""
    parts = (fingerprint(content, choice, ["HOME"]), VERSION, FORMAT, sys.version)
    return directory / f"fleet-{hashlib.sha256(repr(parts).encode()).hexdigest()[:32]}.json"


def recall(file: Path) -> Remembered | None:
    """What was remembered, if all of it can be read."""
    try:
        digest, _, text = file.read_bytes().partition(b"\n")
        if digest != _digest(text):
            return None
        document = json.loads(text)
        return Remembered(
            fleet=FleetSpec.restored(document["fleet"]),
            fingerprint=document["fingerprint"],
            inclusions=tuple((number, wanted) for number, wanted in document["inclusions"]),
            environment=tuple(document["environment"]),
        )
    except (OSError, ValueError, RecursionError):
        return None


def remember(file: Path, what: Remembered) -> None:
    """Writes it in one move, readable by its owner alone, and drops those of earlier contents."""
    partial = file.with_suffix(f".{os.getpid()}.tmp")
    text = _text(what)
    try:
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "wb") as stream:
            stream.write(_digest(text) + b"\n" + text)
        partial.replace(file)
        for other in file.parent.glob("fleet-*.json"):
            if other != file:
                other.unlink(missing_ok=True)
    except OSError:
        with suppress(OSError):
            partial.unlink()


def _text(what: Remembered) -> bytes:
    names = (one.name for one in fields(what))
    document = {name: getattr(what, name) for name in names} | {"fleet": what.fleet.written()}
    return json.dumps(document, separators=(",", ":")).encode()


def _digest(text: bytes) -> bytes:
    """What is read back is not checked again, so that one damaged bit has to be seen."""
    return hashlib.sha256(text).hexdigest().encode()
