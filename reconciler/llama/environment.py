"""
The environment of a child: a short list of the caller's variables, and nothing else of them.

`LLAMA_ARG_*` acts like a flag and shows nowhere in the command line, so a variable in somebody's shell would change a
model without a trace. Whatever is passed on here is part of what is recorded and compared.
"""

from collections.abc import Mapping

from reconciler.spec.registry import ENVIRONMENT_WITHOUT_EFFECT
from reconciler.spec.sources import tells_a_secret

PASSED_ON = ENVIRONMENT_WITHOUT_EFFECT | {"LD_LIBRARY_PATH"}
DEVICE_PREFIXES = (
    "CUDA_",
    "NVIDIA_",
    "HIP_",
    "ROCR_",
    "HSA_",
    "GGML_CUDA_",
    "GGML_VK_",
    "VK_",
    "ONEAPI_",
    "SYCL_",
)
"""Variables by which CUDA, HIP, Vulkan and SYCL choose devices and drivers."""


def passed_on(caller: Mapping[str, str]) -> dict[str, str]:
    """The part of the caller's environment that a child gets: nothing with a secret in it, since it is recorded."""
    return {
        name: value
        for name, value in sorted(caller.items())
        if (name in PASSED_ON or name.startswith(DEVICE_PREFIXES)) and not tells_a_secret(value)
    }
