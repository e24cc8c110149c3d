"""Several files, `defaults` and `server` become one fleet; every value knows who said it."""

from pathlib import Path

import pytest

from reconciler.config.load import default_paths
from reconciler.errors import ConfigError
from tests.unit.config.conftest import HEAD, Write, load, places, problems

LAYERS = """\
version: 1
fleet: test
x-note: [anything, {at: all}]
router: {models_max: 0}
server:
  threads: 8
  memory: {ctx_size: 1024, batch_size: 64}
defaults:
  memory: {ctx_size: 2048, keep: 3}
  gpu: {device: [a, b]}
  extra_args: {--one: 1}
models:
  plain: {path: a.gguf}
  own:
    path: b.gguf
    threads: null
    memory: {ctx_size: 4k, keep: null}
    gpu: {device: [c]}
    extra_args: {--two: 2}
"""


def test_a_model_wins_over_defaults_and_these_over_server(write: Write) -> None:
    spec = load(write(LAYERS)).spec
    plain, own = spec.models["plain"], spec.models["own"]

    assert (plain.threads, plain.memory.ctx_size, plain.memory.batch_size, plain.memory.keep) == (8, 2048, 64, 3)
    assert (own.threads, own.memory.ctx_size, own.memory.batch_size, own.memory.keep) == (None, 4096, 64, None)
    assert own.gpu.device == ("c",)
    assert own.extra_args == {"--one": 1, "--two": 2}


@pytest.mark.parametrize(
    ("path", "line", "column"),
    [
        ("models.own.memory.ctx_size", 17, 24),
        ("models.own.memory.batch_size", 7, 40),
        ("models.plain.memory.ctx_size", 9, 22),
        ("models.plain.threads", 6, 12),
        ("models.plain.gpu.device.1", 10, 21),
        ("models.plain", 13, 3),
        ("models.own.sampling.top_k", 14, 3),
        ("router.port", 4, 1),
        ("fleet", 2, 8),
    ],
)
def test_a_value_is_located_where_it_was_said(write: Write, path: str, line: int, column: int) -> None:
    found = load(write(LAYERS)).locate(path)

    assert found is not None
    assert (found.line, found.column) == (line, column)


def test_a_name_with_dots_is_located(write: Write) -> None:
    loaded = load(write(HEAD + "router: {}\nmodels:\n  qwen: {path: a}\n  qwen.2.5: {path: b, load: on-demand}\n"))

    found = loaded.locate("models.qwen.2.5.load")

    assert found is not None
    assert (found.line, found.column) == (6, 29)


def test_the_files_of_a_directory_are_one_fleet(write: Write) -> None:
    write("models: {b: {path: b.gguf}}\n", "fleet/sub/ignored.yaml")
    write("nonsense: [", "fleet/.hidden.yaml")
    write("nonsense: [", "fleet/notes.txt")
    write("models: {b: {path: ../b.gguf}}\nx-free: 1\n", "fleet/two.yml")
    first = write(HEAD + "x-free: 2\nrouter: {}\nmodels: {a: {path: a.gguf}}\n", "fleet/one.yaml")

    loaded = load(first.parent)

    assert [one.name for one in loaded.files] == ["one.yaml", "two.yml"]
    assert loaded.spec.models["a"].path == str(first.parent / "a.gguf")
    assert loaded.spec.models["b"].path == str(first.parent.parent / "b.gguf")


def test_what_two_files_define_shows_both_places(write: Write) -> None:
    one = write(HEAD + "router: {}\nmodels:\n  a: {path: a.gguf}\n", "fleet/one.yaml")
    two = write("fleet: other\nmodels:\n  a: {path: b.gguf}\n", "fleet/two.yaml")

    fleet, model = problems(one.parent)

    assert places([fleet, model]) == [("E0301", 1, 1), ("E0301", 3, 3)]
    assert fleet.detail == f"the other one is at {one}:2:1"
    assert (model.path, model.detail) == ("models.a", f"the other one is at {one}:5:3")
    assert model.position is not None
    assert model.position.file == str(two)


def test_paths_start_from_the_file_that_says_them(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/home/ada")
    server = "llama_server: bin/llama-server\nserver: {hf_token: {file: keys/hf}, api_key: {file: ~/key}}\n"
    models = "models: {a: {path: ./x/../m.gguf, lora: {adapters: [l.gguf, /abs.gguf]}}}\n"
    path = write(HEAD + server + "router: {}\ndefaults: {multimodal: {mmproj: p.gguf}}\n" + models)
    here = str(path.parent)

    spec = load(path).spec

    assert spec.llama_server == f"{here}/bin/llama-server"
    assert spec.server.hf_token is not None
    assert spec.server.hf_token.file == f"{here}/keys/hf"
    assert spec.server.api_key is not None
    assert spec.server.api_key.file == "/home/ada/key"
    assert spec.models["a"].path == f"{here}/m.gguf"
    assert spec.models["a"].lora.adapters == (f"{here}/l.gguf", "/abs.gguf")
    assert spec.models["a"].multimodal.mmproj == f"{here}/p.gguf"


def test_a_wrong_default_is_reported_once_and_also_without_models(write: Write) -> None:
    shared = "server: {memory: {ctx_size: abc}}\nrouter: {}\ndefaults:\n  memory: {keep: x}\n  port: 3\n"
    models = "models: {a: {path: a}, b: {path: b}, c: {path: c, memory: {ctx_size: 1}}}\n"
    expected = [("E0201", 3, 29), ("E0201", 6, 18), ("E0311", 7, 3)]

    assert places(problems(write(HEAD + shared))) == expected
    assert places(problems(write(HEAD + shared + models))) == expected


def test_empty_sections_are_as_if_absent(write: Write) -> None:
    assert load(write(HEAD + "server:\nrouter:\nlogging:\ndefaults:\nmodels:\n")).spec.models == {}


def test_the_default_file_comes_before_the_default_directory(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"neither `fleet.yaml` nor a directory `fleet`"):
        default_paths(tmp_path)
    (tmp_path / "fleet").mkdir()
    assert default_paths(tmp_path) == (tmp_path / "fleet",)
    (tmp_path / "fleet.yaml").touch()
    assert default_paths(tmp_path) == (tmp_path / "fleet.yaml",)


def test_a_null_within_a_json_value_is_said(write: Write) -> None:
    path = write(
        HEAD
        + "router: {models_max: 0}\n"
        + "defaults: {chat_template_kwargs: {a: 1, b: 2}}\n"
        + "models: {m: {path: x, chat_template_kwargs: {a: null}}, n: {path: x}}\n"
    )

    documents = {name: model.document() for name, model in load(path).spec.models.items()}

    assert documents["m"]["chat_template_kwargs"] == {"a": None}
    assert documents["n"]["chat_template_kwargs"] == {"a": 1, "b": 2}
