"""What the dashboard knew besides settings, for the metadata of the store: its own facts, and labels of the models."""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from reconciler.legacy.fleet import Model
from reconciler.legacy.labels import info_of
from reconciler.legacy.source import Source
from reconciler.legacy.values import Given, text
from reconciler.legacy.vault import Vault
from reconciler.spec.sources import names_a_secret

PREFIX = "dashboard."
_LONGEST = 65_536


def facts_of(source: Source, models: Sequence[Model], vault: Vault) -> Mapping[str, str]:
    """Texts by key; without secrets, and without what would be too long to be a fact."""
    labels = {one.naming.name: known for one in models if (known := _known(one))}
    found = {"sha256": source.digest, "models": json.dumps(labels, ensure_ascii=False), **dict(_metadata(source))}
    return {f"{PREFIX}{key}": vault.blotted(value) for key, value in found.items()}


def _known(model: Model) -> dict[str, Any]:
    renamed = {"name": model.stored.name} if model.stored.name != model.naming.name else {}
    return renamed | info_of(model.stored.labels)


def _metadata(source: Source) -> Iterator[tuple[str, str]]:
    for row in source.rows("metadata"):
        key, value = text(row.get("key")), text(row.get("value"))
        if not (isinstance(key, Given) and isinstance(value, Given)) or names_a_secret(key.value):
            continue
        if len(value.value) <= _LONGEST and key.value.isprintable():
            yield key.value, value.value
