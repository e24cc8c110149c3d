"""Names that people bring along: those of flags, of bindings, of other programs. Each means one setting for certain."""

import re
from collections.abc import Iterable, Iterator
from functools import cache

from reconciler.config.keys import normal
from reconciler.config.node import Path
from reconciler.spec.registry import all_settings
from reconciler.spec.setting import Form

HABITS = {
    "n_ctx": "memory.ctx_size",
    "num_ctx": "memory.ctx_size",
    "c": "memory.ctx_size",
    "n_batch": "memory.batch_size",
    "b": "memory.batch_size",
    "n_ubatch": "memory.ubatch_size",
    "ub": "memory.ubatch_size",
    "type_k": "memory.cache_type_k",
    "ctk": "memory.cache_type_k",
    "type_v": "memory.cache_type_v",
    "ctv": "memory.cache_type_v",
    "num_gpu": "gpu.layers",
    "ngl": "gpu.layers",
    "sm": "gpu.split_mode",
    "ts": "gpu.tensor_split",
    "mg": "gpu.main_gpu",
    "dev": "gpu.device",
    "fa": "advanced.flash_attn",
    "n_threads": "threads",
    "num_thread": "threads",
    "t": "threads",
    "n_threads_batch": "threads_batch",
    "tb": "threads_batch",
    "n_parallel": "parallel",
    "np": "parallel",
    "num_predict": "memory.predict",
    "repetition_penalty": "sampling.repeat_penalty",
    "s": "sampling.seed",
    "mm": "multimodal.mmproj",
}
"""
Short flags, and the names of llama.cpp's own structures, of its bindings and of Ollama; what settings and their long
flags are called is not among them.
"""

SECTION_BEGINS = {"models": 2, "defaults": 1}
"""Parts of a path before what the registry calls the setting's own."""

HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")


def known_as(key: str, section: Path, allowed: tuple[str, ...]) -> str | None:
    """The one key of this section that a stray key stands for; nothing when that would be a guess."""
    names = (normal(key), normal(HUMP.sub("_", key)))
    found = (name for name in names if name in allowed)
    meant = (leaf for name in names for leaf in _leaves(name, section) if leaf in allowed)
    return next(found, None) or next(meant, None)


def without_value(key: str, section: Path, allowed: tuple[str, ...]) -> str | None:
    """What to write for a key that is a flag without a value: it stands for one value of a setting."""
    name = normal(HUMP.sub("_", key))
    positive = name.removeprefix("no_")
    if positive != name and positive in allowed:
        return f"write `{positive}: false` for `{key}: true`"
    opposite = f"no_{name}" if positive == name else positive
    meant = {one: _bare().get(one, ("", "")) for one in (name, opposite)}
    path, value = meant[name]
    leaf = path.rpartition(".")[2]
    if leaf not in allowed or leaf not in _within(section, [path]):
        return None
    contrary = f", `{leaf}: {meant[opposite][1]}` for `{key}: false`" if meant[opposite][0] == path else ""
    return f"write `{leaf}: {value}` for `{key}: true`{contrary}"


def own_path(path: Path) -> Path:
    """A path of the file as the registry has it."""
    return path[SECTION_BEGINS.get(str(path[0]), 0) :] if path else ()


def _leaves(name: str, section: Path) -> Iterator[str]:
    return _within(section, _by_habit().get(name, ()))


def _within(section: Path, paths: Iterable[str]) -> Iterator[str]:
    own = [str(part) for part in own_path(section)]
    homes = {".".join(own), ".".join(own[1:])} if section[:1] == ("server",) else {".".join(own)}
    for path in paths:
        home, _, leaf = path.rpartition(".")
        if home in homes:
            yield leaf


@cache
def _by_habit() -> dict[str, frozenset[str]]:
    """Paths of settings by the names of their flags that take the same value, and by what else they are called."""
    found: dict[str, set[str]] = {name: {path} for name, path in HABITS.items()}
    for path, setting in all_settings().items():
        for spelling in setting.spellings:
            if spelling.form is Form.BARE:
                continue
            found.setdefault(normal(spelling.flag), set()).add(path)
    return {name: frozenset(paths) for name, paths in found.items()}


@cache
def _bare() -> dict[str, tuple[str, str]]:
    """Paths and values of settings by the names of the flags that stand for them alone."""
    return {
        normal(spelling.flag): (path, str(next(iter(spelling.only))))
        for path, setting in all_settings().items()
        for spelling in setting.spellings
        if spelling.form is Form.BARE
    }
