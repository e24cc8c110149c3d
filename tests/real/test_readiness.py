"""How long is waited for a server that does not come, and what is left of it."""

import json

import pytest

from tests.support.sandbox import Sandbox


@pytest.mark.parametrize(
    ("policy", "said"),
    [({"startup_timeout": "1s"}, "startup_timeout"), ({"startup_limit": "1s"}, "startup_limit")],
    ids=["timeout", "limit"],
)
def test_a_server_that_never_answers_is_given_up_with_all_that_it_started(
    sandbox: Sandbox, policy: dict[str, str], said: str
) -> None:
    script = sandbox.directory / "llama-server"
    # It knows its flags and version, and then waits for ever, in a child and in itself.
    script.write_text(
        f'#!/bin/sh\ncase "$1" in --help|--version) exec "{sandbox.llama_server}" "$@";; esac\nsleep 600 & wait\n'
    )
    script.chmod(0o755)
    sandbox.llama_server = script
    sandbox.dedicated("a", health=policy | {"stop_grace": "1s"})

    run = sandbox.apply("--format", "json", exits=4)

    (outcome,) = json.loads(run.stdout.splitlines()[-1])["outcomes"]
    assert said in outcome["message"]
    assert 1 <= outcome["seconds"] <= 20
    assert sandbox.processes() == []
