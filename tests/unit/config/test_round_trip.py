"""Random specs, drawn from the registry: through a file, a command line or a section, and back."""

import json
from collections.abc import Callable, Mapping
from functools import cache
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from ruamel.yaml import YAML

from reconciler.config.load import load_fleet
from reconciler.domain.diagnostic import Severity
from reconciler.llama.arguments import arguments
from reconciler.llama.catalogue import Catalogue
from reconciler.llama.check import check_flags
from reconciler.llama.command import dedicated_argv, section
from reconciler.llama.reading import read_argv
from reconciler.spec.fleet import FleetSpec
from reconciler.spec.model import ModelSpec
from reconciler.spec.registry import Setting, model_settings, server_settings, written
from reconciler.spec.server import ServerSpec
from reconciler.spec.sources import SOURCES
from reconciler.spec.validating import json_schema, validate
from tests.support.setting_samples import SPECIAL, flat

Schema = Mapping[str, Any]
SCHEMAS = Path(__file__).parents[3] / "schemas/llama-server"
SAFE = settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture]
)
TEXTS = st.text(st.characters(codec="utf-8", categories=["L", "N", "P", "S", "Zs"]), min_size=1, max_size=12)
LARGEST = 2**31 - 1


@cache
def catalogue(build: str) -> Catalogue:
    return Catalogue.from_json(json.loads((SCHEMAS / f"{build}.json").read_text()))


def drawn(schema: Schema) -> st.SearchStrategy[Any]:
    """Anything that a schema allows, in its plain form."""
    if "anyOf" in schema:
        # The text by which a number may be written is tested elsewhere.
        branches = list(flat(schema))
        plain = [one for one in branches if one.get("type") != "null" and "pattern" not in one] or branches[:1]
        return st.one_of([drawn(one) for one in plain])
    if "enum" in schema:
        return st.sampled_from(schema["enum"])
    anything = st.none() | st.booleans() | st.integers(-5, 5) | TEXTS | st.lists(TEXTS, max_size=2)
    kind = KINDS.get(schema.get("type", ""))
    return kind(schema) if kind else anything


def _integers(schema: Schema) -> st.SearchStrategy[int]:
    numbers = st.integers(schema.get("minimum", -LARGEST), schema.get("maximum", LARGEST))
    return numbers.filter(bool) if "not" in schema else numbers


def _floats(schema: Schema) -> st.SearchStrategy[float]:
    above = schema.get("exclusiveMinimum")
    low, high = schema.get("minimum", -1e6), schema.get("maximum", 1e6)
    return st.floats(low if above is None else above, high, exclude_min=above is not None)


def _mappings(schema: Schema) -> st.SearchStrategy[dict[str, Any]]:
    inside = schema.get("additionalProperties")
    return st.dictionaries(TEXTS, drawn(inside if isinstance(inside, dict) else {}), min_size=1, max_size=3)


def _without_comma(item: Any) -> Any:
    """A comma within an item of a list is two items for llama-server."""
    return item.replace(",", ".") if isinstance(item, str) else item


KINDS: dict[str, Callable[[Schema], st.SearchStrategy[Any]]] = {
    "boolean": lambda _: st.booleans(),
    "integer": _integers,
    "number": _floats,
    "array": lambda schema: st.lists(drawn(schema["items"]).map(_without_comma), min_size=1, max_size=3),
    "object": _mappings,
    "string": lambda schema: st.from_regex(schema["pattern"], fullmatch=True) if "pattern" in schema else TEXTS,
}


def value_of(setting: Setting, schema: Schema) -> st.SearchStrategy[Any]:
    if setting.info.is_path:
        names = st.from_regex(r"/[a-z]{1,8}/[A-Za-z0-9 _.-]{0,6}[a-z]", fullmatch=True)
        if setting.scaled:
            return st.dictionaries(names, st.floats(0, 10), min_size=1, max_size=3)
        return st.lists(names, min_size=1, max_size=3) if setting.many else names
    random = drawn({**schema, **setting.info.constraints})
    if setting.many:
        # One text may stand for a list of one.
        random = random.map(_without_comma)
    return (
        st.sampled_from(SPECIAL[setting.path])
        if setting.path in SPECIAL and (setting.many or "pattern" in str(schema))
        else random
    )


@cache
def model_values() -> dict[str, st.SearchStrategy[Any]]:
    whole = json_schema(ModelSpec)
    found = {}
    for path, setting in model_settings().items():
        if path in {*SOURCES, "hf_file", "speculative.hf"}:
            continue  # Every model here is a file, and rules say what goes with each of the others.
        part, _, name = path.rpartition(".")
        properties = whole["$defs"][f"{part.capitalize()}Settings"]["properties"] if part else whole["properties"]
        found[path] = value_of(setting, properties[name])
    return found


@cache
def server_values() -> dict[str, st.SearchStrategy[Any]]:
    properties = json_schema(ServerSpec)["properties"]
    return {
        path: value_of(one, properties[path.partition(".")[2]])
        for path, one in server_settings().items()
        if not path.startswith("server.ssl")
    }


def tree_of(said: Mapping[str, Any]) -> dict[str, Any]:
    tree: dict[str, Any] = {}
    for path, value in said.items():
        *sections, name = path.split(".")
        inside = tree
        for one in sections:
            inside = inside.setdefault(one, {})
        inside[name] = value
    return tree


@st.composite
def fleets(draw: st.DrawFn, serve: str = "dedicated") -> dict[str, Any]:
    models = {}
    for name in draw(st.lists(st.sampled_from(["a", "b.c", "d e", "ü"]), min_size=1, max_size=2, unique=True)):
        paths = draw(st.lists(st.sampled_from(sorted(model_values())), max_size=8, unique=True))
        said = {path: draw(model_values()[path]) for path in paths}
        models[name] = {"path": "/m/a.gguf", "serve": serve, **tree_of(said)}
    paths = draw(st.lists(st.sampled_from(sorted(server_values())), max_size=3, unique=True))
    server = tree_of({path: draw(server_values()[path]) for path in paths}).get("server", {})
    router = {"router": {"models_max": 0}} if serve == "router" else {}
    return {"version": 1, "fleet": "f", "server": server, "models": models, **router}


def as_yaml(tree: dict[str, Any], form: str) -> str:
    if form == "json":
        return json.dumps(tree, ensure_ascii=False)
    stream = StringIO()
    writer = YAML(typ="safe", pure=True)
    # Within brackets libyaml refuses a text like `:0`, which YAML 1.2 allows.
    writer.default_flow_style = False
    writer.dump(tree, stream)
    return stream.getvalue()


@SAFE
@given(tree=fleets(), form=st.sampled_from(["json", "block"]))
def test_a_spec_comes_back_from_its_file(tmp_path: Path, tree: dict[str, Any], form: str) -> None:
    spec = validate(FleetSpec, tree)
    file = tmp_path / "fleet.yaml"
    file.write_text(as_yaml(spec.written(), form), encoding="utf-8")

    assert load_fleet([file]).spec == spec


def said_by(spec: ModelSpec | ServerSpec, known: Catalogue) -> dict[str, Any]:
    """Its settings, without a switch that is off by being absent."""
    return {one.path: value for one, value in written(spec) if arguments(one, value, known)}


def accepted(tree: dict[str, Any], known: Catalogue) -> FleetSpec:
    """The fleet, where the build can say it."""
    spec = validate(FleetSpec, tree)
    assume(all(one.severity is not Severity.ERROR for one in check_flags(spec, known)))
    return spec


@pytest.mark.parametrize("build", ["b10434", "b11434"])
@SAFE
@given(tree=fleets())
def test_settings_come_back_from_a_command_line(build: str, tree: dict[str, Any]) -> None:
    known = catalogue(build)
    spec = accepted(tree, known)
    for name, model in spec.models.items():
        argv = dedicated_argv(model, name, spec.server, port=1, binary="llama-server", catalogue=known)
        read = read_argv(argv, known)

        assert read.settings == said_by(spec.server, known) | said_by(model, known)
        assert (read.model_path, read.port, read.unknown) == (model.path, 1, {})


@pytest.mark.parametrize("build", ["b10434", "b11434"])
@SAFE
@given(tree=fleets(serve="router"))
def test_settings_come_back_from_a_section(build: str, tree: dict[str, Any]) -> None:
    known = catalogue(build)
    for model in accepted(tree, known).models.values():
        read = read_argv(["llama-server", *_words(section(model, catalogue=known), known)], known)

        assert read.settings == said_by(model, known)


def _words(keys: Mapping[str, str], known: Catalogue) -> list[str]:
    """What the router makes of a section: flags and values for a child."""
    words = []
    for key, value in keys.items():
        entry = known.entry(f"--{key}")
        assert entry, key
        if entry.value is not None:
            words += [f"--{key}", value]
        else:
            words.append(f"--{key}" if value == "true" else entry.negatives[0])
    return words
