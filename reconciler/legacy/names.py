"""
Names under which models are served: as they were, wherever the language and the router take them.

The same rows give the same names again, whatever else is done with the file.
"""

import hashlib
import re
from collections.abc import Mapping, Sequence

from reconciler.domain.frozen import frozen
from reconciler.legacy.stored_models import StoredModel
from reconciler.legacy.vault import Vault
from reconciler.llama.check_ini import as_section
from reconciler.spec.model import MAX_NAME, name_problem

_UNPRINTABLE = "-"
_MANY = re.compile(r"-{2,}")


@frozen
class Naming:
    """
    Attributes:
        name: under which the model is declared.
        alias: the source name, where it can be served beside it.
        reason: why the name is another one; empty when it is the same.
        duplicate: whether another model had the name first.
    """

    name: str
    alias: str = ""
    reason: str = ""
    duplicate: bool = False


def names_of(models: Sequence[StoredModel], vault: Vault, alone: Mapping[int, bool]) -> dict[int, Naming]:
    """
    A name for each model, by its number in the source.

    Args:
        alone: which of them have a process of their own, whose names may have no comma.
    """
    wanted = {one.number: _wanted(one, vault, own_process=alone.get(one.number, False)) for one in models}
    taken: set[str] = set()
    result: dict[int, Naming] = {}
    for one in models:
        # Whoever keeps its name comes first, so that nobody takes it away.
        name, reason = wanted[one.number]
        if not reason and name not in taken:
            taken.add(name)
            result[one.number] = Naming(name=name)
    reserved = {name for name, _ in wanted.values()}
    had = {one.name for one in models if one.number in result}
    for one in models:
        if one.number in result:
            continue
        name, reason = wanted[one.number]
        free = _free(name, taken, reserved) if name in taken else name
        taken.add(free)
        duplicate = bool(one.name) and one.name in had
        had.add(one.name)
        reason = reason or f"another model is called `{name}` too"
        result[one.number] = Naming(name=free, reason=reason, duplicate=duplicate)
    return _with_aliases(models, result, taken, vault, alone)


def _wanted(model: StoredModel, vault: Vault, *, own_process: bool) -> tuple[str, str]:
    """The name that a model would have if it were the only one, and why it is another one than in the source."""
    source = model.name
    if source is None or not source.strip():
        return f"model-{model.number}", "it has no name" if model.raw_name in (None, "") else "its name is no text"
    if vault.within(source):
        return f"model-{model.number}", "there is a secret in its name"
    name, reason = source, name_problem(source) or ""
    if "${" in name:
        name, reason = name.replace("${", "$-"), reason or "`${` would be taken for a variable"
    if name_problem(name):
        plain = "".join(one if one.isprintable() and one != "]" else _UNPRINTABLE for one in name)
        name = _MANY.sub("-", plain).strip(" -*") or f"model-{model.number}"
    if not own_process and as_section(name) != name:
        name, reason = name.replace(":", "-"), reason or "the router would write what follows the `:` in capitals"
    if own_process and "," in name:
        name, reason = name.replace(",", "-"), reason or "llama-server takes names joined by commas"
    if len(name) > MAX_NAME:
        name = f"{name[: MAX_NAME - 9].rstrip()}-{hashlib.sha256(source.encode()).hexdigest()[:8]}"
    return name.strip() or f"model-{model.number}", reason


def _free(name: str, taken: set[str], reserved: set[str]) -> str:
    count = 2
    while True:
        suffix = f"-{count}"
        found = name[: MAX_NAME - len(suffix)].rstrip() + suffix
        if found not in taken and found not in reserved:
            return found
        count += 1


def _with_aliases(
    models: Sequence[StoredModel],
    names: Mapping[int, Naming],
    taken: set[str],
    vault: Vault,
    alone: Mapping[int, bool],
) -> dict[int, Naming]:
    """A name that only a section of the router cannot have is served as an alias."""
    used = set(taken)
    result = {}
    for one in models:
        naming, source = names[one.number], one.name or ""
        fits = naming.reason and not naming.duplicate and not alone.get(one.number)
        if fits and source not in used and not name_problem(source) and "," not in source and not vault.within(source):
            used.add(source)
            naming = Naming(name=naming.name, alias=source, reason=naming.reason)
        result[one.number] = naming
    return result
