"""The fleet: everything that one configuration declares, frozen."""

from collections.abc import Mapping
from typing import Literal

from reconciler.spec.base import EMPTY, Spec
from reconciler.spec.model import ModelSpec, Name
from reconciler.spec.policy import HistorySpec, LoggingSpec, MetricsSpec, SafetySpec
from reconciler.spec.router import RouterSpec
from reconciler.spec.server import ServerSpec


class FleetSpec(Spec):
    """
    A fleet after all files, profiles and defaults were merged.

    Attributes:
        version: of the language; rises only for incompatible changes.
    """

    version: Literal[1]
    fleet: Name
    """Name of the fleet; names its store."""

    llama_server: str | None = None
    """The program: a name to look up in PATH, a path, or `bundled`; absent is the first that is found."""

    server: ServerSpec = ServerSpec()
    """What belongs to every process and to no model."""

    router: RouterSpec | None = None
    """The llama-server in router mode; absent is none."""

    logging: LoggingSpec = LoggingSpec()
    """Logs of the program and of its servers."""

    metrics: MetricsSpec = MetricsSpec()
    """Hardware and server metrics."""

    history: HistorySpec = HistorySpec()
    """What is kept of the past."""

    safety: SafetySpec = SafetySpec()
    """Limits of what one run may do."""

    models: Mapping[Name, ModelSpec] = EMPTY
    """The models by name."""

    @property
    def active_router(self) -> RouterSpec | None:
        """The router, unless it is switched off."""
        return self.router if self.router and self.router.enabled else None

    def served_by(self, serve: str) -> dict[str, ModelSpec]:
        """The enabled models that are served this way."""
        return {name: model for name, model in self.models.items() if model.enabled and model.serve == serve}
