"""Section `advanced`: attention, rotary positions and other internals."""

from typing import Literal

from reconciler.spec.base import Spec
from reconciler.spec.setting import setting, switch, zero_one
from reconciler.spec.values import Count, CpuMask, CpuRange, Fact, Priority


# fmt: off
# One line a setting reads as a table; the formatter would break each into six.
class AdvancedSettings(Spec):
    """For those who know why."""

    flash_attn: Literal["on", "off", "auto"] | None = setting("--flash-attn", default="auto", help="Whether Flash Attention is used.")
    rope_scaling: Literal["none", "linear", "yarn"] | None = setting("--rope-scaling", help="How the context is stretched beyond what the model was trained on.")
    rope_scale: float | None = setting("--rope-scale", gt=0, help="Factor by which the context is stretched.")
    rope_freq_base: float | None = setting("--rope-freq-base", ge=0, help="Base frequency of the rotary positions; taken from the model unless given.")
    yarn_orig_ctx: Count | None = setting("--yarn-orig-ctx", ge=0, unit="tokens", default="0", help="Context that the model was trained on, for YaRN.")
    context_shift: bool | None = setting(switch("--context-shift"), default="off", help="Whether old tokens make room when the context is full.")
    warmup: bool | None = setting(switch("--warmup"), default="on", help="Whether an empty run precedes the first request.")
    numa: Literal["distribute", "isolate", "numactl"] | None = setting("--numa", help="Placement on hosts with several memory nodes.")
    cpu_mask: CpuMask | None = setting("--cpu-mask", help="CPUs for generation, as a hexadecimal mask.")
    cpu_range: CpuRange | None = setting("--cpu-range", help="CPUs for generation, as a range.")
    cpu_strict: bool | None = setting(zero_one("--cpu-strict"), default="off", help="Whether every thread keeps to a CPU of its own.")
    prio: Priority | None = setting("--prio", default="0", help="Priority of process and threads: -1 low, 0 normal, 1 medium, 2 high, 3 realtime.")
    poll: int | None = setting("--poll", ge=0, le=100, unit="%", default="50", help="How eagerly threads wait for work: 0 sleeps, 100 never does.")
    cpu_mask_batch: CpuMask | None = setting("--cpu-mask-batch", default="same as cpu_mask", help="CPUs for prompts, as a hexadecimal mask.")
    cpu_range_batch: CpuRange | None = setting("--cpu-range-batch", help="CPUs for prompts, as a range.")
    cpu_strict_batch: bool | None = setting(zero_one("--cpu-strict-batch"), default="same as cpu_strict", help="The same as `cpu_strict` for prompts.")
    prio_batch: int | None = setting("--prio-batch", ge=0, le=3, default="0", help="Priority of threads for prompts: 0 normal, 1 medium, 2 high, 3 realtime.")
    poll_batch: bool | None = setting(zero_one("--poll-batch"), default="same as poll", help="Whether threads for prompts wait awake.")
    perf: bool | None = setting(switch("--perf"), default="off", help="Whether llama.cpp measures its own times.")
    escape: bool | None = setting(switch("--escape"), default="on", help="Whether sequences such as `\\n` in prompts become the characters that they stand for.")
    rope_freq_scale: float | None = setting("--rope-freq-scale", gt=0, help="Inverse of the factor by which the context is stretched.")
    yarn_ext_factor: float | None = setting("--yarn-ext-factor", default="-1", help="YaRN: mix of interpolation and extrapolation; 0 interpolates alone, -1 takes the model's.")
    yarn_attn_factor: float | None = setting("--yarn-attn-factor", default="-1", help="YaRN: scale of attention; -1 takes the model's.")
    yarn_beta_slow: float | None = setting("--yarn-beta-slow", default="-1", help="YaRN: high correction dimension; -1 takes the model's.")
    yarn_beta_fast: float | None = setting("--yarn-beta-fast", default="-1", help="YaRN: low correction dimension; -1 takes the model's.")
    check_tensors: bool | None = setting(switch("--check-tensors"), default="off", help="Whether the weights are searched for invalid numbers while they are loaded.")
    override_kv: tuple[Fact, ...] | None = setting("--override-kv", min_length=1, help="Facts of the model file to replace, each as `KEY=TYPE:VALUE`.")
