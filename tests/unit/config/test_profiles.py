"""`profiles`: what `--profile` lays over the files, before models inherit."""

from pathlib import Path

import pytest

from reconciler.config.load import load_fleet
from reconciler.domain.diagnostic import Diagnostic
from reconciler.errors import ConfigError
from tests.unit.config.conftest import HEAD, Write, load, places, problems

FLEET = (
    HEAD
    + """\
router: {port: 8080, models_max: 2}
server: {threads: 8, host: 127.0.0.1}
defaults:
  memory: {ctx_size: 1024, keep: 1}
  gpu: {device: [a, b]}
models:
  chat: {path: chat.gguf, memory: {batch_size: 64}}
  code: {path: code.gguf, memory: {ctx_size: 2048}}
profiles:
  prod:
    router: {models_max: 0}
    server: {threads: 16}
    defaults: {memory: {ctx_size: 4096}, gpu: {device: [c]}}
    models:
      chat: {memory: {batch_size: null, keep: 7}}
      extra: {path: extra.gguf, protect: true}
  small:
    models:
      code: null
      chat: {memory: {keep: null, ctx_size: 512}}
    router: null
    defaults: {serve: dedicated}
"""
)


def refused(*paths: Path, profiles: tuple[str, ...] = ()) -> list[Diagnostic]:
    with pytest.raises(ConfigError) as caught:
        load_fleet(paths, profiles=profiles)
    return [one for one in caught.value.diagnostics if isinstance(one, Diagnostic)]


def test_a_profile_that_nobody_asks_for_changes_nothing(write: Write) -> None:
    spec = load(write(FLEET)).spec

    assert (spec.router and spec.router.models_max, sorted(spec.models)) == (2, ["chat", "code"])
    assert spec.models["chat"].memory.ctx_size == 1024


def test_each_layer_has_its_profile_on_top_before_models_inherit(write: Write) -> None:
    spec = load_fleet([write(FLEET)], profiles=["prod"]).spec
    chat, code = spec.models["chat"], spec.models["code"]

    assert (spec.router and spec.router.models_max, spec.router and spec.router.port) == (0, 8080)
    assert (chat.threads, chat.memory.ctx_size, chat.memory.keep, chat.memory.batch_size) == (16, 4096, 7, None)
    assert (code.memory.ctx_size, code.memory.keep, code.gpu.device) == (2048, 1, ("c",))
    assert spec.models["extra"].protect


def test_null_takes_away_a_model_a_section_and_an_inherited_value(write: Write) -> None:
    spec = load_fleet([write(FLEET)], profiles=["small"]).spec

    assert (sorted(spec.models), spec.router) == (["chat"], None)
    assert (spec.models["chat"].memory.keep, spec.models["chat"].memory.ctx_size) == (None, 512)


@pytest.mark.parametrize(("order", "keep"), [(("prod", "small"), None), (("small", "prod"), 7)])
def test_the_last_profile_wins(write: Write, order: tuple[str, ...], keep: int | None) -> None:
    text = FLEET.replace("    router: null\n    defaults: {serve: dedicated}\n", "")

    assert load_fleet([write(text)], profiles=order).spec.models["chat"].memory.keep == keep


def test_values_of_a_profile_are_located_in_it(write: Write) -> None:
    loaded = load_fleet([write(FLEET)], profiles=["prod"])

    found = {path: loaded.locate(path) for path in ("models.chat.memory.keep", "models.code.gpu.device", "router.port")}

    assert [(one.line, one.column) for one in found.values() if one] == [(17, 47), (15, 56), (3, 16)]


def test_paths_of_a_profile_start_from_the_file_that_says_them(write: Write, tmp_path: Path) -> None:
    over = "{chat: {path: new.gguf}, code: {multimodal: {mmproj: eye.gguf}}}"
    write(f"profiles: {{prod: {{llama_server: bin/ls, models: {over}}}}}\n", "sub/over.yaml")
    text = FLEET.replace("  prod:\n", "  else:\n") + "include: sub/over.yaml\n"

    spec = load_fleet([write(text)], profiles=["prod"]).spec

    assert spec.models["chat"].path == f"{tmp_path}/sub/new.gguf"
    assert spec.models["code"].path == f"{tmp_path}/code.gguf"
    assert spec.models["code"].multimodal.mmproj == f"{tmp_path}/sub/eye.gguf"
    assert spec.llama_server == f"{tmp_path}/sub/bin/ls"


def test_profiles_of_several_files_are_one_and_a_value_said_twice_shows_both_places(write: Write) -> None:
    write("profiles: {prod: {models: {code: {threads: 3}, chat: {threads: 4, memory: {keep: 1}}}}}\n", "more.yaml")
    path = write(FLEET + "include: more.yaml\n")

    (found,) = refused(path)
    assert places([found]) == [("E0301", 1, 76)]
    assert (found.path, found.detail[-16:]) == ("profiles.prod.models.chat.memory.keep", "fleet.yaml:17:41")

    write("profiles: {prod: {models: {code: {threads: 3}, chat: {threads: 4}}}, small: null}\n", "more.yaml")
    spec = load_fleet([path], profiles=["prod"]).spec
    assert (spec.models["code"].threads, spec.models["chat"].threads) == (3, 4)


def test_a_profile_that_does_not_exist_names_those_that_do(write: Write) -> None:
    (found,) = refused(write(FLEET), profiles=("prd",))

    assert places([found]) == [("E0604", 0, 0)]
    assert (found.path, found.hint) == ("--profile prd", "did you mean `prod`?")
    assert found.detail == "expected one of `prod`, `small`"


def test_without_profiles_an_asked_for_one_is_told(write: Write) -> None:
    (found,) = refused(write(HEAD), profiles=("prod",))

    assert (found.code, found.detail) == ("E0604", "the files have no `profiles:`")


@pytest.mark.parametrize("chosen", [(), ("bad",)])
@pytest.mark.parametrize(
    ("profile", "place"),
    [
        ("fleet: other", ("E0605", 5, 10)),
        ("include: [a]", ("E0605", 5, 10)),
        ("profiles: {}", ("E0605", 5, 10)),
        ("required_version: '>=1'", ("E0605", 5, 10)),
        ("routr: {}", ("E0204", 5, 10)),
        ("engine: x", ("E0208", 5, 10)),
        ("router: {models_mx: 1}", ("E0204", 5, 19)),
        ("router: {port: abc}", ("E0201", 5, 25)),
        ("server: {port: 3}", ("E0204", 5, 19)),
        ("server: {memory: {keep: x}}", ("E0201", 5, 34)),
        ("server: {api_key: planted}", ("E0207", 5, 28)),
        ("defaults: {port: 3}", ("E0311", 5, 21)),
        ("defaults: {memory: {kep: 3}}", ("E0204", 5, 30)),
        ("models: {a: {memory: {kep: 3}}}", ("E0204", 5, 32)),
        ("models: {a: {path: 3}}", ("E0201", 5, 29)),
        ("models: {a: 3}", ("E0201", 5, 22)),
        ("models: 3", ("E0201", 5, 18)),
        ("models: {b: null}", ("E0606", 5, 19)),
        ("models: {'b]': {path: x}}", ("E0302", 5, 19)),
    ],
)
def test_a_mistake_in_a_profile_is_told_chosen_or_not(
    write: Write, profile: str, place: tuple[str, int, int], chosen: tuple[str, ...]
) -> None:
    text = HEAD + f"router: {{models_max: 0}}\nprofiles:\n  bad: {{ {profile} }}\nmodels: {{a: {{path: a.gguf}}}}\n"

    found = refused(write(text), profiles=chosen)

    assert places(found) == [place]
    assert "planted" not in repr(found)


@pytest.mark.parametrize(
    ("text", "column"),
    [
        ("profiles: 3\n", 11),
        ("profiles: {bad: 3}\n", 17),
        ("profiles: {bad: [models]}\n", 17),
        ("profiles: {bad: {variables: 3}}\n", 29),
        ("variables: [a]\n", 12),
    ],
)
def test_profiles_and_variables_are_mappings(write: Write, text: str, column: int) -> None:
    assert places(refused(write(HEAD + text))) == [("E0201", 3, column)]


def test_a_section_that_is_no_mapping_is_told_and_not_taken_for_a_second_definition(write: Write) -> None:
    write("models: 3\nvariables: 3\nprofiles: 3\n", "more.yaml")
    text = HEAD + "include: more.yaml\nrouter: {}\nmodels: {a: {path: a}}\nvariables: {a: 1}\nprofiles: {a: {}}\n"

    assert places(refused(write(text))) == [("E0201", 1, 9), ("E0201", 2, 12), ("E0201", 3, 11)]


def test_a_model_that_only_a_profile_knows_must_be_complete_there(write: Write) -> None:
    text = FLEET.replace("      chat: {memory: {batch", "      chatt: {memory: {batch")
    assert load(write(text)).spec.models

    (found,) = refused(write(text), profiles=("prod",))

    assert places([found]) == [("E0205", 17, 7)]
    assert found.path == "models.chatt.path"


def test_a_profile_may_be_empty_and_may_use_what_only_it_declares(write: Write) -> None:
    text = (
        HEAD
        + "router:\n  models_max: ${max}\nvariables: {max: null}\nprofiles:\n  none:\n  a:\n    variables: {max: 3}\n"
        + "    models:\n      m: {path: '${p}', memory: {ctx_size: '${c}'}, aliases: ['${d}', x]}\n"
    )

    assert [one.code for one in refused(write(text), profiles=("none",))] == ["E0609"]
    spec = load_fleet([write(text)], profiles=["a"], variables={"p": "x.gguf", "c": "32k", "d": "n"}).spec
    assert (spec.router and spec.router.models_max, spec.models["m"].memory.ctx_size) == (3, 32768)


def test_secrets_protection_moves_and_switches_work_from_profiles_and_included_files(write: Write) -> None:
    write(
        "models: {old: {path: o.gguf, protect: true, moved_from: older}}\nserver: {api_key: {file: key}}\n", "in/c.yaml"
    )
    text = HEAD + "include: in/*.yaml\nrouter: {models_max: 0}\nprofiles:\n  off:\n"
    text += "    models: {old: {enabled: false}}\n    server: {api_key: {env: MY_KEY}}\n"
    path = write(text)

    plain, off = load(path).spec, load_fleet([path], profiles=["off"]).spec

    assert plain.server.api_key is not None
    assert plain.server.api_key.reference == f"file:{path.parent}/in/key"
    assert off.server.api_key is not None
    assert off.server.api_key.reference == "env:MY_KEY"
    model = off.models["old"]
    assert (model.enabled, model.protect, model.moved_from) == (False, True, "older")


def test_the_version_of_the_program_is_asked_for_in_an_included_file_too(write: Write) -> None:
    write("required_version: '>=99'\n", "more.yaml")

    assert places(problems(write(HEAD + "include: more.yaml\n"))) == [("E0313", 1, 19)]


def test_a_json_value_of_a_profile_replaces_the_whole_one(write: Write) -> None:
    model = "chat_template_kwargs: {path: x, chat_template_kwargs: "
    over = "chat_template_kwargs: {chat_template_kwargs: {b: 3}}"
    profiles = f"profiles: {{p: {{models: {{{over}}}}}}}\n"
    path = write(f"{HEAD}router: {{models_max: 0}}\nmodels: {{{model}{{a: 1, b: 2}}}}}}\n{profiles}")

    (chat,) = load_fleet([path], profiles=["p"]).spec.models.values()

    assert chat.document()["chat_template_kwargs"] == {"b": 3}


def test_profiles_and_variables_may_have_as_many_keys_as_models(write: Write) -> None:
    models = "".join(f"      m{number}: {{path: x, memory: {{keep: 1}}}}\n" for number in range(3_000))
    variables = "".join(f"  v{number}: 1\n" for number in range(6_000))
    path = write(f"{HEAD}router: {{models_max: 0}}\nvariables:\n{variables}profiles:\n  p:\n    models:\n{models}")

    assert len(load_fleet([path], profiles=["p"]).spec.models) == 3_000
    assert load(path).spec.models == {}


@pytest.mark.parametrize("part", ["defaults: {threads: 1, ", "models: {a: {path: x, "])
def test_a_part_of_a_profile_is_no_larger_than_one_of_a_fleet(write: Write, part: str) -> None:
    text = f"{FLEET}  large: {{{part}extra_args: {{--a: [{'[], ' * 6_000}]}}}}}}"

    found = refused(write(text + ("}" if "models" in part else "")))

    assert [one.code for one in found] == ["E0111"]
    assert found[0].summary == "`profiles.large." + (
        "models.a` is too large" if "models" in part else "defaults` is too large"
    )
