"""A known secret is looked for in everything that the program and its servers leave behind."""

from pathlib import Path
from typing import Any

import pytest

from reconciler.apply import launch
from tests.support.command import in_process
from tests.support.forking import ForkingSandbox
from tests.support.legacy_build import add, built
from tests.support.sandbox import Sandbox, free_port, get_json

KEY, TOKEN, LATER = "canary-key-5e1f7a90", "canary-token-c3d2", "canary-later-77b1"
ENVIRONMENT = {"CANARY_KEY": KEY, "CANARY_TOKEN": TOKEN}
COMMANDS = (
    "validate", "validate --format json", "validate --host --format github", "plan", "plan --format json",
    "plan --format markdown", "plan --format github", "plan --out saved.json", "render", "render --format json",
    "config", "config --origin", "config --format json", "flags", "doctor", "doctor --format json", "fmt --diff",
    "status", "status --format json", "logs d", "logs router", "explain E0103",
    "history", "history --format json", "history show 1", "history show 1 --format json", "history diff 1",
    "history --events", "history --events --format json", "rollback 1 -y --max-stop 100", "resume --format json",
    "store info", "store info --format json", "store check", "store export", "store backup", "store vacuum",
)  # fmt: skip
"""Whatever looks at a fleet; what it asks for is refused in some states, and that says something as well."""


class Heard:
    """All that was said, and where to look for more."""

    def __init__(self, sandbox: ForkingSandbox) -> None:
        self.sandbox = sandbox
        self.said: list[str] = []

    def run(self, words: str, **environment: str) -> int:
        """A command, twice as loud where it can be."""
        first, *rest = [str(self.sandbox.directory / one) if one.endswith(".json") else one for one in words.split()]
        done = self.sandbox.attempt(first, *rest, **ENVIRONMENT | environment)
        assert "Usage:" not in done.stderr, done.stderr
        self.said += [done.stdout, done.stderr]
        return done.returncode

    def everything(self) -> dict[str, bytes]:
        """Outputs, files below the fleet's directory but for those that hold secrets, and command lines."""
        files = [path for path in self.sandbox.directory.rglob("*") if path.is_file() and path.suffix != ".secret"]
        return (
            {str(path): path.read_bytes() for path in files}
            | {f"output {number}": text.encode() for number, text in enumerate(self.said)}
            | {str(path): _read(path) for path in Path("/proc").glob("[0-9]*/cmdline")}
        )

    def leaks(self) -> list[str]:
        """Where one of the secrets is."""
        return [name for name, content in self.everything().items() if b"canary-" in content]


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:
        return b""


@pytest.mark.invariant("I28", cases=3 * len(COMMANDS))
@pytest.mark.timeout(120)
@pytest.mark.parametrize("source", ["env", "file"])
def test_no_secret_is_left_in_anything(forking: ForkingSandbox, source: str) -> None:
    heard, broken = Heard(forking), forking.directory / "broken.gguf"
    broken.write_bytes(forking.gguf.read_bytes().replace(b"llama", b"xlama"))
    key, token = _secrets(forking, source)
    forking.document["server"] |= {"api_key": key, "hf_token": token}
    forking.dedicated("d")
    forking.routed("r")
    _look(heard)
    assert heard.run("apply -y -v", RECONCILE_CRASHPOINT="step-done") == 137
    assert {"store.db", "lock.info", "fingerprint.key"} <= {Path(name).name for name in heard.everything()}
    assert heard.leaks() == []
    assert heard.run("apply -y -v") == 0
    assert heard.run("apply saved.json") == 6
    assert get_json(forking.status()["d"]["port"], "/props", token=KEY)
    _look(heard)
    forking.dedicated("d", path=str(broken))
    assert heard.run("apply -y --format json") == 5
    _look(heard)
    forking.dedicated("d")
    assert heard.run("apply -y", **_rotated(forking, source)) == 0
    if source == "env":
        assert heard.run("apply -y", CANARY_KEY="") == 1
    assert heard.run("destroy -y") == 0

    assert heard.leaks() == []
    assert all(secret not in "".join(heard.said) for secret in (KEY, TOKEN, LATER))


@pytest.mark.invariant("I28")
def test_the_report_of_a_bug_holds_no_secret(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    def mistaken(*_: object, **__: object) -> None:
        raise ZeroDivisionError("a mistake of ours")

    sandbox.document["server"] |= {"api_key": {"env": "CANARY_KEY"}}
    sandbox.dedicated("d")
    monkeypatch.setattr(launch, "Command", mistaken)

    ended = in_process(*sandbox.words("apply", "-y"), **ENVIRONMENT)

    assert "BUG: ZeroDivisionError" in ended.err
    assert "canary-" not in ended.out + ended.err


@pytest.mark.invariant("I28")
def test_secrets_of_a_dashboard_are_in_their_files_alone(
    forking: ForkingSandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    heard = Heard(forking)
    path = built(forking.directory.parent / f"{forking.directory.name}-dashboard.db", "V1", "J9", "M004")
    add(path, "models", id=1, name="d", model_path=str(forking.gguf), port=free_port(), api_key=KEY, status="running")

    written = ["-o", str(forking.config), "--store", str(forking.store), "--format", "json"]
    done = forking.forked(["import", "legacy", str(path), *written])
    heard.said += [done.stdout, done.stderr]
    assert done.returncode == 0, done.stderr
    monkeypatch.setattr(forking, "write", lambda: None)
    for words in ("plan --format json", "apply -y", "render", "config", "status"):
        assert heard.run(words) == 0, heard.said[-1]

    kept = {name for name in heard.leaks() if Path(name).parent.name != "secrets"}
    assert kept == set()
    files = list((forking.directory / "secrets").glob("[!.]*"))
    assert [(one.read_text().strip(), one.stat().st_mode & 0o777) for one in files] == [(KEY, 0o600)]


@pytest.mark.invariant("I29", cases=3)
@pytest.mark.parametrize("secret", ["a", "1", "true"])
def test_a_secret_that_is_an_everyday_word_changes_no_other_text(forking: ForkingSandbox, secret: str) -> None:
    forking.document["server"] |= {"api_key": {"env": "CANARY_KEY"}}
    forking.dedicated("a", aliases=["true", "1"], env={"A": "a"})
    forking.routed("r", aliases=["the router's"])

    said: list[list[Any]] = []
    for value in (KEY, secret):
        done = [
            forking.attempt(*words.split(), CANARY_KEY=value)
            for words in ("plan --format json", "plan", "render", "config", "validate --format json")
        ]
        assert [one.returncode for one in done] == [0] * len(done)
        said.append([one.stdout + one.stderr for one in done])

    assert said[0] == said[1]


def _look(heard: Heard) -> None:
    for words in COMMANDS:
        heard.run(words)


def _secrets(sandbox: Sandbox, source: str) -> tuple[dict[str, str], dict[str, str]]:
    """References to both, in a file or in the environment."""
    if source == "env":
        return {"env": "CANARY_KEY"}, {"env": "CANARY_TOKEN"}
    files = []
    for name, value in (("key", KEY), ("token", TOKEN)):
        path = sandbox.directory / f"{name}.secret"
        path.write_text(value + "\n")
        path.chmod(0o600)
        files.append({"file": str(path)})
    return files[0], files[1]


def _rotated(sandbox: Sandbox, source: str) -> dict[str, str]:
    """Another key than before."""
    if source == "file":
        (sandbox.directory / "key.secret").write_text(LATER + "\n")
        return {}
    return {"CANARY_KEY": LATER}
