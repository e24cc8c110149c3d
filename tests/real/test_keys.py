"""An API key on every server: it reaches each call of ours, and nobody sees it."""

from pathlib import Path

import pytest

from tests.support.sandbox import Completion, Sandbox, get_json, wait_until

SECRET = "canary-19d3e0aa"


@pytest.fixture
def keyed(sandbox: Sandbox, tmp_path: Path) -> Sandbox:
    """A fleet whose key is in a file."""
    key = tmp_path / "api.key"
    key.write_text(SECRET + "\n")
    key.chmod(0o600)
    sandbox.document["server"]["api_key"] = {"file": str(key)}
    return sandbox


@pytest.mark.invariant("I28")
def test_with_a_key_models_are_drained_reloaded_and_shown(keyed: Sandbox) -> None:
    keyed.dedicated("d", memory={"ctx_size": 8192})
    keyed.routed("a", "b", memory={"ctx_size": 8192})
    said = keyed.apply()
    d = keyed.status()["d"]["port"]
    requests = [
        Completion(d, tokens=3000, token=SECRET),
        Completion(keyed.router_port, tokens=3000, model="a", token=SECRET),
    ]
    wait_until(lambda: any(one["is_processing"] for one in get_json(d, "/slots", token=SECRET)))
    wait_until(lambda: any(one["is_processing"] for one in get_json(keyed.router_port, "/slots?model=a", token=SECRET)))
    for name in ("d", "a"):
        keyed.document["models"][name]["sampling"] = {"top_k": 3}

    again = keyed.apply()
    for one in requests:
        one.join(20)

    assert [(one.error, one.tokens) for one in requests] == [("", 3000), ("", 3000)]
    assert {name: row["ready"] for name, row in keyed.status().items()} == dict.fromkeys(
        ("a", "b", "d", "router"), True
    )
    assert keyed.actions() == {}
    assert "canary" not in said.stdout + said.stderr + again.stdout + again.stderr
    assert "canary" not in "".join(" ".join(one.argv) for one in keyed.processes())
    files = [path for path in keyed.store.rglob("*") if path.is_file()]
    assert [path.name for path in files if b"canary" in path.read_bytes()] == []


def test_a_new_key_waits_for_what_was_asked_with_the_old_one(keyed: Sandbox, tmp_path: Path) -> None:
    keyed.dedicated("d", memory={"ctx_size": 8192})
    keyed.apply()
    d = keyed.status()["d"]["port"]
    request = Completion(d, tokens=3000, token=SECRET)
    wait_until(lambda: any(one["is_processing"] for one in get_json(d, "/slots", token=SECRET)))
    (tmp_path / "api.key").write_text("canary-another\n")

    keyed.apply()
    request.join(20)

    assert (request.error, request.tokens) == ("", 3000)
    assert get_json(d, "/props", token="canary-another")


@pytest.mark.parametrize("content", ["# whose\ncanary-first\r\n\n canary-second\n", "canary-first,canary-second"])
def test_of_several_keys_each_is_taken_and_the_first_is_ours(keyed: Sandbox, tmp_path: Path, content: str) -> None:
    (tmp_path / "api.key").write_text(content)
    keyed.dedicated("d")
    keyed.apply()
    d = keyed.status()["d"]

    assert d["ready"]
    assert all(get_json(d["port"], "/props", token=one) for one in ("canary-first", "canary-second"))
    assert keyed.actions() == {}


def test_a_file_of_comments_starts_no_server_without_a_key(keyed: Sandbox, tmp_path: Path) -> None:
    (tmp_path / "api.key").write_text("# to be done\n")
    keyed.dedicated("d")

    assert "has none in it" in keyed.run("apply", "-y", exits=1).stderr
    assert keyed.processes() == []
