"""What the caller asked for, as values: `options` reads them off the command line."""

from reconciler.cli.output import Format, Output
from reconciler.domain.frozen import frozen
from reconciler.domain.outcome import OnFailure


@frozen
class Common:
    """What almost every command takes."""

    config: tuple[str, ...] = ()
    profile: tuple[str, ...] = ()
    var: tuple[tuple[str, str], ...] = ()
    store: str | None = None
    llama_server: str | None = None
    format: str = Format.HUMAN
    no_color: bool = False
    verbose: int = 0

    @property
    def output(self) -> Output:
        """How the command speaks."""
        return Output(format=Format(self.format), no_color=self.no_color)


@frozen
class Wishes:
    """What a plan is told besides the configuration; `max_stop` in percent."""

    target: tuple[str, ...] = ()
    max_stop: int | None = None
    allow_empty: bool = False
    accept_origin: bool = False


@frozen
class Manner:
    """How a run is done; `lock_timeout` in seconds."""

    auto_approve: bool = False
    parallelism: int = 8
    lock_timeout: float = 10.0
    on_failure: str = OnFailure.KEEP
