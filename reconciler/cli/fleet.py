"""The fleet that the options name: files, profiles, variables."""

from collections.abc import Sequence
from pathlib import Path

from reconciler.cli.request import Common
from reconciler.config.load import LoadedFleet, load_fleet
from reconciler.llama.catalogue import Catalogue


def read_fleet(
    common: Common, paths: Sequence[Path], *, catalogue: Catalogue | None = None, cache: Path | None = None
) -> LoadedFleet:
    """
    The fleet, checked as far as no llama-server is needed for it.

    Raises:
        ConfigError: with every problem.
    """
    return load_fleet(paths, profiles=common.profile, variables=dict(common.var), catalogue=catalogue, cache=cache)
