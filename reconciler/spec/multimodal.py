"""Section `multimodal`: images and sound."""

from reconciler.spec.base import Spec
from reconciler.spec.setting import setting, switch


# fmt: off
# One line a setting reads as a table; the formatter would break each into six.
class MultimodalSettings(Spec):
    """The projector that turns images or sound into tokens."""

    mmproj: str | None = setting("--mmproj", path_to_file=True, help="File of the projector.")
    mmproj_offload: bool | None = setting(switch("--mmproj-offload"), default="on", help="Whether the projector lies in GPU memory.")
