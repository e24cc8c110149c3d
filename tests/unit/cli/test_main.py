import os
import subprocess
import sys
from typing import Any

import click
import pytest

from reconciler.cli.main import COMMANDS, load
from tests.support.command import reconcile

HEAVY = ("pydantic", "asyncio", "rich", "sqlite3", "yaml", "psutil", "h11", "json", "reconciler.errors")
QUICK = ("pydantic", "rich", "yaml", "sqlite_utils", "reconciler.spec.fleet", "reconciler.config.load")


def imported_by(*args: str) -> set[str]:
    """The modules that the command has imported when it ends."""
    script = (
        "import sys; from reconciler.cli.main import main; code = main(sys.argv[1:]);"
        " sys.stderr.write(' '.join(sys.modules)); sys.exit(code)"
    )
    # Measuring coverage imports more than the command does.
    clean = {name: value for name, value in os.environ.items() if not name.startswith("COV")}
    words = [sys.executable, "-c", script, *args]
    done = subprocess.run(words, env=clean, capture_output=True, text=True, timeout=30, check=True)
    return set(done.stderr.split())


def test_help_imports_click_and_nothing_heavy():
    assert imported_by("--help") & set(HEAVY) == set()


def test_status_imports_neither_pydantic_nor_a_configuration(tmp_path):
    assert imported_by("status", "--store", str(tmp_path)) & set(QUICK) == set()


@pytest.mark.parametrize("name", COMMANDS)
def test_the_line_in_the_list_is_how_the_command_begins_its_own_help(name: str):
    command = load(name)

    assert (command.help or "").startswith(COMMANDS[name].partition(";")[0].rstrip("."))
    assert command.name == "command" or command.name


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_and_option_has_help(name: str):
    options = [one for one in load(name).params if isinstance(one, click.Option)]

    assert all(one.help for one in options)


def test_help_lists_every_command():
    shown = reconcile("--help")

    assert shown.code == 0
    assert all(f"  {name} " in shown.out for name in COMMANDS)


@pytest.mark.parametrize(
    "args",
    [(), ("nonsense",), ("plan", "--nonsense"), ("plan", "--format", "xml"), ("apply", "--parallelism", "0")],
    ids=["nothing", "command", "option", "choice", "range"],
)
def test_wrong_usage_exits_64_and_says_so_on_stderr(args: tuple[str, ...]):
    ended = reconcile(*args)

    assert (ended.code, ended.out) == (64, "")
    assert "Usage: reconcile" in ended.err


def test_a_misspelled_command_is_answered_with_the_nearest():
    assert "Did you mean 'status'?" in reconcile("statsu").err


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_prints_the_script_of_a_shell(shell: str):
    ended = reconcile("completion", shell)

    assert (ended.code, ended.err) == (0, "")
    assert "_RECONCILE_COMPLETE" in ended.out


def test_completion_completes_commands_and_options():
    words: dict[str, Any] = {"COMP_WORDS": "reconcile pla", "COMP_CWORD": "1", "_RECONCILE_COMPLETE": "bash_complete"}
    option: dict[str, Any] = {
        "COMP_WORDS": "reconcile plan --det",
        "COMP_CWORD": "2",
        "_RECONCILE_COMPLETE": "bash_complete",
    }

    assert reconcile(**words).out == "plain,plan\n"
    assert reconcile(**option).out == "plain,--detailed-exitcode\n"


@pytest.mark.parametrize(
    ("words", "kind"),
    [
        ("plan -c f", "file"),
        ("plan --out f", "file"),
        ("apply f", "file"),
        ("doctor --llama-server f", "file"),
        ("status --store f", "dir"),
        ("schema --write f", "dir"),
    ],
)
def test_completion_leaves_paths_to_the_shell(words: str, kind: str):
    asked: dict[str, Any] = {"COMP_WORDS": f"reconcile {words}", "COMP_CWORD": str(len(words.split()))}

    assert reconcile(**asked, _RECONCILE_COMPLETE="bash_complete").out == f"{kind},f\n"


def test_completion_offers_no_names_where_nothing_can_be_read():
    asked: dict[str, Any] = {
        "COMP_WORDS": "reconcile logs -c /nonexistent ",
        "COMP_CWORD": "4",
        "_RECONCILE_COMPLETE": "bash_complete",
    }
    ended = reconcile(**asked)

    assert (ended.code, ended.out.strip(), ended.err) == (0, "", "")
