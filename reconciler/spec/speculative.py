"""Section `speculative`: a small model that guesses ahead for a large one."""

from reconciler.spec.base import Spec
from reconciler.spec.setting import setting


# fmt: off
# One line a setting reads as a table; the formatter would break each into six.
class SpeculativeSettings(Spec):
    """Speculative decoding."""

    model: str | None = setting("--spec-draft-model", "--model-draft", path_to_file=True, help="File of the draft model.")
    draft_max: int | None = setting("--spec-draft-n-max", "--draft-max", ge=0, unit="tokens", help="Most tokens that are guessed ahead.")
    draft_min: int | None = setting("--spec-draft-n-min", "--draft-min", ge=0, unit="tokens", help="Fewest guessed tokens that are worth a check.")
