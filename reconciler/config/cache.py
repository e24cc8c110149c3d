"""
Merged trees by the content they came from, so that unchanged files are not parsed twice.

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
from typing import Any

from reconciler.config.choice import Choice
from reconciler.config.merge import Merged
from reconciler.domain.frozen import frozen
from reconciler.version import VERSION

FORMAT = 2
"""Rises when the meaning of a tree changes between two releases."""


@frozen
class Remembered:
    """
    A tree, and how to find out that it is still the right one.

    Attributes:
        fingerprint: of all that it came from.
        inclusions: pairs of a file, by its number in the order of reading, and what it includes.
        environment: names of the environment variables that went in.
    """

    merged: Merged
    fingerprint: str
    inclusions: tuple[tuple[int, str], ...] = ()
    environment: tuple[str, ...] = ()


def fingerprint(content: str, choice: Choice, environment: Iterable[str]) -> str:
    """One text for all that a tree comes from: files by their digest, what the caller chose, and variables outside."""
    outside = [(name, os.environ.get(name)) for name in environment]
    return hashlib.sha256(repr((content, choice.facts, outside)).encode()).hexdigest()


def cache_file(directory: Path, content: str, choice: Choice) -> Path:
    """The file for this content and choice, this program, this Python, and this home, which `~` in paths stands for."""
    parts = (fingerprint(content, choice, ["HOME"]), VERSION, FORMAT, sys.version)
    return directory / f"fleet-{hashlib.sha256(repr(parts).encode()).hexdigest()[:32]}.json"


def recall(file: Path) -> Remembered | None:
    """What was remembered, if anything can be read."""
    try:
        document = json.loads(file.read_bytes())
        merged = Merged(**document["merged"])
        if not isinstance(merged.fleet, dict):
            return None
        return Remembered(
            merged=merged,
            fingerprint=document["fingerprint"],
            inclusions=tuple((int(number), str(wanted)) for number, wanted in document["inclusions"]),
            environment=tuple(map(str, document["environment"])),
        )
    except (OSError, ValueError, TypeError, KeyError, RecursionError):
        return None


def remember(file: Path, what: Remembered) -> None:
    """Writes the tree in one move, readable by its owner alone, and drops those of earlier contents."""
    partial = file.with_suffix(f".{os.getpid()}.tmp")
    try:
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
            json.dump(_plain(what) | {"merged": _plain(what.merged)}, stream, separators=(",", ":"))
        partial.replace(file)
        for other in file.parent.glob("fleet-*.json"):
            if other != file:
                other.unlink(missing_ok=True)
    except OSError:
        with suppress(OSError):
            partial.unlink()


def _plain(value: Remembered | Merged) -> dict[str, Any]:
    """Not `asdict`, which copies the whole tree."""
    return {one.name: getattr(value, one.name) for one in fields(value)}
