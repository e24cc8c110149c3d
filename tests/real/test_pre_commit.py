"""The hooks in the real pre-commit: it clones this repository, installs it, and runs what the hooks say."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

TOP = Path(__file__).parents[2]
UGLY = "version: 1\nfleet: f\nrouter: {models_max: 0}\nmodels:\n    a: {path: /a.gguf}\n"
STYLED = "version: 1\nfleet: f\nrouter: { models_max: 0 }\nmodels:\n  a: { path: /a.gguf }\n"
AUTHOR = {f"GIT_{who}_{what}": "test@localhost" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}
CONFIG = """\
repos:
  - repo: {repository}
    rev: {revision}
    hooks:
      - id: reconcile-fmt
      - id: reconcile-validate
        args: [--llama-server, llama-server.json]
"""

pytestmark = [pytest.mark.network, pytest.mark.timeout(600)]


def call(*command: str, cwd: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    environment = kept | AUTHOR | {"GIT_CONFIG_GLOBAL": "/dev/null"} | environment
    return subprocess.run(command, cwd=cwd, env=environment, capture_output=True, text=True, timeout=500, check=False)


def git(*args: str, cwd: Path) -> str:
    done = call("git", *args, cwd=cwd)
    assert done.returncode == 0, done
    return done.stdout.strip()


@pytest.fixture(scope="module", autouse=True)
def _pypi(tmp_path_factory: pytest.TempPathFactory) -> None:
    """What pre-commit installs comes from there."""
    pip = (sys.executable, "-m", "pip", "--disable-pip-version-check", "--retries", "1", "--timeout", "10")
    if call(*pip, "download", "--no-deps", "hatchling", cwd=tmp_path_factory.mktemp("pypi")).returncode:
        pytest.skip("PyPI cannot be reached")


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, str]]:
    """The working tree as a repository of its own, with what is not committed yet, and its revision."""
    copy = tmp_path_factory.mktemp("published") / "llama-reconciler"
    for name in git("ls-files", "--cached", "--others", "--exclude-standard", cwd=TOP).splitlines():
        if (TOP / name).is_file():
            (copy / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(TOP / name, copy / name)
    yield copy, committed(copy)
    shutil.rmtree(copy)


@pytest.fixture
def fleet(tmp_path: Path, published: tuple[Path, str]) -> Path:
    """A repository of a user that uses both hooks."""
    (tmp_path / "fleet.yaml").write_text(UGLY)
    shutil.copy(TOP / "schemas" / "llama-server" / "b11434.json", tmp_path / "llama-server.json")
    (tmp_path / ".pre-commit-config.yaml").write_text(CONFIG.format(repository=published[0], revision=published[1]))
    committed(tmp_path)
    return tmp_path


def committed(directory: Path) -> str:
    git("init", "-q", cwd=directory)
    git("add", "--all", cwd=directory)
    git("commit", "-q", "-m", "Begin", cwd=directory)
    return git("rev-parse", "HEAD", cwd=directory)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Where pre-commit keeps what it installs; gone afterwards."""
    home = tmp_path_factory.mktemp("pre-commit")
    yield home
    shutil.rmtree(home)


def pre_commit(fleet: Path, home: Path) -> subprocess.CompletedProcess[str]:
    state = str(fleet.parent / "state")
    command = (sys.executable, "-m", "pre_commit", "run", "--all-files", "--verbose")
    return call(*command, cwd=fleet, PRE_COMMIT_HOME=str(home), XDG_STATE_HOME=state)


def test_a_fleet_is_formatted_and_then_accepted(fleet: Path, home: Path) -> None:
    first = pre_commit(fleet, home)

    assert first.returncode == 1, first
    assert "files were modified by this hook" in first.stdout
    assert (fleet / "fleet.yaml").read_text() == STYLED

    git("commit", "-qam", "Format", cwd=fleet)
    second = pre_commit(fleet, home)

    assert second.returncode == 0, second
    assert "fleet f, 1 model: valid for llama-server" in second.stdout


def test_a_mistake_keeps_a_commit_out(fleet: Path, home: Path) -> None:
    (fleet / "fleet.yaml").write_text(STYLED.replace("path:", "paht:"))

    refused = pre_commit(fleet, home)

    assert refused.returncode == 1, refused
    assert "fleet.yaml:5:8  models.a.paht  [E0204]" in refused.stdout
