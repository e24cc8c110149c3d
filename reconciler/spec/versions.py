"""Upcasters: pure steps from an older stored form to the next. Versions of the stored form only ever rise."""

from collections.abc import Callable, Mapping
from typing import Any

from reconciler.errors import StoreError

Document = Mapping[str, Any]

SPEC_VERSION = 1
"""The version of the stored form; `upcast` brings older ones to it."""

UPCASTERS: Mapping[int, Callable[[Document], Document]] = {}
"""By the version that a step starts from; each returns the document in the next version."""


def upcast(document: Document, version: int) -> Document:
    """
    Brings a stored document to today's form.

    Raises:
        StoreError: when it was written by a newer program.
    """
    if version > SPEC_VERSION:
        raise StoreError(
            f"the store holds a spec of version {version}; this program knows {SPEC_VERSION}",
            hint="install the newer llama-reconciler that wrote it",
        )
    for step in range(version, SPEC_VERSION):
        document = UPCASTERS[step](document)
    return document
