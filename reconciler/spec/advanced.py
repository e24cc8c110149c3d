"""Section `advanced`: attention, rotary positions and other internals."""

from typing import Literal

from reconciler.spec.base import Spec
from reconciler.spec.setting import setting, switch
from reconciler.spec.values import Count


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
