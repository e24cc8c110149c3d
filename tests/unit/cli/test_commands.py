"""Commands that start nothing, against a catalogue: whole outputs and exit codes."""

import json
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import jsonschema
import pytest

from reconciler.render.schemas import SCHEMAS
from tests.support.command import Ended, reconcile
from tests.unit.cli.conftest import CATALOGUE

DEDICATED = "    serve: dedicated\n"
Run = Callable[..., Ended]


def test_validate_says_what_it_was_checked_against(run: Run):
    assert re.fullmatch(r"fleet homelab, 3 models: valid for llama-server .*build.*\n", run("validate").out)


def test_validate_names_place_and_hint_and_exits_1(run: Run, folder: Path):
    (folder / "fleet.yaml").write_text(
        "version: 1\nfleet: f\nmodels:\n  a:\n    path: /a.gguf\n    parralel: 2\n" + DEDICATED
    )
    ended = run("validate", exits=1)

    assert ended.out == ""
    assert ended.err.startswith(
        "error: `fleet.yaml` is not valid: 1 problem\n\n  fleet.yaml:6:5  models.a.parralel  [E"
    )
    assert "\n      6 |     parralel: 2\n        |     ^^^^^^^^\n" in ended.err
    assert "did you mean `parallel`?" in ended.err


def test_all_problems_are_json_on_stdout_when_asked(run: Run, folder: Path):
    (folder / "fleet.yaml").write_text("version: 1\nfleet: f\nmodels:\n  a: {path: 3, port: x}\n")
    ended = run("validate", "--format", "json", exits=1)
    document = json.loads(ended.out)

    jsonschema.validate(document, SCHEMAS["diagnostics"])
    assert (document["valid"], document["error_count"] >= 2, ended.err) == (False, True, "")


def test_problems_become_annotations_for_github(run: Run, folder: Path):
    (folder / "fleet.yaml").write_text("version: 1\nfleet: f\nmodels:\n  a: {path: 3}\n")

    assert run("validate", "--format", "github", exits=1).out.startswith("::error file=fleet.yaml,line=4,col=")


def test_flags_that_the_build_does_not_know_are_found_with_their_place(run: Run, folder: Path):
    (folder / "fleet.yaml").write_text(
        "version: 1\nfleet: f\nmodels:\n  a:\n    path: /a.gguf\n    extra_args: {--nonsense: 1}\n" + DEDICATED
    )
    ended = run("validate", exits=1)

    assert "fleet.yaml:6:" in ended.err
    assert "--nonsense" in ended.err


def test_a_missing_configuration_says_what_to_write(run: Run, folder: Path):
    (folder / "fleet.yaml").unlink()

    assert "hint: write a `fleet.yaml`" in run("validate", exits=1).err


def test_render_shows_command_lines_ini_and_secrets_as_references(run: Run, folder: Path):
    document = json.loads(run("render", "--format", "json").out)
    embed, pool, chat = (document["models"][name] for name in ("embed", "pool", "chat"))

    assert document["format_version"] == "1.0"
    assert document["router"]["argv"][:5] == ["llama-server", "--host", "127.0.0.1", "--port", "23211"]
    assert document["router"]["env"] == {"LLAMA_API_KEY": "env:MY_KEY"}
    assert document["router"]["ini"].startswith("[chat]\nmodel = /srv/chat.gguf\nalias = talk\n")
    assert (embed["serve"], embed["port"], embed["env"]) == (
        "dedicated",
        23212,
        {"CUDA_VISIBLE_DEVICES": "1", "LLAMA_API_KEY": "env:MY_KEY"},
    )
    assert (pool["port"], pool["argv"][3:5]) == (None, ["--port", "{port}"])
    assert chat["serve"] == "router"
    assert chat["argv"][:1] == ["llama-server"]
    assert not (folder / "state").exists()


def test_render_for_people_can_be_pasted(run: Run):
    shown = run("render").out

    assert "router.ini\n  [chat]\n" in shown
    assert "  LLAMA_API_KEY=env:MY_KEY llama-server --host 127.0.0.1 --port '{port}' --alias pool" in shown


def test_an_offline_plan_needs_neither_models_nor_a_server(run: Run, folder: Path):
    document = json.loads(run("plan", "--offline", "--format", "json", "--detailed-exitcode", exits=2).out)

    jsonschema.validate(document, SCHEMAS["plan"])
    assert {one["resource"]: one["action"] for one in document["changes"]} == {
        "router": "start",
        "model/chat": "start",
        "model/embed": "start",
        "model/pool": "start",
    }
    assert not (folder / "state").exists()


@pytest.mark.parametrize("form", ["human", "markdown", "github"])
def test_an_offline_plan_has_every_form(run: Run, form: str):
    run("plan", "--offline", "--format", form)


def test_a_plan_for_github_fills_the_step_summary(run: Run, folder: Path):
    summary = folder / "summary.md"
    run("plan", "--offline", "--format", "github", GITHUB_STEP_SUMMARY=str(summary))

    assert summary.read_text().startswith("### reconcile plan: `homelab`, 4 to start")


def test_a_comment_says_what_is_wrong_with_the_configuration(run: Run, folder: Path):
    (folder / "fleet.yaml").write_text("version: 1\nfleet: f\nmodels: { a: { path: /a, n_cpu: 1 } }\n")

    ended = run("plan", "--offline", "--format", "markdown", exits=1)

    assert ended.out.startswith("### reconcile: `fleet.yaml` is not valid: 2 problems\n\n```\nerror: `a` is served")
    assert "```\nerror: unknown key `n_cpu` in `models.a`\n  fleet.yaml:3:26  models.a.n_cpu  [E0204]\n" in ended.out
    assert ended.out.count("```") == 4
    assert "E0204" in ended.err


def test_a_comment_says_why_there_is_no_plan(run: Run):
    out = run("plan", "--format", "markdown", exits=64).out

    assert out == "### reconcile: a plan needs a llama-server, not a catalogue of its flags\n\nhint: add `--offline`\n"


def test_a_plan_of_this_machine_needs_a_program(run: Run):
    assert "not a catalogue" in run("plan", exits=64).err


def test_apply_without_a_terminal_and_without_y_refuses(run: Run, folder: Path):
    ended = run("apply", exits=64)

    assert "reconcile apply -y" in ended.err
    assert not (folder / "state").exists()


def test_destroy_without_a_terminal_and_without_y_refuses(run: Run):
    assert "reconcile destroy -y" in run("destroy", exits=64).err


def test_a_file_that_is_no_plan_is_refused(run: Run, folder: Path):
    (folder / "p.json").write_text("{}")

    assert "not a saved plan" in run("apply", "p.json", exits=1).err
    assert "cannot read the saved plan" in run("apply", "missing.json", exits=1).err


def test_status_of_nothing_is_empty_and_writes_nothing(run: Run, folder: Path):
    ended = run("status", "--format", "json", catalogue=False)
    document = json.loads(ended.out)

    jsonschema.validate(document, SCHEMAS["status"])
    assert (document["models"], document["router"]) == ([], None)
    assert not (folder / "state").exists()


def test_status_of_nothing_says_only_that_to_people(run: Run):
    ended = run("status", "--exit-code", catalogue=False)

    assert (ended.out, ended.err) == ("", "nothing was applied to this store yet\n")


def _say_what_has_no_effect(folder: Path) -> None:
    document = json.loads((folder / "fleet.yaml").read_text())
    document["router"]["restart"] = {"policy": "never"}
    (folder / "fleet.yaml").write_text(json.dumps(document, indent=1))


def test_validate_warns_of_what_has_no_effect_beside_the_data_and_exits_0(run: Run, folder: Path):
    _say_what_has_no_effect(folder)
    ended = run("validate")
    document = json.loads(run("validate", "--format", "json").out)

    assert ended.out.startswith("fleet homelab, 3 models: valid")
    assert ended.err.startswith("warning: `restart` has no effect in this version\n  fleet.yaml:")
    assert "router.restart  [W0301]\n    it takes effect with the daemon" in ended.err
    assert (document["valid"], document["error_count"], document["warning_count"]) == (True, 0, 1)
    assert run("validate", "--format", "github").out.startswith("::warning file=fleet.yaml,line=")


def test_plan_warns_of_what_has_no_effect_in_every_form(run: Run, folder: Path):
    _say_what_has_no_effect(folder)
    plan = json.loads(run("plan", "--offline", "--format", "json").out)

    jsonschema.validate(plan, SCHEMAS["plan"])
    assert [(one["code"], one["severity"]) for one in plan["diagnostics"]] == [("W0301", "warning")]
    assert "\n\nwarning: `restart` has no effect in this version\n" in run("plan", "--offline").out
    assert "W0301" in run("plan", "--offline", "--format", "markdown").out
    assert "::warning file=fleet.yaml,line=" in run("plan", "--offline", "--format", "github").out


@pytest.mark.parametrize("command", ["status", "logs"])
def test_an_unknown_name_is_wrong_usage_that_lists_the_known_ones(run: Run, command: str):
    assert "there is no model `nope`" in run(command, "nope", exits=64, catalogue=False).err


def test_doctor_checks_what_a_run_needs(run: Run):
    document = json.loads(run("doctor", "--format", "json").out)
    names = {one["name"] for one in document["checks"]}

    assert document["ok"] is True
    assert {"configuration", "llama-server", "catalogue", "gpu", "ports", "store", "sqlite", "disk", "pidfd"} <= names
    assert all(one["fix"] for one in document["checks"] if one["verdict"] != "ok")


def test_doctor_exits_1_with_the_way_out_when_something_is_missing(run: Run):
    ended = run("doctor", "--llama-server", "/nonexistent/llama-server", exits=1, catalogue=False)

    assert re.search(r"^fail +llama-server +.*\n +fix: ", ended.out, re.MULTILINE)


@pytest.mark.parametrize("name", ["fleet", *SCHEMAS])
def test_schema_prints_a_schema(run: Run, name: str):
    document = json.loads(run("schema", name, catalogue=False).out)

    jsonschema.Draft202012Validator.check_schema(document)


def test_schema_writes_all_of_them(run: Run, folder: Path):
    run("schema", "--write", "out", catalogue=False)

    assert sorted(one.name for one in (folder / "out").iterdir()) == sorted(
        f"{name}.schema.json" for name in ("fleet", *SCHEMAS)
    )


def test_version_names_what_a_report_should_begin_with(run: Run):
    document = json.loads(run("version", "--format", "json").out)

    assert set(document) == {"format_version", "reconcile", "python", "platform", "sqlite", "llama_server"}
    assert document["llama_server"]


def test_text_has_no_colour_without_a_terminal(run: Run):
    assert "\x1b" not in run("plan", "--offline").out


@pytest.mark.parametrize("name", ["fleet", *SCHEMAS])
def test_the_schemas_of_the_repository_are_what_the_program_prints(run: Run, name: str):
    stored = CATALOGUE.parents[1] / f"{name}.schema.json"

    assert stored.read_text() == run("schema", name, catalogue=False).out


def test_a_saved_plan_takes_no_wishes(run: Run, folder: Path):
    (folder / "plan.json").write_text("{}")

    assert "a saved plan has its targets" in run("apply", "plan.json", "--target", "pool", exits=64).err


def test_a_file_in_place_of_the_store_is_wrong_usage(folder: Path):
    ended = reconcile("plan", "--store", "fleet.yaml", cwd=folder)

    assert ended.code == 64
    assert "'fleet.yaml' is a file" in ended.err


def test_doctor_fails_where_no_store_can_be_made(folder: Path):
    ended = reconcile("doctor", "--store", "fleet.yaml/x", "--llama-server", str(CATALOGUE), cwd=folder)

    assert ended.code == 1
    assert re.search(r"^fail +store +.*/fleet.yaml: no directory\n +fix: .*--store", ended.out, re.MULTILINE)


def test_a_full_disk_below_the_output_is_no_bug(run: Run):
    ended = run("plan", "--offline", "--format", "github", exits=1, GITHUB_STEP_SUMMARY="/dev/full")
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [sys.executable, "-m", "reconciler", "schema"],
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            timeout=30,
            check=False,
        )

    assert ended.err.startswith("error: cannot write to `/dev/full`")
    assert (done.returncode, done.stderr.splitlines()[0]) == (
        1,
        "error: cannot write the output: No space left on device",
    )
