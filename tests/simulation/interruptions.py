"""What may happen at a boundary of our program, and at which."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from tests.simulation.program import Program

if TYPE_CHECKING:
    from tests.simulation.simulation import Simulation

When = Callable[[str], bool]
"""Whether something happens at this boundary; each is asked once."""

Interruption = Callable[["Simulation", Program], None]


def kill(_: "Simulation", program: Program) -> None:
    """Our own end, without a word."""
    program.kill()


class Nth:
    """The n-th boundary whose name begins so."""

    def __init__(self, number: int, name: str = "") -> None:
        self._left, self._name = number, name

    def __call__(self, name: str) -> bool:
        self._left -= name.startswith(self._name)
        return self._left == 0 and name.startswith(self._name)
