"""
What a key of stored JSON means: the name of a column, or of an option of any build, with or without dashes, in any of
the ways in which programs write names.
"""

import re
from collections.abc import Mapping
from functools import cache

from reconciler.domain.frozen import frozen
from reconciler.legacy import columns
from reconciler.llama.excluded import EXCLUDED
from reconciler.spec.registry import all_settings, by_flag
from reconciler.spec.setting import Form

_HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")

SHORT: Mapping[str, str] = {
    "t": "threads",
    "tb": "threads_batch",
    "C": "advanced.cpu_mask",
    "Cr": "advanced.cpu_range",
    "Cb": "advanced.cpu_mask_batch",
    "Crb": "advanced.cpu_range_batch",
    "c": "memory.ctx_size",
    "n": "memory.predict",
    "b": "memory.batch_size",
    "ub": "memory.ubatch_size",
    "fa": "advanced.flash_attn",
    "e": "advanced.escape",
    "kvo": "memory.kv_offload",
    "ctk": "memory.cache_type_k",
    "ctv": "memory.cache_type_v",
    "lm": "memory.load_mode",
    "dev": "gpu.device",
    "ot": "gpu.override_tensor",
    "cmoe": "gpu.cpu_moe",
    "ncmoe": "gpu.n_cpu_moe",
    "ngl": "gpu.layers",
    "sm": "gpu.split_mode",
    "ts": "gpu.tensor_split",
    "mg": "gpu.main_gpu",
    "fitt": "gpu.fit_target",
    "fitc": "gpu.fit_ctx",
    "lv": "server.verbosity",
    "s": "sampling.seed",
    "l": "sampling.logit_bias",
    "j": "sampling.json_schema",
    "jf": "sampling.json_schema_file",
    "bs": "sampling.backend_sampling",
    "hfd": "speculative.hf",
    "hfrd": "speculative.hf",
    "md": "speculative.model",
    "td": "speculative.draft_threads",
    "tbd": "speculative.draft_threads_batch",
    "Cd": "speculative.draft_cpu_mask",
    "Crd": "speculative.draft_cpu_range",
    "Cbd": "speculative.draft_cpu_mask_batch",
    "ctkd": "speculative.draft_type_k",
    "ctvd": "speculative.draft_type_v",
    "otd": "speculative.draft_override_tensor",
    "cmoed": "speculative.draft_cpu_moe",
    "ncmoed": "speculative.draft_n_cpu_moe",
    "devd": "speculative.draft_device",
    "ngld": "speculative.draft_layers",
    "lcs": "speculative.lookup_cache_static",
    "lcd": "speculative.lookup_cache_dynamic",
    "ctxcp": "memory.ctx_checkpoints",
    "cms": "memory.checkpoint_min_step",
    "cram": "memory.cache_ram",
    "kvu": "memory.kv_unified",
    "r": "reverse_prompt",
    "sp": "special",
    "np": "parallel",
    "cb": "cont_batching",
    "mm": "multimodal.mmproj",
    "mmu": "multimodal.mmproj_url",
    "mmdev": "multimodal.mmproj_device",
    "ag": "server.agent",
    "to": "server.timeout",
    "rea": "reasoning",
    "sps": "slot_prompt_similarity",
    "lzm": "memory.lazy_mode",
    "ncffn": "gpu.n_cpu_ffn",
    "mu": "url",
    "dr": "docker",
    "hf": "hf",
    "hfr": "hf",
    "hff": "hf_file",
}
"""Short options, whose case counts."""

OTHER_NAMES: Mapping[str, str] = {
    "batch": "memory.batch_size",
    "ubatch": "memory.ubatch_size",
    "n_batch": "memory.batch_size",
    "num_batch": "memory.batch_size",
    "n_ctx": "memory.ctx_size",
    "num_ctx": "memory.ctx_size",
    "context_size": "memory.ctx_size",
    "num_predict": "memory.predict",
    "n_gpu": "gpu.layers",
    "num_gpu": "gpu.layers",
    "n_threads": "threads",
    "num_thread": "threads",
    "num_threads": "threads",
    "rope_frequency": "advanced.rope_freq_base",
    "lora_adapter": "lora.adapters",
    "control_vectors": "lora.control_vector",
    "typ_p": "sampling.typical_p",
    "n_draft": "speculative.draft_max",
    "embedding": "embeddings",
    "rerank": "reranking",
    "log_verbosity": "server.verbosity",
    "sampling_seq": "sampling.sampler_seq",
    "swa_checkpoints": "memory.ctx_checkpoints",
    "gpu_layers_draft": "speculative.draft_layers",
    "spec_draft_ncmoe": "speculative.draft_n_cpu_moe",
    "draft": "speculative.draft_max",
    "draft_n": "speculative.draft_max",
    "draft_n_min": "speculative.draft_min",
}
"""Names of the old forms, of presets, and of options that builds have beside their main one."""

LOAD_SWITCHES: Mapping[str, tuple[str, bool]] = {
    "mmap": ("mmap", True),
    "no_mmap": ("mmap", False),
    "mlock": ("mlock", True),
    "memory_lock": ("mlock", True),
    "mm_lock": ("mlock", True),
    "direct_io": ("dio", True),
    "dio": ("dio", True),
    "no_direct_io": ("dio", False),
    "ndio": ("dio", False),
}
"""Switches that make `memory.load_mode` together, each with what its `true` says."""

OFF: Mapping[str, str] = {
    "no_mmproj": "multimodal.mmproj_auto",
    "nkvo": "memory.kv_offload",
    "nr": "memory.repack",
    "nocb": "cont_batching",
    "no_kvu": "memory.kv_unified",
    "no_ag": "server.agent",
}
"""Options that switch another one off and are not called after it."""

SECRET_NAMES: Mapping[str, str] = {
    **columns.SECRETS,
    "hft": "hf_token",
    "llama_api_key": "api_key",
    "api_keys": "api_key",
    "apikey": "api_key",
    "huggingface_token": "hf_token",
}


@frozen
class Meaning:
    """
    What a key stands for; nothing of it is set for an unknown one.

    Attributes:
        setting: the path of a setting.
        inverted: whether the value says the contrary.
        load: a switch of the load mode, `mmap`, `mlock` or `dio`.
        source: a key that says where a model comes from.
        secret: the key of `server` that refers to it.
        process: `host`, `port` or `key_file`.
        label: something that is known of a model, and no wish.
        refused: why it is not carried.
    """

    setting: str = ""
    inverted: bool = False
    load: str = ""
    source: str = ""
    secret: str = ""
    process: str = ""
    label: str = ""
    refused: str = ""

    @property
    def known(self) -> bool:
        """Whether it stands for anything."""
        return self != NOTHING


NOTHING = Meaning()


def normal(key: str) -> str:
    """A name as columns are named."""
    return _HUMP.sub("_", key.strip().lstrip("-")).replace("-", "_").lower()


@cache
def column_meaning(column: str) -> Meaning:
    """What a column says."""
    if path := columns.SETTINGS.get(column):
        return Meaning(setting=path)
    if path := columns.INVERTED.get(column):
        return Meaning(setting=path, inverted=True)
    if column in columns.LOAD_MODE:
        return Meaning(load=column)
    return Meaning(
        source=columns.SOURCES.get(column, ""),
        secret=columns.SECRETS.get(column, ""),
        process=columns.PROCESS.get(column, ""),
        label=column if column in columns.LABELS else "",
        refused=columns.REFUSED.get(column, ""),
    )


@cache
def option_meaning(key: str) -> Meaning:
    """What a key of an object of options says."""
    short = key.strip().lstrip("-")
    if path := SHORT.get(short):
        return _of_path(path)
    name = normal(key)
    known = (_special(name), _of_path(_by_name().get(name, "")), column_meaning(name), _negative(name))
    flag = "--" + name.replace("_", "-")
    refused = Meaning(refused=f"it {EXCLUDED[flag]}") if flag in EXCLUDED else NOTHING
    return next((one for one in known if one.known), refused)


def _special(name: str) -> Meaning:
    if name in LOAD_SWITCHES:
        load, positive = LOAD_SWITCHES[name]
        return Meaning(load=load, inverted=not positive)
    if name in OFF:
        return Meaning(setting=OFF[name], inverted=True)
    return Meaning(secret=SECRET_NAMES.get(name, ""), source="path" if name in {"model", "m"} else "")


def _negative(name: str) -> Meaning:
    """An option that switches another one off."""
    path = _by_name().get(name.removeprefix("no_")) if name.startswith("no_") else None
    return Meaning(setting=path, inverted=True) if path and is_switch(path) else NOTHING


def is_switch(path: str) -> bool:
    """Whether a setting is on or off."""
    return any(one.form in {Form.SWITCH, Form.ON_OFF} for one in all_settings()[path].spellings)


def _of_path(path: str) -> Meaning:
    return Meaning(source=path) if path in columns.SOURCES.values() else Meaning(setting=path)


@cache
def _by_name() -> dict[str, str]:
    flags = {normal(flag): one.path for flag, (one, how) in by_flag().items() if how.form is not Form.BARE}
    # A column named like an option that says something else: what the old program calls it wins.
    return flags | dict(OTHER_NAMES) | dict(columns.SETTINGS)
