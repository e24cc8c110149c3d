"""What the caller chooses besides files: `--profile` and `--var`."""

from collections.abc import Mapping
from dataclasses import field

from reconciler.domain.frozen import frozen


@frozen
class Choice:
    """
    Two of them may give the same fleet; they never share a cache.

    Attributes:
        profiles: laid over the files in this order.
        variables: texts that win over those of files and profiles.
    """

    profiles: tuple[str, ...] = ()
    variables: Mapping[str, str] = field(default_factory=dict)

    @property
    def facts(self) -> tuple[tuple[str, ...], tuple[tuple[str, str], ...]]:
        """The same as one value, whatever the order in which variables were given."""
        return self.profiles, tuple(sorted(self.variables.items()))


def choice(profiles: tuple[str, ...], variables: Mapping[str, str | float | bool]) -> Choice:
    """Numbers and booleans of a program are texts as YAML has them."""
    texts = {name: str(value).lower() if isinstance(value, bool) else str(value) for name, value in variables.items()}
    return Choice(profiles=profiles, variables=texts)
