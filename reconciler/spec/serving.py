"""Settings that stand directly under a model, and under `server` as the default of the whole fleet."""

from typing import Literal

from reconciler.spec.base import Spec
from reconciler.spec.setting import setting, switch


# fmt: off
# One line a setting reads as a table; the formatter would break each into six.
class ServingSettings(Spec):
    """How a model is served."""

    threads: int | None = setting("--threads", ge=-1, default="-1", help="CPU threads for generation; -1 lets llama-server choose.")
    threads_batch: int | None = setting("--threads-batch", ge=-1, default="same as threads", help="CPU threads for prompts.")
    parallel: int | None = setting("--parallel", ge=-1, default="-1", help="Requests that are worked on at the same time; -1 lets llama-server choose.")
    cont_batching: bool | None = setting(switch("--cont-batching"), default="on", help="Whether new requests join a running batch.")
    chat_template: str | None = setting("--chat-template", help="Chat template, by the name of a built-in one or as Jinja text.")
    jinja: bool | None = setting(switch("--jinja"), default="on", help="Whether chat templates are run by the Jinja engine.")
    reasoning_format: Literal["none", "deepseek", "deepseek-legacy", "auto"] | None = setting("--reasoning-format", default="auto", help="Where thoughts of a model appear in the answer.")
    embeddings: bool | None = setting(switch("--embeddings"), default="off", help="Whether the model is for embeddings only.")
    pooling: Literal["none", "mean", "cls", "last", "rank"] | None = setting("--pooling", help="How token embeddings become one.")
    reranking: bool | None = setting(switch("--reranking"), default="off", help="Whether the reranking endpoint is served.")
