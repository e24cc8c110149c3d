"""The schema for editors is fresh, valid, and takes what the program takes."""

import json
from pathlib import Path

import jsonschema
import pytest

from reconciler.config.jsonschema import fleet_schema, fleet_schema_text
from reconciler.config.source import parse
from reconciler.config.text import Text

ROOT = Path(__file__).parents[3]
VALIDATOR = jsonschema.Draft202012Validator(fleet_schema())


def complaints(text: str) -> list[str]:
    root, _ = parse(Text("fleet.yaml", "/", text))
    assert root is not None
    return [".".join(map(str, one.absolute_path)) for one in VALIDATOR.iter_errors(root.value)]


def test_the_stored_schema_is_fresh() -> None:
    assert (ROOT / "schemas/fleet.schema.json").read_text() == fleet_schema_text()


def test_it_is_a_schema_of_draft_2020_12() -> None:
    jsonschema.Draft202012Validator.check_schema(json.loads(fleet_schema_text()))


@pytest.mark.parametrize("file", sorted((ROOT / "examples").glob("*/*.yaml")), ids=lambda file: file.parent.name)
def test_examples_follow_it(file: Path) -> None:
    assert complaints(file.read_text()) == []


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ("x-a: 1\nserver: {threads: 8, memory: {ctx_size: 32k}, api_key: {env: A}}\n", []),
        ("safety: {max_stop: 20%}\nlogging: {file: {max_size: 10MiB}}\nmetrics: {interval: 500ms}\n", []),
        ("defaults: {gpu: {layers: all}, health: {drain_timeout: 30}}\nrouter: null\n", []),
        ("models: {a: {path: x, extra_args: {--x: [1, two], --y: true}}}\n", []),
        ("required_version: '>=0.1'\n", []),
        ("include: [models/*.yaml]\n", []),
        ("include: models\nvariables: {a: 1, b: x, c: true, d: null}\n", []),
        ("profiles: {p: {models: {a: {threads: 3}, b: null}, router: null, defaults: {threads: 3}}, q: null}\n", []),
        ("models: {a: {path: x, threads: '${t}', port: '${env:P}', jinja: '${j}', enabled: '${e}'}}\n", []),
        ("defaults: {gpu: {layers: '${l}', tensor_split: ['${t}']}, memory: {ctx_size: '${c}k'}, serve: '${s}'}\n", []),
        ("safety: {max_stop: '${s}%'}\nrouter: {port: '${p}'}\n", []),
        ("models:\n", []),
        ("models: {a: {path: x, memory: null, health: null, serve: null, aliases: null}}\nserver: null\n", []),
        ("defaults: {jinja: on, gpu: {fit: Off, device: CUDA0, tensor_split: 3}, memory: {cache_ram: 8G}}\n", []),
        ("models: {a: {path: x, aliases: ['']}}\n", ["models.a.aliases.0"]),
        ("models: {'': {path: x}}\n", ["models"]),
        ("variables: {a b: 1}\n", ["variables"]),
        ("required_version: foo\n", ["required_version"]),
        ("safety: {max_stop: 150%}\n", ["safety.max_stop"]),
        ("defaults: {parallel: 0}\n", ["defaults.parallel"]),
        ("defaults: {memory: {cache_ram: 1KiB}}\n", ["defaults.memory.cache_ram"]),
        ("variables: {a: [1]}\n", ["variables.a"]),
        ("profiles: {p: {fleet: x}}\n", ["profiles.p"]),
        ("profiles: {p: {models: {a: {thread: 3}}}}\n", ["profiles.p"]),
        ("models: {a: {path: x, jinja: '${}'}}\n", ["models.a.jinja"]),
        ("include: {a: b}\n", ["include"]),
        ("server: {api_key: literal}\n", ["server.api_key"]),
        ("server: {api_key: {}}\n", ["server.api_key"]),
        ("models: {a: {memory: {ctx_size: -1}}}\n", ["models.a", "models.a.memory.ctx_size"]),
        ("models: {a: {path: x, port: 99999}}\n", ["models.a.port"]),
        ("models: {a: {path: x, memory: {ctx_size: many}}}\n", ["models.a.memory.ctx_size"]),
        ("defaults: {port: 1}\n", ["defaults"]),
        ("modles: {}\n", [""]),
    ],
)
def test_it_takes_and_refuses_what_the_program_does(text: str, wrong: list[str]) -> None:
    assert sorted(complaints(text)) == wrong


def test_every_key_has_a_description() -> None:
    keys = {
        f"{name}.{key}": one
        for name, part in fleet_schema()["$defs"].items()
        for key, one in part.get("properties", {}).items()
    }

    assert [name for name, one in keys.items() if "description" not in one] == []
