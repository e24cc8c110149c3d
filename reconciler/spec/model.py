"""One model: where it comes from, a name, and how it is served."""

from collections.abc import Mapping
from typing import Annotated, Literal

from reconciler.spec.advanced import AdvancedSettings
from reconciler.spec.base import EMPTY
from reconciler.spec.gpu import GpuSettings
from reconciler.spec.lora import LoraSettings
from reconciler.spec.marks import Checked, Limit
from reconciler.spec.memory import MemorySettings
from reconciler.spec.multimodal import MultimodalSettings
from reconciler.spec.policy import HealthPolicy, RestartPolicy
from reconciler.spec.sampling import SamplingSettings
from reconciler.spec.serving import ServingSettings
from reconciler.spec.setting import setting
from reconciler.spec.sources import Address, DockerImage, HfRepository
from reconciler.spec.speculative import SpeculativeSettings
from reconciler.spec.values import Port

MAX_NAME = 128
SECTIONS = ("sampling", "memory", "gpu", "advanced", "lora", "multimodal", "speculative")
"""The sections of a model, in the order in which documents show them."""


def name_problem(name: str) -> str | None:
    """Why a name cannot be used for a model or an alias; a `]` in one name stops the whole router."""
    if not 1 <= len(name) <= MAX_NAME:
        return f"expected 1 to {MAX_NAME} characters, got {len(name)}"
    if name != name.strip():
        return "blanks at the edges would be trimmed by llama-server"
    if name == "*":
        return "`*` is the section of the router's own defaults"
    if "]" in name:
        return "a `]` in one name stops the whole router"
    if not name.isprintable():
        return "expected printable characters only"
    return None


def _usable(name: str) -> str:
    if problem := name_problem(name):
        msg = f"`{name}` cannot be a name: {problem}"
        raise ValueError(msg)
    return name


Name = Annotated[str, Checked(_usable)]
Scalar = str | int | float | bool | None


class ModelSpec(ServingSettings):
    """
    A model, with what it inherits.

    Attributes:
        path: absolute, once the configuration has resolved it against the file that says it.
    """

    path: Annotated[str, Limit(min_length=1)] | None = None
    """The GGUF file; relative to the file that says it. A model has exactly one of `path`, `hf`, `url` and `docker`."""

    # fmt: off
    # One line a setting reads as a table; the formatter would break each into six.
    hf: HfRepository | None = setting("--hf-repo", help="Repository of Hugging Face to download it from, as `org/repo` or `org/repo:QUANT`.")
    hf_file: str | None = setting("--hf-file", min_length=1, default="chosen by the quantization", help="File of the repository to take.")
    url: Address | None = setting("--model-url", help="Address to download the GGUF from, without a password or token in it.")
    docker: DockerImage | None = setting("--docker-repo", help="Model of Docker Hub to download, as `repo/model:tag`; repo is `ai` and tag `latest` unless given.")
    # fmt: on

    serve: Literal["router", "dedicated"] = "router"
    """Child of the router, or a process and port of its own."""

    load: Literal["always", "on-demand"] = "always"
    """Whether the router loads it at once or for the first request (router only)."""

    aliases: tuple[Name, ...] = ()
    """Other names under which it is served."""

    port: Port | None = None
    """Port of a dedicated model; one of the pool unless given."""

    enabled: bool = True
    """`false` declares the model and keeps it stopped."""

    protect: bool = False
    """Never stopped by prune, rename or rollback; the mark is kept in the store."""

    extra_args: Mapping[str, Scalar | tuple[Scalar, ...]] = EMPTY
    """Flags that have no setting: `true` is a bare flag, `false` or `null` none, a list one flag for each item."""

    env: Mapping[str, str] = EMPTY
    """Environment of the process (dedicated only)."""

    health: HealthPolicy = HealthPolicy()
    """How long it may take to come and to go."""

    restart: RestartPolicy = RestartPolicy()
    """What happens when it ends by itself."""

    moved_from: Name | None = None
    """The name that the model had before; keeps port, history and protection."""

    sampling: SamplingSettings = SamplingSettings()
    """How the next token is chosen."""

    memory: MemorySettings = MemorySettings()
    """Context, batches and caches."""

    gpu: GpuSettings = GpuSettings()
    """What runs on which device."""

    advanced: AdvancedSettings = AdvancedSettings()
    """Attention, rotary positions and other internals."""

    lora: LoraSettings = LoraSettings()
    """Adapters."""

    multimodal: MultimodalSettings = MultimodalSettings()
    """Images and sound."""

    speculative: SpeculativeSettings = SpeculativeSettings()
    """Guessing ahead."""
