"""What was applied is known, and can be gone back to; until the files are applied again it is held."""

import json
import sqlite3
import subprocess
from contextlib import closing
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from reconciler.llama.argv import after
from reconciler.render.schemas import SCHEMAS
from tests.support.command import Ended, reconcile
from tests.support.sandbox import Sandbox

OLD, NEW = 256, 512
HELD = "generation 1 is held since"


def change(sandbox: Sandbox, name: str = "a", size: int = NEW) -> None:
    sandbox.document["models"][name]["memory"] = {"ctx_size": size}


def sizes(sandbox: Sandbox) -> dict[str, str]:
    """The context of each server that runs."""
    return {after("--alias", one.argv): after("--ctx-size", one.argv) for one in sandbox.processes()}


def asked(sandbox: Sandbox, schema: str, *words: str) -> Any:
    """What a command says to programs, held against its schema."""
    command = ["history", "--events"] if schema == "history-events" else schema.split("-")
    document = json.loads(sandbox.run(*command, *words, "--format", "json").stdout)
    jsonschema.validate(document, SCHEMAS[schema])
    return document


def held(sandbox: Sandbox) -> int | None:
    hold = asked(sandbox, "history")["hold"]
    return hold["generation"] if hold else None


def by_store_alone(sandbox: Sandbox, *words: str) -> Ended:
    """The command from a place where there are no files."""
    where = ("--store", str(sandbox.store), "--llama-server", str(sandbox.llama_server))
    return reconcile(*words, *where, cwd=sandbox.store)


def two_generations(sandbox: Sandbox) -> None:
    sandbox.dedicated("a", "b")
    sandbox.apply()
    change(sandbox)
    sandbox.apply()


def repository(directory: Path) -> None:
    """One of its own: the tests may lie below another one, whose remote would be the origin."""
    subprocess.run(["git", "init", "-q", "-b", "main"], cwd=directory, check=True, timeout=30)


def commit(directory: Path) -> str:
    repository(directory)
    who = ("-c", "user.name=Ann", "-c", "user.email=ann@example.org")
    for words in (("add", "fleet.yaml"), (*who, "commit", "-q", "-m", "one")):
        subprocess.run(["git", *words], cwd=directory, check=True, timeout=30)
    told = subprocess.run(["git", "rev-parse", "HEAD"], cwd=directory, check=True, timeout=30, stdout=subprocess.PIPE)
    return told.stdout.decode().strip()


def test_a_generation_knows_its_commit_its_steps_and_who_it_was(sandbox: Sandbox) -> None:
    sandbox.dedicated("a", "b")
    sandbox.write()
    name = commit(sandbox.directory)
    sandbox.apply()
    change(sandbox)
    file = sandbox.directory / "plan.json"
    sandbox.run("plan", "--out", str(file))
    change(sandbox, size=1024)
    sandbox.write()
    sandbox.run("apply", str(file))

    last, first = asked(sandbox, "history")["generations"]

    assert (first["revision"]["commit"], first["revision"]["dirty"]) == (name, False)
    assert (last["revision"]["commit"], last["revision"]["dirty"]) == (name, True)
    assert first["revision"]["author"] == "Ann <ann@example.org>"
    assert [(one["resource"], one["action"], one["result"]) for one in last["steps"]] == [
        ("model/a", "restart", "done")
    ]
    assert first["seconds"] >= max(one["seconds"] for one in first["steps"]) > 0
    said = sandbox.run("history").stdout
    assert f"{name[:9]} main, dirty" in said
    assert "restart a" in said


def test_a_plan_without_changes_makes_no_generation_and_asks_no_git(sandbox: Sandbox, tmp_path: Path) -> None:
    repository(sandbox.directory)
    sandbox.dedicated("a")
    sandbox.apply()
    trap = tmp_path / "bin/git"
    trap.parent.mkdir()
    trap.write_text(f"#!/bin/sh\ntouch {tmp_path}/asked\n")
    trap.chmod(0o755)
    path = f"{trap.parent}:{sandbox.environment['PATH']}"

    sandbox.run("plan", PATH=path)
    sandbox.apply(PATH=path)

    assert not (tmp_path / "asked").exists()
    assert asked(sandbox, "history")["current"] == 1


def test_a_change_of_policy_alone_is_a_generation_too(sandbox: Sandbox) -> None:
    sandbox.dedicated("a")
    sandbox.apply()
    before = sandbox.pids()
    sandbox.document["models"]["a"]["protect"] = True
    sandbox.apply()

    assert (asked(sandbox, "history")["current"], sandbox.pids()) == (2, before)
    event = asked(sandbox, "history-events", "--resource", "a")["events"][0]
    assert event["detail"] == "recorded what costs nothing"


def test_a_generation_can_be_shown_compared_and_be_a_file_again(sandbox: Sandbox, tmp_path: Path) -> None:
    two_generations(sandbox)
    shown, compared = asked(sandbox, "history-show", "1"), asked(sandbox, "history-diff", "1")

    assert shown["spec"]["models"]["a"]["memory"] == {"ctx_size": OLD}
    assert shown["plan"]["summary"]["start"] == 2
    assert compared["differences"] == [
        {
            "resource": "model/a",
            "change": "changed",
            "fields": [{"path": "memory.ctx_size", "before": OLD, "after": NEW, "effect": "restart"}],
        }
    ]
    assert "memory.ctx_size   256 → 512" in sandbox.run("history", "diff", "1", "2").stdout
    said = sandbox.run("history", "show", "2").stdout
    assert "-/+ a    must be restarted" in said
    assert "      ctx_size: 512" in said
    sandbox.run("history", "show", "7", exits=1)

    old = tmp_path / "old.yaml"
    old.write_text(sandbox.run("history", "show", "1", "--spec").stdout)
    sandbox.document = json.loads(json.dumps(sandbox.document))
    sandbox.config = old
    sandbox.write = lambda: None  # type: ignore[method-assign] # the file is there
    assert sandbox.actions("--accept-origin") == {"model/a": "restart"}


def test_options_count_before_the_word_and_behind_it(sandbox: Sandbox) -> None:
    two_generations(sandbox)
    where = ("--store", str(sandbox.store))

    before = reconcile("history", *where, "--format", "json", "show", "2", cwd=sandbox.store)
    behind = reconcile("history", "show", "2", *where, "--format", "json", cwd=sandbox.store)

    assert (before.code, before.out) == (behind.code, behind.out) == (0, behind.out)


def test_a_shell_offers_the_generations_with_what_they_did(sandbox: Sandbox) -> None:
    two_generations(sandbox)
    offered = reconcile(
        RECONCILE_STORE=str(sandbox.store),
        _RECONCILE_COMPLETE="zsh_complete",
        COMP_WORDS="reconcile rollback ",
        COMP_CWORD="2",
    ).out.splitlines()

    assert [offered[at : at + 3] for at in range(0, len(offered), 3)] == [
        ["plain", "2", "restart a"],
        ["plain", "1", "start a, start b"],
    ]


def test_a_rollback_needs_no_files_and_holds(sandbox: Sandbox) -> None:
    two_generations(sandbox)
    kept, file = sandbox.pids()["b"], sandbox.config.read_bytes()

    done = by_store_alone(sandbox, "rollback", "-y")

    assert done.code == 0, done.err
    assert done.out.startswith("rollback to generation 1 of ")
    assert sizes(sandbox) == {"a": str(OLD), "b": str(OLD)}
    assert (sandbox.pids()["b"], sandbox.config.read_bytes(), held(sandbox)) == (kept, file, 1)
    newest = asked(sandbox, "history")["generations"][0]
    assert (newest["number"], newest["operation"], newest["rollback_to"]) == (3, "rollback", 1)


def test_the_store_of_another_fleet_is_not_taken_for_the_one_that_was_named(sandbox: Sandbox) -> None:
    sandbox.dedicated("a")
    sandbox.apply()

    for words in (("rollback", "1", "-y"), ("history",), ("resume",)):
        said = reconcile(*words, "--fleet", "another", RECONCILE_STORE=str(sandbox.store))
        assert (said.code, "is of fleet `test`, not `another`" in said.err) == (64, True)
    assert reconcile("history", "--fleet", "test", RECONCILE_STORE=str(sandbox.store)).code == 0


def test_what_is_held_is_said_first_until_the_files_are_applied(sandbox: Sandbox) -> None:
    two_generations(sandbox)
    sandbox.run("rollback", "1", "-y")

    plan = sandbox.run("plan").stdout.splitlines()
    assert plan[0].startswith(HELD)
    assert plan[1] == "the files differ from what is held"
    assert sandbox.actions() == {"model/a": "restart"}
    condition = json.loads(sandbox.run("status", "--format", "json").stdout)["conditions"][0]
    assert (condition["type"], condition["status"], condition["observed_generation"]) == ("Held", "True", 1)
    assert sandbox.run("status").stdout.splitlines()[1].startswith("Held: generation 1 is held")
    sandbox.run("apply", exits=64)
    assert held(sandbox) == 1

    change(sandbox, size=1024)
    assert "and from what they said then" in sandbox.run("plan").stdout
    assert sandbox.apply().stdout.startswith(HELD)
    assert held(sandbox) is None
    assert HELD not in sandbox.run("plan").stdout
    assert sizes(sandbox)["a"] == "1024"


def test_resume_lets_the_files_count_again_and_touches_nothing(sandbox: Sandbox) -> None:
    two_generations(sandbox)
    sandbox.run("rollback", "1", "-y")
    before = sandbox.pids()

    assert asked(sandbox, "resume") == {"format_version": "1.0", "generation": 3, "held_before": 1}
    assert (held(sandbox), sandbox.pids()) == (None, before)
    assert "Nothing is held." in sandbox.run("resume").stderr
    assert sandbox.actions() == {"model/a": "restart"}


def test_a_rollback_to_what_runs_changes_nothing_and_holds(sandbox: Sandbox) -> None:
    two_generations(sandbox)
    before = sandbox.pids()

    said = sandbox.run("rollback", "2", "-y").stderr

    assert "Generation 2 is held." in said
    assert (held(sandbox), sandbox.pids(), asked(sandbox, "history")["current"]) == (2, before, 2)
    assert "the files say the same as what is held" in sandbox.run("plan").stdout
    serial = asked_serial(sandbox)
    sandbox.run("rollback", "2", "-y")
    assert asked_serial(sandbox) == serial
    sandbox.apply()
    assert (held(sandbox), sandbox.pids()) == (None, before)


def asked_serial(sandbox: Sandbox) -> int:
    with closing(sqlite3.connect(sandbox.store / "store.db")) as raw:
        return int(raw.execute("SELECT value FROM metadata WHERE key = 'serial'").fetchone()[0])


@pytest.mark.invariant("I12", "I30")
@pytest.mark.parametrize("point", ["run-begun", "spawned", "step-journalled", "run-finished"])
def test_a_rollback_that_is_killed_is_held_as_soon_as_the_old_runs(sandbox: Sandbox, point: str) -> None:
    two_generations(sandbox)
    sandbox.run("rollback", "1", "-y", exits=137, RECONCILE_CRASHPOINT=point)

    runs_old = sizes(sandbox).get("a") == str(OLD)
    assert held(sandbox) == 1 or not runs_old

    sandbox.run("rollback", "1", "-y")
    assert (sizes(sandbox), held(sandbox)) == ({"a": str(OLD), "b": str(OLD)}, 1)


@pytest.mark.invariant("I12")
@pytest.mark.parametrize("point", ["step-journalled", "run-finished"])
def test_a_hold_ends_with_the_run_of_the_files_and_not_before(sandbox: Sandbox, point: str) -> None:
    two_generations(sandbox)
    sandbox.run("rollback", "1", "-y")
    sandbox.apply(exits=137, RECONCILE_CRASHPOINT=point)

    assert held(sandbox) == (None if point == "run-finished" else 1)
    sandbox.apply()
    assert (sizes(sandbox)["a"], held(sandbox)) == (str(NEW), None)


@pytest.mark.invariant("I27")
def test_a_rollback_never_stops_what_is_protected(sandbox: Sandbox) -> None:
    sandbox.dedicated("a")
    sandbox.apply()
    sandbox.dedicated("kept", protect=True)
    sandbox.apply()
    before = sandbox.pids()

    said = sandbox.run("rollback", "1", "-y", exits=8)

    assert "model/kept is protected" in said.stdout
    assert (sandbox.pids(), held(sandbox)) == (before, 1)
    head, _, *_ = sandbox.run("destroy", "-y", exits=8).stdout.splitlines()
    assert head.startswith(HELD)
    assert head.endswith("; this ends that")
    assert held(sandbox) is None


def test_a_rollback_across_a_rename_keeps_the_port(sandbox: Sandbox) -> None:
    sandbox.dedicated("a")
    sandbox.apply()
    port = sandbox.status()["a"]["port"]
    sandbox.document["models"] = {"b": {**sandbox.document["models"]["a"], "moved_from": "a"}}
    sandbox.apply()

    sandbox.run("rollback", "-y")

    assert {name: row["port"] for name, row in sandbox.status().items()} == {"a": port}
    model = sandbox.document["models"].pop("b")
    sandbox.document["models"] = {"a": {key: value for key, value in model.items() if key != "moved_from"}}
    assert "the files say the same as what is held" in sandbox.run("plan").stdout


def test_what_is_not_there_any_more_is_told_before_anything_is_touched(sandbox: Sandbox, tmp_path: Path) -> None:
    sandbox.dedicated("a")
    gone = tmp_path / "gone.gguf"
    gone.write_bytes(sandbox.gguf.read_bytes())
    sandbox.document["models"]["a"]["path"] = str(gone)
    sandbox.apply()
    sandbox.document["models"]["a"]["path"] = str(sandbox.gguf)
    sandbox.apply()
    gone.unlink()
    before = sandbox.pids()

    said = sandbox.run("rollback", "-y", exits=1)

    assert "gone.gguf" in said.stderr
    assert (sandbox.pids(), held(sandbox)) == (before, None)


def test_every_command_that_changes_something_is_in_the_audit(sandbox: Sandbox) -> None:
    repository(sandbox.directory)
    two_generations(sandbox)
    sandbox.run("rollback", "1", "-y")
    sandbox.run("resume")
    sandbox.run("apply", "-y", GITHUB_ACTIONS="true", GITHUB_REPOSITORY="ann/fleet", GITHUB_RUN_ID="7")
    sandbox.run("destroy", "-y")
    sandbox.run("store", "rename", "other", "--keep-directory")

    found = asked(sandbox, "history-events", "--limit", "100")["events"]

    whole = [(one["what"], one["result"], one["detail"]) for one in reversed(found) if not one["resource"]]
    place = str(sandbox.directory)
    assert whole == [
        ("apply", "done", place),
        ("apply", "done", place),
        ("rollback", "done", "to generation 1"),
        ("resume", "done", "generation 1 is held no more"),
        ("apply", "done", place),
        ("destroy", "done", place),
        ("store rename", "done", "test → other"),
    ]
    destroyed = {one["resource"] for one in found if one["what"] == "destroy"}
    assert destroyed == {"", "model/a", "model/b"}
    assert [one["number"] for one in found] == list(range(len(found), 0, -1))
    assert {one["via"] for one in found if one["run"] == 4} == {"GitHub Actions, ann/fleet, run 7"}
    assert all(one["who"] and one["host"] and one["program"] for one in found)
    said = sandbox.run("history", "--events", "--resource", "b", "--since", "1h").stdout
    assert len(said.splitlines()) == 3
    sandbox.run("history", "--since", "1h", exits=64)
