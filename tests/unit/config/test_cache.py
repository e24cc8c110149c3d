"""A remembered fleet is used again only when all that it came from is as it was."""

import hashlib
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from reconciler.config import load as loading
from reconciler.config.cache import FORMAT
from reconciler.config.load import LoadedFleet, load_fleet
from reconciler.errors import ConfigError
from reconciler.spec.fleet import FleetSpec
from reconciler.spec.validating import json_schema
from tests.unit.config.conftest import HEAD, Write

FLEET = HEAD + (
    "include: [models/*.yaml, one]\nrouter: {models_max: 0}\nvariables: {t: 1}\ndefaults:\n  threads: ${t}\n"
    "  chat_template: ${env:PLANTED}\nprofiles: {p: {defaults: {parallel: 2}}}\n"
)
Load = Callable[..., LoadedFleet]


@pytest.fixture
def path(write: Write, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("PLANTED", "x")
    write("include: deep/*.yaml\nmodels: {a: {path: a.gguf}}\n", "models/a.yaml")
    write("models: {d: {path: d.gguf}}\n", "models/deep/d.yaml")
    write("models: {o: {path: o.gguf}}\n", "one/o.yaml")
    return write(FLEET)


@pytest.fixture
def load(path: Path, tmp_path: Path) -> Load:
    """Loads with the cache."""
    return lambda *profiles, **variables: load_fleet(
        [path], profiles=profiles, variables=variables, cache=tmp_path / "cache"
    )


@pytest.fixture
def warm(load: Load, monkeypatch: pytest.MonkeyPatch) -> Load:
    """The same; it fails the test when something is parsed."""

    def call(*profiles: str, **variables: str) -> LoadedFleet:
        with monkeypatch.context() as patch:
            patch.setattr(loading._Named, "read", lambda _self: pytest.fail("it was parsed"))
            return load(*profiles, **variables)

    return call


def test_a_fleet_of_several_files_is_not_parsed_again(load: Load, warm: Load) -> None:
    first = load("p", t="3")
    again = warm("p", t="3")

    assert (again.spec, again.files, again.digest) == (first.spec, first.files, first.digest)
    assert sorted(again.spec.models) == ["a", "d", "o"]
    found = again.locate("models.d.threads")
    assert found is not None
    assert found.line == 7


@pytest.mark.parametrize("name", ["fleet.yaml", "models/a.yaml", "models/deep/d.yaml", "one/o.yaml"])
def test_a_change_in_any_file_is_seen(load: Load, tmp_path: Path, name: str) -> None:
    before = load()
    file = tmp_path / name
    file.write_text(file.read_text().replace("models: {", "models: {new: {path: n}, ").replace("t: 1", "t: 5"))

    after = load()

    assert after.spec != before.spec
    assert after.digest != before.digest


@pytest.mark.parametrize("name", ["models/b.yaml", "models/deep/b.yaml", "one/b.yml"])
def test_a_new_file_is_seen_and_one_that_is_gone_too(load: Load, write: Write, name: str) -> None:
    before = load()
    new = write("models: {b: {path: b.gguf}}\n", name)
    assert "b" in load().spec.models

    new.unlink()
    assert load().spec == before.spec


def test_an_include_that_leads_nowhere_any_more_is_told(load: Load, tmp_path: Path) -> None:
    load()
    (tmp_path / "one/o.yaml").unlink()

    with pytest.raises(ConfigError):
        load()


def test_another_choice_is_another_fleet(load: Load) -> None:
    fleets = [load(), load("p"), load(t="2"), load("p", t="2")]

    assert [(one.spec.models["a"].threads, one.spec.models["a"].parallel) for one in fleets] == [
        (1, None),
        (1, 2),
        (2, None),
        (2, 2),
    ]
    assert len({one.digest for one in fleets}) == 4


def test_a_change_of_the_environment_is_seen_where_it_has_a_say(
    load: Load, warm: Load, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = load()
    monkeypatch.setenv("UNRELATED", "x")
    assert warm().digest == before.digest

    monkeypatch.setenv("PLANTED", "other")
    after = load()
    assert after.spec.models["a"].chat_template == "other"
    assert after.digest != before.digest

    monkeypatch.delenv("PLANTED")
    with pytest.raises(ConfigError):
        load()


def test_no_yaml_is_imported_for_a_fleet_that_is_remembered(load: Load, path: Path, tmp_path: Path) -> None:
    load("p")
    code = "import sys\nfrom pathlib import Path\nfrom reconciler.config.load import load_fleet\n"
    code += f"load_fleet([Path({str(path)!r})], profiles=['p'], cache=Path({str(tmp_path / 'cache')!r}))\n"
    code += "assert not {'yaml', 'reconciler.config.compose'} & set(sys.modules), 'it was imported'"

    subprocess.run([sys.executable, "-c", code], check=True, timeout=30)


def test_the_format_rises_with_the_language() -> None:
    """
    What is remembered is not checked again: a fleet that an older checkout took must not pass by a newer one.
    When this fails, raise FORMAT and put the new digest beside it.
    """
    language = json.dumps(without_words(json_schema(FleetSpec)), sort_keys=True)
    assert (FORMAT, hashlib.sha256(language.encode()).hexdigest()[:16]) == (5, "fb1ec7555a86bbbd")


def without_words(schema: Any) -> Any:
    if isinstance(schema, list):
        return [without_words(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    return {key: without_words(one) for key, one in schema.items() if key != "description" or isinstance(one, dict)}
