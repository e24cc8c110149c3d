"""Every code is explained, and its examples give it and do not."""

import json
import re
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from reconciler.config.files import gather
from reconciler.config.load import diagnose
from reconciler.domain.codes import CODES
from reconciler.llama.catalogue import Catalogue
from reconciler.render.explanations import EXPLANATIONS, GROUPS

TOP = Path(__file__).parents[3]
BUILDS = [
    Catalogue.from_json(json.loads((TOP / "schemas" / "llama-server" / name).read_bytes()))
    for name in ("b10434.json", "b11434.json")
]
NOT_WRITTEN = {
    "version": "version: 1\n",
    "fleet": "fleet: example\n",
    "router": "router: { models_max: 0 }\n",
    "models": "models: {}\n",
}
WITHOUT_EXAMPLE = {
    "E0109": "bytes that are not UTF-8 cannot be shown in a text",
    "E0111": "it would have more than 10 MiB",
    "E0112": "the file is not there",
    "E0113": "the directory has no file",
    "E0402": "both builds that we have can say every value of the settings that they take",
    "E0603": "it would have more than 10,000 files",
    "W0201": "no key has been renamed yet; tests/unit/config/test_renamed.py renames some",
}
WHOLE = {"E0101", "E0102", "E0116"}
SETTING = re.compile(r"(\w+)=(\S+)")
RAISED = re.compile(r'"([EW]\d{4})"')


def test_every_code_is_explained() -> None:
    """For a new one: an entry in the module of its hundred below reconciler/render/explanations."""
    assert sorted(CODES.keys() - EXPLANATIONS.keys()) == []
    assert sorted(EXPLANATIONS.keys() - CODES.keys()) == []


def test_every_code_stands_in_the_group_of_its_hundred() -> None:
    hundreds = {title[-5:-3]: group for title, group in GROUPS.items()}

    assert [code for hundred, group in hundreds.items() for code in group if code[1:3] != hundred] == []


def test_every_code_is_raised_and_every_raised_one_is_known() -> None:
    told = {TOP / "reconciler" / "domain" / "codes.py", *TOP.glob("reconciler/render/explanations/*.py")}
    sources = (one.read_text() for one in TOP.glob("reconciler/**/*.py") if one not in told)
    raised = {code for source in sources for code in RAISED.findall(source)}

    assert sorted(raised ^ CODES.keys()) == []


def test_a_plan_does_not_wait_for_explanations() -> None:
    """Nor for what formats and mends files."""
    unwanted = "explanations|config.fixes|config.rewrite|config.tokens"
    found = f"re.search('{unwanted}', ' '.join(sys.modules))"
    script = f"import re, sys, reconciler.cli.commands.plan; sys.exit({found} is not None)"

    assert subprocess.run([sys.executable, "-c", script], timeout=30, check=False).returncode == 0


@pytest.mark.parametrize("code", CODES)
def test_sentences_are_sentences(code: str) -> None:
    said = EXPLANATIONS[code]

    assert all(re.fullmatch(r"\S.*\.", one) for one in (said.meaning, said.reason, said.remedy))


def test_only_these_have_no_example() -> None:
    without = {code for code, said in EXPLANATIONS.items() if not said.wrong}

    assert without == WITHOUT_EXAMPLE.keys() | {code for code in CODES if code[1:3] == "05"}


@pytest.mark.parametrize("code", [code for code, said in EXPLANATIONS.items() if said.wrong])
def test_the_wrong_example_gives_the_code_and_the_right_one_nothing(code: str) -> None:
    said = EXPLANATIONS[code]
    given = [(codes(said.wrong, build, whole=code in WHOLE), codes(said.right, build)) for build in BUILDS]

    assert ({code}, set()) in given
    assert all(wrong in ({code}, set()) and not right for wrong, right in given)


def codes(example: str, build: Catalogue, *, whole: bool = False) -> set[str]:
    """What is said of an example; keys that it leaves out are put in unless it is a whole file."""
    files = re.split(r"^# file: (.+)\n", example, flags=re.MULTILINE)
    named = list(zip(files[1::2], files[2::2], strict=True)) or [("fleet.yaml", example)]
    if not whole:
        written = set(re.findall(r"^(\w+):", example, re.MULTILINE))
        rest = "".join(text for key, text in NOT_WRITTEN.items() if key not in written)
        named = [*named[:-1], (named[-1][0], rest + named[-1][1])]
    environment, profiles, variables = how_it_is_run(example)
    with TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        for name, value in environment.items():
            patch.setenv(name, value)
        for name, text in named:
            path = Path(folder, name)
            path.parent.mkdir(exist_ok=True)
            path.write_text(text)
        raw, _ = gather((Path(folder),))
        return {one.code for one in diagnose(raw, profiles=profiles, variables=variables, catalogue=build)}


def how_it_is_run(example: str) -> tuple[dict[str, str], list[str], dict[str, str]]:
    """The environment, the profiles and the variables of the line `# run:`."""
    command = re.match(r"# run: (.*?)reconcile plan(.*)\n", example)
    environment, options = command.groups() if command else ("", "")
    profiles = re.findall(r"--profile (\S+)", options)
    return dict(re.findall(SETTING, environment)), profiles, dict(re.findall(SETTING, options))
