"""Section `sampling`: how the next token is chosen when a request does not say."""

from typing import Literal

from reconciler.spec.base import Spec
from reconciler.spec.setting import joined, json_text, repeated, setting, switch
from reconciler.spec.values import Bias, Items, JsonObject, SamplerLetters, Samplers, Share


# fmt: off
# One line a setting reads as a table; the formatter would break each into six.
class SamplingSettings(Spec):
    """Defaults for requests; a request may override each of them."""

    temperature: float | None = setting("--temperature", "--temp", ge=0, default="0.8", help="How freely tokens are chosen; 0 always takes the likeliest.")
    top_k: int | None = setting("--top-k", ge=0, default="40", help="Choose among the K likeliest tokens; 0 switches it off.")
    top_p: float | None = setting("--top-p", ge=0, le=1, default="0.95", help="Choose among the likeliest tokens whose probabilities add up to P.")
    min_p: float | None = setting("--min-p", ge=0, le=1, default="0.05", help="Drop tokens less likely than this share of the likeliest one.")
    typical_p: float | None = setting("--typical-p", "--typical", ge=0, le=1, default="1.0", help="Locally typical sampling; 1 switches it off.")
    seed: int | None = setting("--seed", ge=-1, le=2**32 - 1, default="-1", help="Start of the random numbers; -1 takes another one each time.")
    repeat_last_n: int | None = setting("--repeat-last-n", ge=0, unit="tokens", default="64", help="How far back repetitions are looked for; 0 switches it off.")
    repeat_penalty: float | None = setting("--repeat-penalty", gt=0, default="1.0", help="How strongly repetitions are avoided; 1 switches it off.")
    presence_penalty: float | None = setting("--presence-penalty", default="0.0", help="Penalty for every token that was used already.")
    frequency_penalty: float | None = setting("--frequency-penalty", default="0.0", help="Penalty that grows with each use of a token.")
    mirostat: Literal[0, 1, 2] | None = setting("--mirostat", default="0", help="Mirostat sampling: 0 off, 1 the first version, 2 the second.")
    mirostat_lr: float | None = setting("--mirostat-lr", ge=0, default="0.1", help="Learning rate of Mirostat (eta).")
    mirostat_ent: float | None = setting("--mirostat-ent", ge=0, default="5.0", help="Target entropy of Mirostat (tau).")
    ignore_eos: bool | None = setting(switch("--ignore-eos"), default="off", help="Go on after the end-of-text token.")
    samplers: Samplers | None = setting(joined("--samplers", ";"), min_length=1, default="penalties;dry;top_n_sigma;top_k;typ_p;top_p;min_p;xtc;temperature", help="Which samplers are applied, in this order.")
    sampler_seq: SamplerLetters | None = setting("--sampler-seq", default="edskypmxt", help="The same order in short: one letter a sampler.")
    top_n_sigma: float | None = setting("--top-n-sigma", "--top-nsigma", ge=-1, default="-1", help="Keep tokens within this many standard deviations of the likeliest one; -1 switches it off.")
    xtc_probability: Share | None = setting("--xtc-probability", default="0", help="How often the likeliest tokens are left out; 0 switches it off.")
    xtc_threshold: float | None = setting("--xtc-threshold", ge=0, le=1, default="0.1", help="How likely a token must be for that; more than 0.5 switches it off.")
    dry_multiplier: float | None = setting("--dry-multiplier", ge=0, default="0", help="How strongly DRY avoids repeated sequences; 0 switches it off.")
    dry_base: float | None = setting("--dry-base", ge=0, default="1.75", help="How fast that penalty grows with the length of the repetition.")
    dry_allowed_length: int | None = setting("--dry-allowed-length", ge=0, unit="tokens", default="2", help="Length up to which a repetition costs nothing.")
    dry_penalty_last_n: int | None = setting("--dry-penalty-last-n", ge=0, unit="tokens", default="64", help="How far back DRY looks; 0 switches it off.")
    dry_sequence_breaker: Items | None = setting(repeated("--dry-sequence-breaker"), min_length=1, help="Texts that end a sequence, in place of llama-server's own; `none` is no such text.")
    adaptive_target: float | None = setting("--adaptive-target", le=1, default="-1", help="Prefer tokens of about this probability; a negative number switches it off.")
    adaptive_decay: float | None = setting("--adaptive-decay", ge=0, le=0.99, default="0.9", help="How slowly that preference adapts to what was chosen.")
    dynatemp_range: float | None = setting("--dynatemp-range", ge=0, default="0", help="How far the temperature may move with the certainty of the model; 0 switches it off.")
    dynatemp_exp: float | None = setting("--dynatemp-exp", ge=0, default="1", help="How certainty becomes temperature.")
    logit_bias: tuple[Bias, ...] | None = setting(repeated("--logit-bias"), min_length=1, help="Tokens that become likelier or less likely, such as `15043+1`.")
    grammar: str | None = setting("--grammar", help="Grammar in GBNF that every answer must follow.")
    grammar_file: str | None = setting("--grammar-file", path=True, help="File with such a grammar.")
    json_schema: JsonObject | None = setting(json_text("--json-schema"), help="JSON Schema that every answer must follow.")
    json_schema_file: str | None = setting("--json-schema-file", path=True, help="File with such a schema.")
    backend_sampling: bool | None = setting(switch("--backend-sampling"), default="off", help="Whether tokens are chosen on the device already; experimental.")
