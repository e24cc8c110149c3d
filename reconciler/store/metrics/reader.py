"""What anybody may ask of the measurements beside a store."""

from pathlib import Path
from typing import TYPE_CHECKING

from reconciler.store.database import Database

if TYPE_CHECKING:
    from reconciler.domain.metrics import GpuSample, HostSample, ModelSample, Sample


class MetricsReader:
    """
    Questions of a store whose answers lie in `metrics.db`; a missing one has no measurements.

    Times are seconds since the epoch; with a `limit` it is the newest that are given, oldest first all the same. Each
    question reads one state of the file, whoever writes meanwhile, and raises StoreError where it is damaged or newer
    than the program.
    """

    _database: Database

    def metrics(
        self, *, since: float | None = None, until: float | None = None, limit: int | None = None, node: str = "local"
    ) -> "tuple[HostSample, ...]":
        """The host, oldest first."""
        from reconciler.store.metrics import queries  # noqa: PLC0415 - most who read a store ask for no measurements

        window = queries.Window(since=since, until=until, limit=limit, node=node)
        return queries.hosts(self._beside, window)

    def model_metrics(
        self,
        model: str,
        *,
        since: float | None = None,
        until: float | None = None,
        limit: int | None = None,
        node: str = "local",
    ) -> "tuple[tuple[float, ModelSample], ...]":
        """One model by its name, each sample with its time, oldest first."""
        from reconciler.domain.metrics import ModelSample  # noqa: PLC0415 - as above
        from reconciler.store.metrics import queries  # noqa: PLC0415 - as above

        window = queries.Window(since=since, until=until, limit=limit, node=node)
        return queries.parts(self._beside, ModelSample, model, window)

    def gpu_metrics(
        self,
        gpu: str,
        *,
        since: float | None = None,
        until: float | None = None,
        limit: int | None = None,
        node: str = "local",
    ) -> "tuple[tuple[float, GpuSample], ...]":
        """One GPU as its samples name it, each with its time, oldest first."""
        from reconciler.domain.metrics import GpuSample  # noqa: PLC0415 - as above
        from reconciler.store.metrics import queries  # noqa: PLC0415 - as above

        window = queries.Window(since=since, until=until, limit=limit, node=node)
        return queries.parts(self._beside, GpuSample, gpu, window)

    def latest_metrics(self, *, node: str = "local") -> "Sample | None":
        """All of the last moment, with its models and GPUs; nothing where nothing was measured."""
        from reconciler.store.metrics import queries  # noqa: PLC0415 - as above

        return queries.latest(self._beside, node)

    @property
    def _beside(self) -> Path:
        return self._database.path.parent
