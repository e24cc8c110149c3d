"""
Merged trees by the content they came from, so that unchanged files are not parsed twice.

A cache: safe to delete at any time. One that is damaged or cannot be read counts as absent and is written again; one
that cannot be written costs time and nothing else.
"""

import hashlib
import json
import os
import sys
from contextlib import suppress
from pathlib import Path

from reconciler.spec.fleet import FleetSpec
from reconciler.version import VERSION

FORMAT = 1
"""Rises when the meaning of a tree changes between two releases."""


def cache_file(directory: Path, digest: str) -> Path:
    """The file for this content, this program, this Python and this home, which `~` in paths stands for."""
    parts = (digest, VERSION, FORMAT, sys.version, os.environ.get("HOME", ""))
    return directory / f"fleet-{hashlib.sha256(repr(parts).encode()).hexdigest()[:32]}.json"


def recall(file: Path) -> FleetSpec | None:
    """What was remembered, if anything can be read."""
    try:
        digest, _, text = file.read_bytes().partition(b"\n")
        if hashlib.sha256(text).hexdigest().encode() != digest:
            return None
        return FleetSpec.restored(json.loads(text))
    except (OSError, ValueError, RecursionError):
        return None


def remember(file: Path, spec: FleetSpec) -> None:
    """Writes the tree in one move, readable by its owner alone, and drops those of earlier contents."""
    partial = file.with_suffix(f".{os.getpid()}.tmp")
    text = json.dumps(spec.written(), separators=(",", ":"))
    try:
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
            stream.write(hashlib.sha256(text.encode()).hexdigest() + "\n" + text)
        partial.replace(file)
        for other in file.parent.glob("fleet-*.json"):
            if other != file:
                other.unlink(missing_ok=True)
    except OSError:
        with suppress(OSError):
            partial.unlink()
