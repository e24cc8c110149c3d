"""Every flag of the builds that are known here is a setting, or says why it is none."""

from collections import Counter
from pathlib import Path

import pytest

from reconciler.llama.catalogue import Catalogue, parse_help
from reconciler.llama.excluded import EXCLUDED
from reconciler.spec.base import fields
from reconciler.spec.model import SECTIONS
from reconciler.spec.registry import all_settings, server_settings
from reconciler.spec.server import ServerSpec
from reconciler.spec.serving import ServingSettings

FIXTURES = Path(__file__).parents[2] / "fixtures/llama-server"
BUILDS = ("b10434", "b11434")


def catalogue(build: str) -> Catalogue:
    return parse_help((FIXTURES / f"llama-server-{build}-help.txt").read_text(), build=build)


def spelled() -> set[str]:
    return {spelling.flag for setting in all_settings().values() for spelling in setting.spellings}


def without_home(build: Catalogue) -> list[str]:
    known = spelled() | set(EXCLUDED)
    return [entry.flag for entry in build.entries if not entry.removed and not known & {*entry.aliases}]


@pytest.mark.parametrize("build", BUILDS)
def test_every_flag_is_a_setting_or_excluded_with_a_reason(build: str) -> None:
    homeless = without_home(catalogue(build))
    assert not homeless, f"give each a setting, or a reason in llama/excluded.py: {', '.join(homeless)}"


@pytest.mark.parametrize("build", BUILDS)
def test_no_flag_has_two_settings(build: str) -> None:
    owners = {
        entry.flag: paths
        for entry in catalogue(build).entries
        if len(paths := [p for p, one in all_settings().items() if {s.flag for s in one.spellings} & {*entry.aliases}])
        > 1
    }
    assert not owners


@pytest.mark.parametrize("build", BUILDS)
def test_no_flag_is_both_a_setting_and_excluded(build: str) -> None:
    flags = {
        alias for entry in catalogue(build).entries if {*entry.aliases} & EXCLUDED.keys() for alias in entry.aliases
    }
    assert not spelled() & flags


def test_every_setting_is_known_to_one_of_the_builds() -> None:
    builds = [catalogue(build) for build in BUILDS]
    unknown = [
        path
        for path, setting in all_settings().items()
        if not any(one.knows(spelling.flag) for one in builds for spelling in setting.spellings)
    ]
    assert not unknown


def test_every_excluded_flag_is_listed_by_one_of_the_builds() -> None:
    listed = {entry.flag for build in BUILDS for entry in catalogue(build).entries}
    assert not EXCLUDED.keys() - listed


def test_a_new_flag_is_named() -> None:
    text = (FIXTURES / "llama-server-b11434-help.txt").read_text() + "\n--brand-new N    something\n"
    new = parse_help(text, build="next")
    known = spelled() | set(EXCLUDED)
    assert [entry.flag for entry in new.entries if not entry.removed and not known & {*entry.aliases}] == [
        "--brand-new"
    ]


def test_no_key_of_server_has_two_meanings() -> None:
    keys = Counter([*fields(ServerSpec), *fields(ServingSettings), *SECTIONS])
    assert [key for key, times in keys.items() if times > 1] == []


def test_every_setting_has_one_sentence_and_a_newest_spelling_that_the_newest_build_takes() -> None:
    newest = catalogue("b11434")
    for path, setting in all_settings().items():
        assert setting.info.help.endswith("."), path
        assert newest.knows(setting.spellings[0].flag), path
    assert server_settings()
