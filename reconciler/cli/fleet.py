"""The fleet that the options name: files, profiles, variables."""

from collections.abc import Callable, Sequence
from pathlib import Path

from reconciler.cli.request import Common
from reconciler.config.load import LoadedFleet, load_fleet
from reconciler.llama.catalogue import Catalogue


def read_fleet(
    common: Common,
    paths: Sequence[Path],
    *,
    always: Catalogue | None = None,
    cache: Path | None = None,
    when_refused: Callable[[], Catalogue | None] | None = None,
) -> LoadedFleet:
    """
    The fleet, checked as far as no llama-server is needed for it, or against the flags of one.

    Args:
        always: the flags to check it against.
        when_refused: gives those to check it against, too, when it is refused for something else.

    Raises:
        ConfigError: with every problem.
    """
    return load_fleet(
        paths,
        profiles=common.profile,
        variables=dict(common.var),
        catalogue=always,
        cache=cache,
        when_refused=when_refused,
    )
