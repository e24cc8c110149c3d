"""The real world: every port with its adapter for this machine, over one directory of a store."""

import atexit
import os
from pathlib import Path
from tempfile import TemporaryDirectory

from reconciler.runtime.binary import Build
from reconciler.runtime.clock import SystemClock
from reconciler.runtime.files import HostFiles, cache_of
from reconciler.runtime.host import LinuxHostInfo
from reconciler.runtime.http import LocalHttp
from reconciler.runtime.locks import FileSlotLocks
from reconciler.runtime.processes import LinuxProcessHost
from reconciler.runtime.secrets import SecretSource
from reconciler.runtime.world import World


def local_world(directory: Path, build: Build) -> World:
    """This machine, with the environment of this process. Makes nothing; `directory` is absolute and may be missing."""
    cache = cache_of(directory)
    return World(
        clock=SystemClock(),
        processes=LinuxProcessHost(),
        locks=FileSlotLocks(directory / "run" / "slots"),
        http=LocalHttp(),
        files=HostFiles(cache / "models.json" if cache else None),
        host=LinuxHostInfo(),
        secrets=SecretSource(os.environ, _key_file(directory)),
        binary=build.identity,
        catalogue=build.catalogue,
        directory=directory,
        environ=os.environ,
    )


def _key_file(directory: Path) -> Path:
    """The key of the fingerprints; one for this process alone where there is no store that could keep it."""
    if directory.is_dir():
        return directory / "fingerprint.key"
    passing = TemporaryDirectory(prefix="reconcile-")
    atexit.register(passing.cleanup)
    return Path(passing.name) / "fingerprint.key"
