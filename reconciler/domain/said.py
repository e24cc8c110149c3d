"""A configuration as values that know who said them."""

from collections.abc import Mapping
from typing import Any, Union

from reconciler.domain.diagnostic import Position
from reconciler.domain.frozen import frozen


@frozen
class Said:
    """
    One value, and where it stands.

    Attributes:
        value: a scalar, a list, or an empty mapping; of a secret the reference as a text, never the secret.
        variables: those that gave it, each with its place; `--var` or `environment` for one of outside.
    """

    value: Any
    position: Position | None = None
    variables: tuple[tuple[str, Position | str], ...] = ()


Tree = Mapping[str, Union["Tree", Said]]
