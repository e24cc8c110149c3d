"""Section `lora`: adapters on top of a model."""

from reconciler.spec.base import Spec
from reconciler.spec.setting import repeated, setting, switch
from reconciler.spec.values import Items, Scaled


# fmt: off
# One line a setting reads as a table; the formatter would break each into six.
class LoraSettings(Spec):
    """Low-rank adapters and control vectors."""

    adapters: Items | None = setting(repeated("--lora", ","), min_length=1, path_to_file=True, help="Adapter files, each applied in full.")
    scaled: Scaled | None = setting("--lora-scaled", path_to_file=True, help="Adapter files, each with its strength, such as `{ poet.gguf: 0.5 }`.")
    init_without_apply: bool | None = setting(switch("--lora-init-without-apply"), default="off", help="Whether adapters are loaded and wait for a request to be applied.")
    control_vector: Items | None = setting("--control-vector", min_length=1, path_to_file=True, help="Control vector files, each applied in full.")
    control_vector_scaled: Scaled | None = setting("--control-vector-scaled", path_to_file=True, help="Control vector files, each with its strength.")
