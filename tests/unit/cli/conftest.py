"""A fleet that is checked against a catalogue: no llama-server, no model, no process."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.command import Ended, reconcile

CATALOGUE = Path(__file__).parents[3] / "schemas" / "llama-server" / "b10434.json"
FLEET = {
    "version": 1,
    "fleet": "homelab",
    "server": {"ports": "23200-23210", "api_key": {"env": "MY_KEY"}},
    "router": {"port": 23211},
    "models": {
        "chat": {"path": "/srv/chat.gguf", "memory": {"ctx_size": 4096}, "aliases": ["talk"]},
        "embed": {"path": "/srv/embed.gguf", "serve": "dedicated", "port": 23212, "env": {"CUDA_VISIBLE_DEVICES": "1"}},
        "pool": {"path": "/srv/pool.gguf", "serve": "dedicated"},
    },
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A directory with a fleet.yaml; JSON is YAML."""
    (tmp_path / "fleet.yaml").write_text(json.dumps(FLEET, indent=1))
    return tmp_path


@pytest.fixture
def run(folder: Path) -> Callable[..., Ended]:
    """The command in that directory, with a store below it that does not exist yet."""

    def call(
        command: str,
        *args: str,
        exits: int | None = 0,
        catalogue: bool = True,
        store: bool = True,
        **environment: str,
    ) -> Ended:
        words = [command, *args]
        if store and command not in {"schema", "completion", "version"}:
            words += ["--store", str(folder / "state")]
        if catalogue:
            words += ["--llama-server", str(CATALOGUE)]
        ended = reconcile(*words, cwd=folder, **environment)
        assert exits in {None, ended.code}, ended
        return ended

    return call
