"""The secrets of a simulated machine."""

import hashlib
import hmac
from typing import TYPE_CHECKING

from reconciler.errors import RuntimeFailure

if TYPE_CHECKING:
    from tests.simulation.program import Program

KEY = b"the same key in every simulation"


class SimulatedSecrets:
    """Behind `World.secrets`: what the machine has by reference."""

    def __init__(self, program: "Program") -> None:
        self._program = program

    def value(self, reference: str) -> str:
        self._program.alive()
        found = self._found(reference)
        if not found:
            raise RuntimeFailure(f"the secret `{reference}` is missing or empty", hint="export it")
        return found

    def fingerprint(self, reference: str) -> str | None:
        self._program.alive()
        found = self._found(reference)
        return hmac.new(KEY, found.encode(), hashlib.sha256).hexdigest() if found else None

    def _found(self, reference: str) -> str:
        kind, _, name = reference.partition(":")
        host = self._program.host
        return host.environ.get(name, "") if kind == "env" else host.secrets.get(reference, "")
