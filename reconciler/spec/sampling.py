"""Section `sampling`: how the next token is chosen when a request does not say."""

from typing import Literal

from reconciler.spec.base import Spec
from reconciler.spec.setting import setting, switch


# fmt: off
# One line a setting reads as a table; the formatter would break each into six.
class SamplingSettings(Spec):
    """Defaults for requests; a request may override each of them."""

    temperature: float | None = setting("--temperature", "--temp", ge=0, default="0.8", help="How freely tokens are chosen; 0 always takes the likeliest.")
    top_k: int | None = setting("--top-k", ge=0, default="40", help="Choose among the K likeliest tokens; 0 switches it off.")
    top_p: float | None = setting("--top-p", ge=0, le=1, default="0.95", help="Choose among the likeliest tokens whose probabilities add up to P.")
    min_p: float | None = setting("--min-p", ge=0, le=1, default="0.05", help="Drop tokens less likely than this share of the likeliest one.")
    typical_p: float | None = setting("--typical-p", "--typical", ge=0, le=1, default="1.0", help="Locally typical sampling; 1 switches it off.")
    seed: int | None = setting("--seed", ge=-1, default="-1", help="Start of the random numbers; -1 takes another one each time.")
    repeat_last_n: int | None = setting("--repeat-last-n", ge=-1, unit="tokens", default="64", help="How far back repetitions are looked for; -1 is the whole context.")
    repeat_penalty: float | None = setting("--repeat-penalty", ge=0, default="1.0", help="How strongly repetitions are avoided; 1 switches it off.")
    presence_penalty: float | None = setting("--presence-penalty", default="0.0", help="Penalty for every token that was used already.")
    frequency_penalty: float | None = setting("--frequency-penalty", default="0.0", help="Penalty that grows with each use of a token.")
    mirostat: Literal[0, 1, 2] | None = setting("--mirostat", default="0", help="Mirostat sampling: 0 off, 1 the first version, 2 the second.")
    mirostat_lr: float | None = setting("--mirostat-lr", ge=0, default="0.1", help="Learning rate of Mirostat (eta).")
    mirostat_ent: float | None = setting("--mirostat-ent", ge=0, default="5.0", help="Target entropy of Mirostat (tau).")
    ignore_eos: bool | None = setting(switch("--ignore-eos"), default="off", help="Go on after the end-of-text token.")
