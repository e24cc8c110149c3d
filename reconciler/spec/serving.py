"""Settings that stand directly under a model, and under `server` as the default of the whole fleet."""

from typing import Literal

from reconciler.spec.base import Spec
from reconciler.spec.setting import json_text, repeated, setting, switch
from reconciler.spec.values import Items, JsonObject, NotZero, Share


# fmt: off
# One line a setting reads as a table; the formatter would break each into six.
class ServingSettings(Spec):
    """How a model is served."""

    threads: int | None = setting("--threads", ge=-1, default="-1", help="CPU threads for generation; -1 lets llama-server choose.")
    threads_batch: int | None = setting("--threads-batch", ge=-1, default="same as threads", help="CPU threads for prompts.")
    parallel: NotZero | None = setting("--parallel", ge=-1, default="-1", help="Requests that are worked on at the same time; -1 lets llama-server choose.")
    cont_batching: bool | None = setting(switch("--cont-batching"), default="on", help="Whether new requests join a running batch.")
    chat_template: str | None = setting("--chat-template", help="Chat template, by the name of a built-in one or as Jinja text.")
    jinja: bool | None = setting(switch("--jinja"), default="on", help="Whether chat templates are run by the Jinja engine.")
    reasoning_format: Literal["none", "deepseek", "deepseek-legacy", "auto"] | None = setting("--reasoning-format", default="auto", help="Where thoughts of a model appear in the answer.")
    embeddings: bool | None = setting(switch("--embeddings"), default="off", help="Whether the model is for embeddings only.")
    pooling: Literal["none", "mean", "cls", "last", "rank"] | None = setting("--pooling", help="How token embeddings become one.")
    reranking: bool | None = setting(switch("--reranking"), default="off", help="Whether the reranking endpoint is served.")
    chat_template_file: str | None = setting("--chat-template-file", path=True, help="File with a chat template.")
    chat_template_kwargs: JsonObject | None = setting(json_text("--chat-template-kwargs"), help="Values that the chat template reads.")
    skip_chat_parsing: bool | None = setting(switch("--skip-chat-parsing"), default="off", help="Whether answers stay as they are, thoughts and calls of tools included.")
    prefill_assistant: bool | None = setting(switch("--prefill-assistant"), default="on", help="Whether a last message of the assistant is the beginning of the answer.")
    reasoning: Literal["on", "off", "auto"] | None = setting("--reasoning", default="auto", help="Whether the model thinks before it answers.")
    reasoning_effort: str | None = setting("--reasoning-effort", default="default", help="How hard it thinks: `default`, or a level of the template such as `low` or `high`.")
    reasoning_budget: int | None = setting("--reasoning-budget", ge=-1, unit="tokens", default="-1", help="Most tokens of thought; -1 is no limit, 0 is none at all.")
    reasoning_budget_message: str | None = setting("--reasoning-budget-message", help="What is put at the end of thoughts that ran out of tokens.")
    reasoning_preserve: bool | None = setting(switch("--reasoning-preserve"), default="on", help="Whether earlier thoughts stay in the history, where the template can do so.")
    embd_normalize: int | None = setting("--embd-normalize", ge=-1, default="2", help="How embeddings are normalised: -1 not, 0 by the largest, 1 taxicab, 2 euclidean, above by that norm.")
    slot_prompt_similarity: Share | None = setting("--slot-prompt-similarity", default="0.1", help="How alike a prompt must be to that of a slot to be given to it; 0 switches it off.")
    reverse_prompt: Items | None = setting(repeated("--reverse-prompt"), min_length=1, help="Texts at which generation stops.")
    special: bool | None = setting(switch("--special"), default="off", help="Whether special tokens appear in answers.")
    spm_infill: bool | None = setting(switch("--spm-infill"), default="off", help="Whether infill gives the suffix before the prefix.")
    offline: bool | None = setting(switch("--offline"), default="off", help="Whether only what was downloaded before is used, and the network is not asked.")
    tags: Items | None = setting("--tags", min_length=1, help="Words about the model that its answers carry; nothing is chosen by them.")
