"""Section `gpu`: what runs on which device."""

from typing import Annotated, Literal

from reconciler.spec.base import Spec
from reconciler.spec.marks import Limit
from reconciler.spec.setting import on_off, setting, switch
from reconciler.spec.values import Count, Items, Mebibytes, Numbers, Placement

Sizes = tuple[Annotated[Mebibytes, Limit(ge=0)], ...]


# fmt: off
# One line a setting reads as a table; the formatter would break each into six.
class GpuSettings(Spec):
    """Placement of a model on the GPUs of the host."""

    layers: Annotated[int, Limit(ge=0)] | Literal["auto", "all"] | None = setting("--n-gpu-layers", "--gpu-layers", default="auto", help="Layers that lie in GPU memory; `all` or `auto`.")
    split_mode: Literal["none", "layer", "row", "tensor"] | None = setting("--split-mode", default="layer", help="How a model is divided over several GPUs.")
    tensor_split: Numbers | None = setting("--tensor-split", min_length=1, examples=[[3, 1]], help="Share of the model for each GPU, in order, such as `[3, 1]`.")
    main_gpu: int | None = setting("--main-gpu", ge=0, default="0", help="The GPU that takes what is not divided.")
    device: Items | None = setting("--device", min_length=1, help="Devices to use, as `llama-server --list-devices` names them.")
    n_cpu_moe: int | None = setting("--n-cpu-moe", ge=0, le=9999, unit="layers", help="Layers whose experts stay in the memory of the host.")
    fit: bool | None = setting(on_off("--fit"), default="on", help="Whether settings that were not given are fitted to the memory of the device.")
    fit_target: Sizes | None = setting("--fit-target", min_length=1, unit="MiB", default="1024", help="Memory that `fit` leaves free on each device; one number is for all.")
    fit_ctx: Count | None = setting("--fit-ctx", ge=0, unit="tokens", default="4096", help="Smallest context that `fit` may choose.")
    cpu_moe: bool | None = setting(switch("--cpu-moe"), default="off", help="Whether all experts stay in the memory of the host.")
    n_cpu_ffn: int | None = setting("--n-cpu-ffn", ge=0, le=9999, unit="layers", help="Layers whose dense feed-forward weights stay in the memory of the host.")
    override_tensor: tuple[Placement, ...] | None = setting("--override-tensor", min_length=1, help="Where tensors lie, each as `PATTERN=BUFFER`.")
    op_offload: bool | None = setting(switch("--op-offload"), default="on", help="Whether work on tensors of the host is handed to the device.")
    rpc: Items | None = setting("--rpc", min_length=1, help="Servers of ggml's RPC that lend their devices, each as `HOST:PORT`.")
