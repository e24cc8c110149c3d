"""Section `speculative`: a small model that guesses ahead for a large one."""

from typing import Annotated, Literal

from reconciler.spec.base import Spec
from reconciler.spec.marks import Limit
from reconciler.spec.memory import CacheType
from reconciler.spec.setting import setting, switch, zero_one
from reconciler.spec.sources import HfRepository
from reconciler.spec.values import CpuMask, CpuRange, Items, Placement, Share

Type = Literal[
    "none", "draft-simple", "draft-eagle3", "draft-mtp", "draft-dflash", "draft-dspark",
    "ngram-simple", "ngram-map-k", "ngram-map-k4v", "ngram-mod", "ngram-cache",
]  # fmt: skip
Types = tuple[Type, ...]
Shares = tuple[Share, ...]


# fmt: off
# One line a setting reads as a table; the formatter would break each into six.
class SpeculativeSettings(Spec):
    """Speculative decoding."""

    model: str | None = setting("--spec-draft-model", "--model-draft", path_to_file=True, help="File of the draft model.")
    hf: HfRepository | None = setting("--spec-draft-hf", "--hf-repo-draft", help="Repository of Hugging Face to download the draft model from.")
    draft_max: int | None = setting("--spec-draft-n-max", "--draft-max", ge=0, unit="tokens", help="Most tokens that are guessed ahead.")
    draft_min: int | None = setting("--spec-draft-n-min", "--draft-min", ge=0, unit="tokens", help="Fewest guessed tokens that are worth a check.")
    type: Types | None = setting("--spec-type", min_length=1, default="none", help="How guesses are made; several are tried in turn.")
    draft_threads: int | None = setting("--spec-draft-threads", "--threads-draft", ge=-1, default="same as threads", help="CPU threads of the draft model for generation.")
    draft_threads_batch: int | None = setting("--spec-draft-threads-batch", "--threads-batch-draft", ge=-1, default="same as draft_threads", help="CPU threads of the draft model for prompts.")
    draft_cpu_mask: CpuMask | None = setting("--spec-draft-cpu-mask", "--cpu-mask-draft", default="same as cpu_mask", help="CPUs of the draft model for generation, as a hexadecimal mask.")
    draft_cpu_range: CpuRange | None = setting("--spec-draft-cpu-range", "--cpu-range-draft", help="CPUs of the draft model for generation, as a range.")
    draft_cpu_strict: bool | None = setting(zero_one("--spec-draft-cpu-strict"), zero_one("--cpu-strict-draft"), default="same as cpu_strict", help="Whether every thread of the draft model keeps to a CPU of its own.")
    draft_prio: int | None = setting("--spec-draft-prio", "--prio-draft", ge=0, le=3, default="0", help="Priority of the draft model: 0 normal, 1 medium, 2 high, 3 realtime.")
    draft_poll: bool | None = setting(zero_one("--spec-draft-poll"), zero_one("--poll-draft"), default="same as poll", help="Whether threads of the draft model wait awake.")
    draft_cpu_mask_batch: CpuMask | None = setting("--spec-draft-cpu-mask-batch", "--cpu-mask-batch-draft", default="same as draft_cpu_mask", help="CPUs of the draft model for prompts, as a hexadecimal mask.")
    draft_cpu_strict_batch: bool | None = setting(zero_one("--spec-draft-cpu-strict-batch"), zero_one("--cpu-strict-batch-draft"), default="same as draft_cpu_strict", help="The same as `draft_cpu_strict` for prompts.")
    draft_prio_batch: int | None = setting("--spec-draft-prio-batch", "--prio-batch-draft", ge=0, le=3, default="0", help="Priority of the draft model for prompts: 0 normal, 1 medium, 2 high, 3 realtime.")
    draft_poll_batch: bool | None = setting(zero_one("--spec-draft-poll-batch"), zero_one("--poll-batch-draft"), default="same as draft_poll", help="Whether threads of the draft model for prompts wait awake.")
    draft_override_tensor: tuple[Placement, ...] | None = setting("--spec-draft-override-tensor", "--override-tensor-draft", min_length=1, help="Where tensors of the draft model lie, each as `PATTERN=BUFFER`.")
    draft_cpu_moe: bool | None = setting(switch("--spec-draft-cpu-moe"), switch("--cpu-moe-draft"), default="off", help="Whether all experts of the draft model stay in the memory of the host.")
    draft_n_cpu_moe: int | None = setting("--spec-draft-n-cpu-moe", "--n-cpu-moe-draft", ge=0, le=9999, unit="layers", help="Layers of the draft model whose experts stay in the memory of the host.")
    draft_type_k: CacheType | None = setting("--spec-draft-type-k", "--cache-type-k-draft", default="f16", help="Data type of the keys in the KV cache of the draft model.")
    draft_type_v: CacheType | None = setting("--spec-draft-type-v", "--cache-type-v-draft", default="f16", help="Data type of the values in the KV cache of the draft model.")
    draft_p_split: Share | None = setting("--spec-draft-p-split", "--draft-p-split", default="0.1", help="Probability from which on guesses branch.")
    draft_p_min: Share | None = setting("--spec-draft-p-min", "--draft-p-min", default="0", help="How sure the draft model must be of a guess.")
    draft_backend_sampling: bool | None = setting(switch("--spec-draft-backend-sampling"), default="on", help="Whether guesses are chosen on the device already.")
    draft_sampling: Literal["greedy", "probabilistic"] | None = setting("--spec-draft-sampling", default="greedy", help="Whether the draft model guesses its likeliest token or draws one.")
    draft_device: Items | None = setting("--spec-draft-device", "--device-draft", min_length=1, default="follows gpu.device", help="Devices of the draft model.")
    draft_layers: Annotated[int, Limit(ge=0)] | Literal["auto", "all"] | None = setting("--spec-draft-ngl", "--n-gpu-layers-draft", default="auto", help="Layers of the draft model that lie in GPU memory; `all` or `auto`.")
    synth_len: float | None = setting("--spec-synth-len", ge=1, unit="tokens", help="For benchmarks: how many tokens are taken to be guessed right, on average.")
    synth_rates: Shares | None = setting("--spec-synth-rates", min_length=1, help="For benchmarks: how often the guess at each position is taken to be right.")
    ngram_mod_n_min: int | None = setting("--spec-ngram-mod-n-min", ge=0, le=1024, unit="tokens", default="48", help="With hashed n-grams: fewest tokens that are guessed.")
    ngram_mod_n_max: int | None = setting("--spec-ngram-mod-n-max", ge=0, le=1024, unit="tokens", default="64", help="With hashed n-grams: most tokens that are guessed.")
    ngram_mod_n_match: int | None = setting("--spec-ngram-mod-n-match", ge=1, le=1024, unit="tokens", default="24", help="With hashed n-grams: how many tokens are looked up.")
    ngram_simple_size_n: int | None = setting("--spec-ngram-simple-size-n", ge=1, le=1024, unit="tokens", default="12", help="With plain n-grams: how many tokens are looked up.")
    ngram_simple_size_m: int | None = setting("--spec-ngram-simple-size-m", ge=1, le=1024, unit="tokens", default="48", help="With plain n-grams: how many tokens are guessed.")
    ngram_simple_min_hits: int | None = setting("--spec-ngram-simple-min-hits", ge=1, default="1", help="With plain n-grams: how often a guess must have been right before.")
    ngram_map_k_size_n: int | None = setting("--spec-ngram-map-k-size-n", ge=1, le=1024, unit="tokens", default="12", help="With n-gram maps: how many tokens are looked up.")
    ngram_map_k_size_m: int | None = setting("--spec-ngram-map-k-size-m", ge=1, le=1024, unit="tokens", default="48", help="With n-gram maps: how many tokens are guessed.")
    ngram_map_k_min_hits: int | None = setting("--spec-ngram-map-k-min-hits", ge=1, default="1", help="With n-gram maps: how often a guess must have been right before.")
    ngram_map_k4v_size_n: int | None = setting("--spec-ngram-map-k4v-size-n", ge=1, le=1024, unit="tokens", default="12", help="With n-gram maps with values: how many tokens are looked up.")
    ngram_map_k4v_size_m: int | None = setting("--spec-ngram-map-k4v-size-m", ge=1, le=1024, unit="tokens", default="48", help="With n-gram maps with values: how many tokens are guessed.")
    ngram_map_k4v_min_hits: int | None = setting("--spec-ngram-map-k4v-min-hits", ge=1, default="1", help="With n-gram maps with values: how often a guess must have been right before.")
    lookup_cache_static: str | None = setting("--lookup-cache-static", path=True, help="File of n-grams to look guesses up in; it is never written.")
    lookup_cache_dynamic: str | None = setting("--lookup-cache-dynamic", path=True, help="File of n-grams that grows with what is generated.")
