"""Files that no dashboard of ours left behind, but that somebody's may: mixtures, hostile values, odd rows."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from reconciler.legacy.columns import TABLES
from reconciler.spec.registry import written
from tests.support.legacy import changed
from tests.support.legacy_build import add, built, columns_of
from tests.support.legacy_import import codes, model, taken

VALUES: dict[str, Any] = {
    "int": 3, "float": 0.25, "neg": 1, "flag": 1, "bool01": 1, "csv": "a", "path": "/srv/a.gguf", "onoff": "off",
    "load": 1, "gone": 7, "action": 1, "never": 0, "json": '{"a": 1}', "secret": "sk-planted-0123456789", "kv": "{}",
}  # fmt: skip
WORDS = {
    "cache_type_k": "q8_0", "cache_type_v": "q4_0", "cache_type_k_draft": "q5_1", "cache_type_v_draft": "f16",
    "numa": "isolate", "split_mode": "row", "rope_scaling_type": "yarn", "pooling": "mean",
    "reasoning_format": "deepseek", "cpu_mask": "ff", "cpu_range": "0-3", "cpu_mask_batch": "f0",
    "cpu_range_batch": "4-7", "tensor_split": "3,1", "override_tensor": "exps=CPU", "override_kv": "a.b=int:3",
    "logit_bias": "15+1", "samplers": "top_k;temperature", "sampler_seq": "kt", "lora_scaled": "/a.gguf:0.5",
    "control_vector_scaled": "/c.gguf:2", "control_vector_layer_range": "4-9", "fit_target": "2048",
    "hf_repo": "org/repo", "hf_repo_draft": "org/draft", "docker_repo": "ai/model", "model_url": "https://h/m.gguf",
    "mmproj_url": "https://h/p.gguf", "host": "10.0.0.1", "port": 8099, "mirostat": 1, "priority": 1,
    "priority_batch": 1, "cpu_strict": 1, "polling": "70", "polling_batch": "1", "name": "all", "model_path": "/m.gguf",
    "escape": 0, "metrics_enabled": 0, "cache_ram": 512, "dry_sequence_breaker": "x", "chat_template": "chatml",
    "status": "stopped", "type": "llama",
}  # fmt: skip
GARBAGE: tuple[Any, ...] = (
    "garbage", "", "  ", b"\xff\xfe\x00", b"plain", -(2**63), 2**62, 1e300, float("inf"), -0.5, "null", "[1,2", "{",
    '"x"', "${HOME}", "$${x}", "a\nb: c", "a # b; c", "\u2028", "\x1b[31m", "`'\"", "~", "true", "0x10", "1_000", "*",
    "&a",
    "- x", "? y", "a,b;c", "😀" * 300, "\ud800".encode("utf-8", "surrogatepass"), "=", ":", "@", "%",
)  # fmt: skip


NOT_GARBAGE = frozenset({"id", "model_id", "status"})


@pytest.mark.parametrize("vintage", ["V1", "V2a", "V2b", "V2c"])
def test_every_column_that_is_set_is_carried_or_named(vintage: str, tmp_path: Path) -> None:
    path = built(tmp_path / "all.db", vintage)
    described = columns_of(vintage, ["models", *TABLES, "model_server_config"])
    tables: dict[str, dict[str, Any]] = {}
    for one in described:
        if one["kind"] not in {"id", "time", "info", "runtime"} or one["column"] in WORDS:
            value = WORDS.get(one["column"], VALUES.get(one["kind"], "x"))
            tables.setdefault(one["table"], {})[one["column"]] = value
    for table, values in tables.items():
        key = {"id": 1} if table == "models" else {"model_id": 1} if table in TABLES else {}
        add(path, table, **key, **values)

    found = taken(path)

    report = found.imported.report
    text = found.imported.text
    told = {str(one["what"]).rpartition(".")[2].partition(":")[0] for one in report["dropped"]}
    shared = [*report["server_settings"], *report["defaults"], "router.models_max", "router.autoload"]
    carried = {path.rpartition(".")[2] for path in [*report["models"][0]["settings"], *shared]}
    for one in described:
        meaning = one["column"]
        if one["kind"] in {"id", "time", "info", "runtime", "kv", "never", "secret"} or meaning in {"host", "port"}:
            continue
        assert meaning in text or meaning in told or meaning in carried or one["kind"] == "path", meaning
    assert "sk-planted-0123456789" not in text + json.dumps(report)


@pytest.mark.parametrize("vintage", ["V1", "V2c", "J9"])
def test_garbage_in_every_column_gives_a_valid_file(vintage: str, tmp_path: Path) -> None:
    path = built(tmp_path / "garbage.db", vintage)
    described = [one for one in columns_of(vintage, ["models", *TABLES]) if one["column"] not in NOT_GARBAGE]
    for number, garbage in enumerate(GARBAGE, 1):
        for table in dict.fromkeys(one["table"] for one in described):
            row = {one["column"]: garbage for one in described if one["table"] == table}
            add(path, table, **{"id" if table == "models" else "model_id": number}, **row)

    found = taken(path)

    assert len(found.loaded.spec.models) == len(GARBAGE)


@pytest.mark.parametrize("garbage", GARBAGE[::4], ids=lambda one: ascii(one)[:20])
def test_garbage_for_all_servers_gives_a_valid_file(garbage: Any, tmp_path: Path) -> None:
    path = built(tmp_path / "garbage.db", "V2c", "J9")
    add(path, "models", id=1, name="m", model_path="/m.gguf")
    described = columns_of("V2c", ["model_server_config"])
    row = {one["column"]: garbage for one in described if one["column"] not in NOT_GARBAGE}
    add(path, "model_server_config", **row)
    for key in ("config", "user_settings"):
        add(path, "server_config" if key == "config" else "metadata", key=key, value=garbage)
    assert list(taken(path).loaded.spec.models) == ["m"]


@given(data=st.data())
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_values_give_a_valid_file(data: st.DataObject, tmp_path: Path) -> None:
    path = tmp_path / "any.db"
    path.unlink(missing_ok=True)
    vintage = data.draw(st.sampled_from(["V1", "V2a", "V2c", "J1", "J4", "J9"]))
    built(path, vintage)
    tables = [one for one in ("models", *TABLES, "model_server_config") if columns_of(vintage, [one])]
    text = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
    values = st.one_of(
        st.none(), st.integers(-(2**63), 2**63 - 1), st.floats(allow_nan=False), text, st.binary(max_size=8)
    )
    names = st.one_of(text, st.sampled_from(["a", "a:b", "*", "a]b", "x" * 200, "null", "1", "<<", ""]))
    for number in range(data.draw(st.integers(1, 3))):
        for table in tables:
            columns = [one["column"] for one in columns_of(vintage, [table])]
            free = sorted(set(columns) - {"id", "model_id", "status", "name"})
            row = {
                one: data.draw(values) for one in data.draw(st.lists(st.sampled_from(free), max_size=6, unique=True))
            }
            row = {key: value for key, value in row.items() if value is not None}
            identity: dict[str, Any] = {"model_id": number + 1} if table != "models" else {"id": number + 1}
            if table == "model_server_config":
                identity = {}
            elif table == "models":
                identity["name"] = data.draw(names)
                options = st.dictionaries(text, st.one_of(text, st.integers(), st.booleans(), st.none()), max_size=4)
                if "parameters" in columns:
                    row["parameters"] = json.dumps(data.draw(options))
            add(path, table, **identity, **row)
    taken(path)


def test_a_row_of_the_second_version_beats_the_wide_row_of_the_first(tmp_path: Path) -> None:
    path = built(tmp_path / "mixed.db", "V1", "V2c")
    wide = {"temperature": 0.3, "mirostat_lr": 0.2, "gpu_layers": 9, "ctx_size": 8192, "timeout": 60}
    add(path, "models", id=1, name="both", model_path="/m.gguf", **wide)
    add(path, "models", id=2, name="wide", model_path="/n.gguf", **wide)
    add(path, "model_sampling_config", model_id=1, top_k=7)

    found = taken(path)

    assert found.imported.report["source"]["vintage"] == "V1+V2c"
    assert model(found, "both")["settings"] == {"sampling.top_k": 7, "gpu.layers": 9, "memory.ctx_size": 8192}
    assert model(found, "wide")["settings"]["sampling.temperature"] == 0.3
    assert found.loaded.spec.server.timeout == 60


def test_a_typescript_table_that_javascript_opened_later_keeps_its_settings(tmp_path: Path) -> None:
    path = built(tmp_path / "mixed.db", "V1", "V2b", "J9", "M004")
    add(path, "models", id=1, name="old", model_path="/m.gguf", ctx_size=4096, batch_size=512, threads=4, favorite=1)
    add(path, "server_config", key="config", value=json.dumps({"ctx_size": 1024, "llama_server_port": 8200}))

    found = taken(path)

    own = model(found, "old")
    assert own["settings"] == {"memory.ctx_size": 4096, "memory.batch_size": 512, "threads": 4}
    assert own["info"]["favorite"] is True
    assert found.imported.report["defaults"] == {"memory.ctx_size": 1024}
    assert "interrupted_004" in codes(found)


def test_of_several_rows_the_last_written_is_taken_and_orphans_are_told(tmp_path: Path) -> None:
    path = built(tmp_path / "rows.db", "V2a")
    add(path, "models", id=1, name="m", model_path="/m.gguf")
    add(path, "model_gpu_config", model_id=1, gpu_layers=5, updated_at=9)
    add(path, "model_gpu_config", model_id=1, gpu_layers=6, updated_at=10)
    add(path, "model_gpu_config", model_id=1, gpu_layers=7, updated_at=10)
    add(path, "model_gpu_config", model_id=99, gpu_layers=8)

    found = taken(path)

    assert model(found, "m")["settings"] == {"gpu.layers": 7}
    assert {"duplicate_rows", "orphan_rows"} <= set(codes(found))


NAMES: tuple[Any, ...] = (
    "same", "same", "same-2", "", "  edge ", "*", "a]b", "tab\there", "x" * 300, "org/repo:q4_k_m", "a,b", "null",
    "1.0",
    "<<", b"\xff\xfe", b"bytes", 7, "${HOME}", "名前", "-", "model-4", "true", "#hash", "a: b", "👍", "\u202egnp",
)  # fmt: skip


def test_hostile_names_give_names_that_can_be_served_and_none_is_lost(tmp_path: Path) -> None:
    path = built(tmp_path / "names.db", "V2c")
    for number, name in enumerate(NAMES, 1):
        add(path, "models", id=number, name=name, model_path=f"/m{number}.gguf")

    found, again = taken(path), taken(path)

    models = found.imported.report["models"]
    assert found.imported.text == again.imported.text
    assert len(found.loaded.spec.models) == len({one["new_name"] for one in models}) == len(NAMES)
    kept = {one["name"]: one["new_name"] for one in models}
    assert all(kept[name] == name for name in ("same-2", "null", "1.0", "<<", "名前", "true", "a,b", "model-4"))
    assert found.loaded.spec.models["org/repo-q4_k_m"].aliases == ("org/repo:q4_k_m",)
    assert {one["source"]["path"] for one in models} == {f"/m{number}.gguf" for number in range(1, len(NAMES) + 1)}
    assert {"bad_name", "duplicate_name"} <= set(codes(found))


def test_a_name_that_had_to_be_changed_is_no_duplicate(tmp_path: Path) -> None:
    path = built(tmp_path / "names.db", "J9")
    for number, name in enumerate(("", "model-1", "a]b", "a-b", "a:b", "twin", "twin")):
        add(path, "models", id=str(number), name=name, model_path="/m.gguf")
    found = taken(path)
    assert [one["model"] for one in found.imported.report["warnings"] if one["code"] == "duplicate_name"] == ["twin"]
    assert found.loaded.spec.models["a-b-3"].aliases == ("a:b",)


@pytest.mark.parametrize(
    ("path", "code", "said"),
    [
        ("models/x.gguf", "relative_path", "relative to"), ("qwen", "path_not_a_file", "a name and no file"),
        ("org/repo:Q4", "path_not_a_file", "`hf: org/repo:Q4`"), ("hf://org/repo", "path_not_a_file", "an address"),
        ("\\\\host\\m.gguf", "path_not_a_file", "another system"), ("~ann/m.gguf", "path_not_a_file", "home directory"),
    ],
)  # fmt: skip
def test_what_is_wrong_with_a_path_is_said(tmp_path: Path, path: str, code: str, said: str) -> None:
    database = built(tmp_path / "paths.db", "J9")
    add(database, "models", id="1", name="m", model_path=path)
    found = taken(database)
    (warning,) = found.imported.report["warnings"]
    assert (warning["code"], warning["column"]) == (code, "models.model_path")
    assert said in warning["message"]
    assert model(found, "m")["path"] == path


def test_what_json_says_beside_a_column_or_another_key_is_not_lost_in_silence(tmp_path: Path) -> None:
    path = built(tmp_path / "two.db", "J9")
    options = {"model": "/other.gguf", "load_mode": "mmap", "mlock": True}
    add(path, "models", id="1", name="m", model_path="/m.gguf", parameters=json.dumps(options))
    dropped = {one["what"] for one in taken(path).imported.report["dropped"]}
    assert dropped == {"models.parameters.model", "models.parameters.mlock"}


def test_options_in_json_are_settings_under_any_of_their_names(tmp_path: Path) -> None:
    path = built(tmp_path / "json.db", "J9")
    said = {
        "--top-k": 5, "n_predict": "100", "ngl": -1, "noMmap": True, "mlock": True, "no-context-shift": True,
        "flash_attn": True, "temp": 0.7, "batch_size": 512, "frobnicate": 3, "log-file": "/x", "keep": 4,
        "jinja": False,
        "swa-full": False, "ctx-size": None, "draft-max": 6, "ignore-eos": True, "port": 8300,
    }  # fmt: skip
    add(path, "models", id="a", name="m", model_path="/m.gguf", parameters=json.dumps(json.dumps(said)))
    add(path, "models", id="b", name="list", model_path="/m.gguf", parameters="[1]")
    add(path, "models", id="c", name="broken", model_path="/m.gguf", parameters='{"top_k": 5')

    found = taken(path)

    assert model(found, "m")["settings"] == {
        "sampling.top_k": 5, "memory.predict": 100, "gpu.layers": "auto", "advanced.context_shift": False,
        "advanced.flash_attn": "on", "sampling.temperature": 0.7, "memory.batch_size": 512, "memory.keep": 4,
        "jinja": False, "speculative.draft_max": 6, "memory.load_mode": "mlock",
    }  # fmt: skip
    assert found.loaded.spec.models["m"].port == 8300
    assert "# extra_args: { --frobnicate: 3 }" in found.imported.text
    assert codes(found).count("bad_json") == 2
    assert {"not_carried", "unknown_option"} <= set(codes(found))


@pytest.mark.parametrize(
    ("mmap", "mlock", "mode"),
    [(1, 0, "mmap"), (0, 1, "mlock"), (1, 1, "mmap+mlock"), (0, 0, None), ("on", "off", "mmap")],
)
def test_two_columns_are_one_load_mode(mmap: Any, mlock: Any, mode: str | None, tmp_path: Path) -> None:
    path = built(tmp_path / "load.db", "V2c")
    add(path, "models", id=1, name="m", model_path="/m.gguf")
    add(path, "model_memory_config", model_id=1, mmap=mmap, mlock=mlock)
    assert taken(path).loaded.spec.models["m"].memory.load_mode == mode


def test_what_a_section_of_the_router_cannot_hold_gets_a_process_of_its_own(tmp_path: Path) -> None:
    path = built(tmp_path / "own.db", "V2c")
    grammar = 'root ::= "a"\n# comment; more\n'
    add(path, "models", id=1, name="grammar", model_path="/m.gguf")
    add(path, "model_sampling_config", model_id=1, grammar=grammar)
    add(path, "models", id=2, name="path", model_path="/a #1;.gguf")
    add(path, "models", id=3, name="plain", model_path="/m.gguf")
    add(path, "model_sampling_config", model_id=3, grammar='root ::= "a"\n')

    found = taken(path)

    models = found.loaded.spec.models
    assert {name: one.serve for name, one in models.items()} == {
        "grammar": "dedicated", "path": "dedicated", "plain": "router"
    }  # fmt: skip
    assert models["grammar"].sampling.grammar == grammar
    assert models["plain"].sampling.grammar == 'root ::= "a"'
    assert models["path"].path == "/a #1;.gguf"


def test_sources_have_an_order_and_a_model_without_one_is_declared_and_stopped(tmp_path: Path) -> None:
    path = built(tmp_path / "sources.db", "V2c")
    add(path, "models", id=1, name="two", model_path="/m.gguf", hf_repo="org/repo", model_url="")
    add(path, "models", id=2, name="none", model_path="", model_url="")
    add(path, "models", id=3, name="bad", hf_repo="not a repo", docker_repo="ai/gemma3")
    add(
        path,
        "models",
        id=4,
        name="file",
        hf_repo="org/repo:Q4",
        hf_file="a.gguf",
        model_url="https://u:pa55word-x@h/a.gguf",
    )
    add(path, "models", id=5, name="secret", model_url="https://h/a.gguf?token=abcdef123456&x=1")
    add(path, "models", id=6, name="relative", model_path="models/x.gguf")
    add(path, "models", id=7, name="id", model_path="some-model")

    found = taken(path)

    sources = {one["name"]: one["source"] for one in found.imported.report["models"]}
    assert sources == {
        "two": {"path": "/m.gguf"}, "none": {"path": "no-file-in-the-old-database.gguf"},
        "bad": {"docker": "ai/gemma3"},
        "file": {"hf": "org/repo:Q4"}, "secret": {"url": "https://h/a.gguf?x=1"}, "relative": {"path": "models/x.gguf"},
        "id": {"path": "some-model"},
    }  # fmt: skip
    assert [name for name, one in found.loaded.spec.models.items() if not one.enabled] == ["none"]
    assert {"no_source", "relative_path", "path_not_a_file", "bad_type"} <= set(codes(found))
    assert "pa55word-x" not in found.imported.text
    assert "abcdef123456" not in found.imported.text + json.dumps(found.imported.report)


PLANTED = "c4nary-0123456789abcdef"


def test_a_secret_in_any_place_goes_to_a_file_and_nowhere_else(tmp_path: Path) -> None:
    path = built(tmp_path / "secrets.db", "V1", "V2c", "J9", "M004")
    places = {
        "api_key": f"{PLANTED}-1", "hf_token": f"{PLANTED}-2", "model_url": f"https://user:{PLANTED}-3@h/m.gguf",
        "custom_params": json.dumps(
            {"hf-token": f"{PLANTED}-4", "nested": {"apiKey": f"{PLANTED}-5"}, "password": f"{PLANTED}-6"}
        ),
        "rpc": f"http://u:{PLANTED}-7@host:1", "chat_template": f"say {PLANTED}-1",
    }  # fmt: skip
    add(path, "models", id=1, name=f"leaks {PLANTED}-2", model_path=f"/srv/{PLANTED}-1.gguf", **places)
    add(path, "models", id=2, name="plain", model_path="/m.gguf", hf_token=f"{PLANTED}-8")
    config = {
        "apiKey": f"{PLANTED}-9",
        "serverPath": f"/opt/{PLANTED}-9/llama-server",
        "baseModelsPath": f"/m/{PLANTED}-9",
    }
    add(path, "server_config", key="config", value=json.dumps(config))
    add(
        path,
        "metadata",
        key="user_settings",
        value=json.dumps({"openaiApiKey": f"{PLANTED}-10", "logLevel": f"{PLANTED}-10"}),
    )
    add(path, "metadata", key="github_token", value=f"{PLANTED}-11")
    add(
        path,
        "migration_backup_004",
        source_table="server_config",
        source_key="config",
        original_value=json.dumps(config),
    )

    found = taken(path)

    assert PLANTED not in found.imported.text
    assert PLANTED not in json.dumps([found.imported.report, dict(found.imported.facts)])
    kept = " ".join(found.imported.files.values())
    assert [number for number in range(1, 12) if f"{PLANTED}-{number}" not in kept] == []
    spec = found.loaded.spec
    assert spec.server.api_key is not None
    assert spec.server.hf_token is not None
    assert "secret" in codes(found)


def test_a_secret_that_is_as_short_as_a_word_is_not_shown_either(tmp_path: Path) -> None:
    path = built(tmp_path / "short.db", "J9")
    said = {
        "api-key": "k1", "settings": {"password": "p2w"}, "chat-template-kwargs": {"token": "t3k"}, "auth": ["a4x"],
        "defrag-thold": 0.1, "host": "https://u:s5y@h",
    }  # fmt: skip
    add(path, "models", id="a", name="m", model_path="/m.gguf", parameters=json.dumps(said))

    found = taken(path)

    everything = found.imported.text + json.dumps([found.imported.report, dict(found.imported.facts)])
    assert [one for one in ("k1", "p2w", "t3k", "a4x", "s5y") if one in everything] == []
    assert "removed_option" in codes(found)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("llama_server_port", 99999),
        ("llama_server_port", "x"),
        ("ctx_size", -5),
        ("threads", 2**40),
        ("threads", "many"),
    ],
)
def test_values_of_the_router_that_cannot_be_are_told_and_left_out(key: str, value: Any, tmp_path: Path) -> None:
    path = built(tmp_path / "router.db", "J9")
    add(path, "models", id="a", name="m", model_path="/m.gguf")
    add(path, "server_config", key="config", value=json.dumps({key: value}))
    found = taken(path)
    assert "bad_type" in codes(found)
    assert found.loaded.spec.router is not None
    assert found.loaded.spec.router.port == 8080
    assert dict(written(found.loaded.spec.models["m"])) == {}


def test_ports_that_collide_stay_with_the_router(tmp_path: Path) -> None:
    path = built(tmp_path / "ports.db", "V1")
    for number, port in enumerate((9001, 9001, 9002, 8080), 1):
        add(path, "models", id=number, name=f"m{number}", model_path="/m.gguf", port=port)
    models = taken(path).loaded.spec.models
    assert {name: one.port for name, one in models.items()} == {"m1": None, "m2": None, "m3": 9002, "m4": None}


def test_unknown_tables_columns_triggers_and_views_do_no_harm(tmp_path: Path) -> None:
    path = built(tmp_path / "odd.db", "J9")
    add(path, "models", id="a", name="m", model_path="/m.gguf")
    changed(
        path,
        "CREATE TABLE extra (a)",
        "ALTER TABLE models ADD COLUMN mystery TEXT",
        "CREATE VIEW seen AS SELECT * FROM models",
        "CREATE TRIGGER t AFTER UPDATE ON models BEGIN DELETE FROM models; END",
    )
    found = taken(path)
    assert {"unknown_table", "unknown_column"} <= set(codes(found))
    assert list(found.loaded.spec.models) == ["m"]
