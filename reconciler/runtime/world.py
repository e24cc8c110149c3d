"""The outside as one value: what observing and applying need, real or simulated."""

from collections.abc import Mapping
from pathlib import Path
from typing import Protocol

from reconciler.domain.frozen import frozen
from reconciler.domain.observation import BinaryIdentity
from reconciler.llama.catalogue import Catalogue
from reconciler.runtime.ports import Clock, Files, HostInfo, Http, ProcessHost, SlotLocks


class Secrets(Protocol):
    """Values of secrets, read at the moment when a server is started and kept nowhere."""

    def value(self, reference: str) -> str:
        """
        The secret behind `env:NAME` or `file:PATH`.

        Raises:
            RuntimeFailure: when there is none; names the reference.
        """

    def fingerprint(self, reference: str) -> str | None:
        """An HMAC of the value, `None` when there is none; the only form that is ever kept."""


@frozen
class World:
    """
    Everything outside of the program.

    Attributes:
        directory: of the store; holds `run/` and `logs/`.
        environ: of the caller; children get only what `llama.environment` lists.
    """

    clock: Clock
    processes: ProcessHost
    locks: SlotLocks
    http: Http
    files: Files
    host: HostInfo
    secrets: Secrets
    binary: BinaryIdentity
    catalogue: Catalogue
    directory: Path
    environ: Mapping[str, str]

    @property
    def slots(self) -> Path:
        """Where the slot locks lie."""
        return self.directory / "run" / "slots"

    @property
    def preset(self) -> Path:
        """The router's INI."""
        return self.directory / "run" / "router.ini"

    def log(self, slot: str) -> Path:
        """The log of whatever runs in a slot."""
        return self.directory / "logs" / f"{slot}.log"
