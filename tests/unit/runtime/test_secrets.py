"""Secrets: values go to children, hashes to the store, and neither into an error."""

import os
import stat
import traceback
from pathlib import Path

import pytest

from reconciler.errors import RuntimeFailure
from reconciler.runtime.secrets import SecretSource

CANARY = "canary-5f2e"


def source(tmp_path: Path, **environ: str) -> SecretSource:
    return SecretSource(environ, tmp_path / "hmac.key")


@pytest.mark.parametrize(
    ("content", "value"), [("s", "s"), ("s\n", "s"), ("s\r\n", "s"), ("s \n\n", "s \n"), ("ß", "ß")]
)
def test_a_file_gives_its_content_without_the_last_line_end(tmp_path: Path, content: str, value: str) -> None:
    path = tmp_path / "secret"
    path.write_bytes(content.encode())

    assert source(tmp_path).value(f"file:{path}") == value


def test_a_variable_gives_its_value(tmp_path: Path) -> None:
    assert source(tmp_path, KEY=CANARY).value("env:KEY") == CANARY


@pytest.mark.parametrize("reference", ["env:NONE", "env:EMPTY", "file:/no/such/file"])
def test_a_missing_secret_is_named_and_has_no_fingerprint(tmp_path: Path, reference: str) -> None:
    secrets = source(tmp_path, EMPTY="")

    with pytest.raises(RuntimeFailure, match=reference):
        secrets.value(reference)
    assert secrets.fingerprint(reference) is None


@pytest.mark.invariant("I28")
def test_an_error_never_carries_the_value(tmp_path: Path) -> None:
    path = tmp_path / "secret"
    path.write_bytes(CANARY.encode() + b"\xff")

    with pytest.raises(RuntimeFailure) as caught:
        source(tmp_path).value(f"file:{path}")

    assert CANARY not in "".join(traceback.format_exception(caught.value))


@pytest.mark.invariant("I28")
@pytest.mark.parametrize("value", [f"{CANARY}\0", f"{CANARY}\udcff"], ids=["nul", "not-utf-8"])
def test_what_no_server_can_get_is_refused_without_its_value(tmp_path: Path, value: str) -> None:
    (tmp_path / "key").write_bytes(os.fsencode(value))
    secrets = source(tmp_path, KEY=value)

    for reference in ("env:KEY", f"file:{tmp_path / 'key'}"):
        with pytest.raises(RuntimeFailure) as caught:
            secrets.value(reference)
        assert CANARY not in "".join(traceback.format_exception(caught.value))
        assert secrets.fingerprint(reference) is None


def test_a_fingerprint_changes_with_the_value_and_with_nothing_else(tmp_path: Path) -> None:
    one = source(tmp_path, A=CANARY, B=CANARY, C="other")

    first = one.fingerprint("env:A")
    assert first == source(tmp_path, A=CANARY).fingerprint("env:A") == one.fingerprint("env:B")
    assert first != one.fingerprint("env:C")
    (tmp_path / "elsewhere").mkdir()
    assert first != source(tmp_path / "elsewhere", A=CANARY).fingerprint("env:A")


def test_the_key_is_private_and_made_once(tmp_path: Path) -> None:
    source(tmp_path, A="a").fingerprint("env:A")
    key = (tmp_path / "hmac.key").read_bytes()
    source(tmp_path, A="a").fingerprint("env:A")

    assert len(key) == 32
    assert (tmp_path / "hmac.key").read_bytes() == key
    assert stat.S_IMODE((tmp_path / "hmac.key").stat().st_mode) == 0o600
    assert [path.name for path in tmp_path.iterdir()] == ["hmac.key"]


def test_a_file_that_others_can_read_is_noticed(tmp_path: Path) -> None:
    path = tmp_path / "secret"
    path.touch(mode=0o600)
    assert not source(tmp_path).exposed(f"file:{path}")

    path.chmod(0o644)
    assert source(tmp_path).exposed(f"file:{path}")
    assert not source(tmp_path).exposed("env:A")
