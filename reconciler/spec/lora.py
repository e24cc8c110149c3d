"""Section `lora`: adapters on top of a model."""

from reconciler.spec.base import Spec
from reconciler.spec.setting import repeated, setting
from reconciler.spec.values import Items


# fmt: off
# One line a setting reads as a table; the formatter would break each into six.
class LoraSettings(Spec):
    """Low-rank adapters."""

    adapters: Items | None = setting(repeated("--lora"), min_length=1, path_to_file=True, help="Adapter files, each applied in full.")
