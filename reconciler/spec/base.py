"""How every part of a spec behaves: frozen, strict, and refusing keys that it does not know."""

from pydantic import BaseModel, ConfigDict


class Spec(BaseModel):  # noqa: PLW1641 - pydantic gives every frozen class its hash
    """
    The root of all spec classes. `strict` keeps `"8080"` from passing as a number: YAML tells them apart. The
    validator's own errors never show a value: it may be a secret.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False, hide_input_in_errors=True)

    def __eq__(self, other: object) -> bool:
        """Sections that nobody wrote are one object in all models; a document looks at each of them for a default."""
        return self is other or super().__eq__(other)
