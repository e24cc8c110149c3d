"""What the documents show is what the program takes: the fleet, the commands, the links, the exit codes."""

import re
from pathlib import Path

import pytest

from reconciler import errors
from reconciler.cli.main import COMMANDS
from reconciler.config.load import load_fleet

TOP = Path(__file__).parents[2]
README = (TOP / "README.md").read_text()
DOCUMENTS = sorted({*TOP.glob("*.md"), *TOP.glob("docs/**/*.md"), *TOP.glob("examples/**/*.md")})


def test_the_fleet_of_the_readme_is_valid(tmp_path: Path) -> None:
    shown = re.search(r"```yaml\n(.*?)```", README, re.DOTALL)
    assert shown
    config = tmp_path / "fleet.yaml"
    config.write_text(shown[1])

    fleet = load_fleet([config])

    assert (set(fleet.spec.models), fleet.diagnostics) == ({"qwen3-8b", "gemma-3-4b", "embed"}, ())


def test_the_fleet_of_the_language_page_is_valid_with_and_without_its_profile(tmp_path: Path) -> None:
    for name, text in re.findall(r"```yaml\n# (\S+)\n(.*?)```", (TOP / "docs/language.md").read_text(), re.DOTALL):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)

    plain, laptop = (load_fleet([tmp_path / "fleet.yaml"], profiles=names).spec for names in ([], ["laptop"]))

    chat = plain.models["chat"]
    assert (sorted(plain.models), chat.memory.ctx_size, chat.gpu.layers) == (["chat", "coder"], 32768, "all")
    chat = laptop.models["chat"]
    assert (sorted(laptop.models), chat.memory.ctx_size, chat.gpu.layers) == (["chat"], 4096, None)


def test_the_readme_has_every_command() -> None:
    table = README.partition("## Commands")[2].partition("| exit |")[0]

    assert [name for name in COMMANDS if f"`{name}" not in table] == []


def test_the_readme_has_every_exit_code() -> None:
    table = README.partition("| exit |")[2].partition("##")[0]
    known = {one.exit_code for one in vars(errors).values() if hasattr(one, "exit_code")}

    assert {str(code) for code in known} - set(re.findall(r"^\| (\d+)", table, re.MULTILINE)) == set()


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda one: str(one.relative_to(TOP)))
def test_links_lead_to_files(document: Path) -> None:
    targets = re.findall(r"\]\((?!https?:)([^)#]+)", document.read_text())

    assert [one for one in targets if not (document.parent / one).exists()] == []
