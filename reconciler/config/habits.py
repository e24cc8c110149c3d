"""Names that people bring along: those of flags, of bindings, of other programs. Each means one setting for certain."""

import re
from collections.abc import Iterator

from reconciler.config.keys import called, normal
from reconciler.config.node import Path

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


def _leaves(name: str, section: Path) -> Iterator[str]:
    own = [str(part) for part in section[SECTION_BEGINS.get(str(section[0]), 0) :]] if section else []
    homes = {".".join(own), ".".join(own[1:])} if section[:1] == ("server",) else {".".join(own)}
    for path in called(name) or filter(None, [HABITS.get(name)]):
        home, _, leaf = path.rpartition(".")
        if home in homes:
            yield leaf
