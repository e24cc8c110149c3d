"""Shape, type and range: the place, both sides, and the edit that mends it; never a secret."""

import re

import pytest

from reconciler.config.load import load_fleet
from reconciler.errors import ConfigError
from tests.unit.config.conftest import HEAD, Write, load, places, problems

ROUTER = HEAD + "router: {models_max: 0}\n"


def model(text: str) -> str:
    """A fleet with one model, whose keys begin in line 6."""
    return ROUTER + "models:\n  a:\n    path: a.gguf\n" + "".join(f"    {line}\n" for line in text.splitlines())


@pytest.mark.parametrize(
    ("text", "place", "detail", "hint"),
    [
        (model("memory: {ctx_size: abc}"), ("E0201", 7, 24), "expected a whole number, got the text `abc`", ""),
        (model('memory: {ctx_size: "12"}'), ("E0201", 7, 24), "got the text `12`", "write it without quotes: 12"),
        (model("port: 99999"), ("E0202", 7, 11), "expected 65535 or less, got `99999`", ""),
        (model("gpu: {layers: -3}"), ("E0202", 7, 19), "expected 0 or more, or `auto` or `all`, got `-3`", ""),
        (model("gpu: {tensor_split: [1, x]}"), ("E0201", 7, 29), "expected a number, got the text `x`", ""),
        (model("sampling: {temperature: .nan}"), ("E0202", 7, 29), "expected a finite number", ""),
        (model("aliases: x"), ("E0201", 7, 14), "expected a list, got the text `x`", "write a list: `[x]`"),
        (model("aliases: [x, 1]"), ("E0201", 7, 18), "expected a text, got `1`", 'put it in quotes: `"1"`'),
        (model("env: {A: 1}"), ("E0201", 7, 14), "expected a text, got `1`", 'put it in quotes: `"1"`'),
        (model("enabled: on"), ("E0201", 7, 14), "expected `true` or `false`", "write `true`"),
        (model("memory: {load_mode: mlok}"), ("E0203", 7, 25), "got the text `mlok`", "did you mean `mlock`?"),
        (model("advanced: {flash_attn: true}"), ("E0203", 7, 28), "expected `on`, `off` or `auto`", "write `on`"),
        (model("memory: {ctx-size: 1}"), ("E0204", 7, 14), "", "write `ctx_size`"),
        (model("ctx_size: 1"), ("E0204", 7, 5), "", "`ctx_size` belongs in `memory`"),
        (model("n-gpu-layers: 1"), ("E0204", 7, 5), "", "`n_gpu_layers` belongs in `gpu`"),
        (model("memory: {threads: 1}"), ("E0204", 7, 14), "", "`threads` belongs directly in the model"),
        (model("replicas: 2"), ("E0208", 7, 5), "", "remove `replicas`"),
        (model("hf: a/b"), ("E0316", 7, 5), "`path` is one already; the other one is at ", "remove `hf` or `path`"),
        (model("speculative: {hf: a/b}"), ("E0317", 7, 19), "", "write `hf` for the model"),
        (model("hf_file: a"), ("E0205", 7, 5), "expected `hf` beside it", "add `hf: org/repo`"),
        (
            model("hf: a").replace("path: a.gguf", "load: always"),
            ("E0206", 7, 9),
            "expected `org/repo` or `org/repo:QUANT`, got `a`",
            "",
        ),
        (
            model("docker: a/b/c").replace("path: a.gguf", "load: always"),
            ("E0206", 7, 13),
            "expected `model`, `repo/model` or",
            "",
        ),
        (
            model("url: ftp://a/b").replace("path: a.gguf", "load: always"),
            ("E0206", 7, 10),
            "expected an address such as",
            "",
        ),
        (
            model("url: https://host/").replace("path: a.gguf", "load: always"),
            ("E0206", 7, 10),
            "expected an address such as",
            "",
        ),
        (model("health: {drain_timeout: soon}"), ("E0206", 7, 29), "expected a duration such as `30s`", ""),
        (model("extra_args: {--x: {}}"), ("E0201", 7, 18), "got a mapping", ""),
        (model("aliases: ['b]']"), ("E0302", 7, 15), "a `]` in one name stops the whole router", "choose another name"),
        (ROUTER + "models: {' a': {path: x}}", ("E0302", 4, 10), "blanks at the edges", "choose another name"),
        (
            ROUTER + "models:\n  a: {}",
            ("E0205", 5, 3),
            "one of `path`, `hf`, `url`, `docker`",
            "add `path: FILE.gguf`, or",
        ),
        (ROUTER + "models: 3", ("E0201", 4, 9), "expected a mapping, got `3`", ""),
        (ROUTER + "defaults: 3", ("E0201", 4, 11), "expected a mapping, got `3`", ""),
        (ROUTER + "server: {models_max: 3}", ("E0204", 4, 10), "", "`models_max` belongs in `router`"),
        (ROUTER + "server: {ports: 9-1}", ("E0206", 4, 17), "expected a range of ports such as `8100-8199`", ""),
        (ROUTER + "safety: {max_stop: 5}", ("E0206", 4, 20), "expected a percentage such as `50%`", ""),
        (ROUTER + "endpoints: {}", ("E0208", 4, 1), "", "remove `endpoints`"),
        (ROUTER + "modles: {}", ("E0204", 4, 1), "", "did you mean `models`?"),
        (ROUTER + "required_version: '>=99'", ("E0313", 4, 19), "this is ", "install it: "),
        (ROUTER + "required_version: 1", ("E0206", 4, 19), "expected comparisons", 'write `required_version: ">=0.1"`'),
        ("fleet: a\n", ("E0205", 1, 1), "", "add `version: 1`"),
        ("version: 2\nfleet: a\n", ("E0203", 1, 10), "expected `1`, got `2`", ""),
    ],
)
def test_a_mistake_is_told_with_its_place_and_its_way_out(
    write: Write, text: str, place: tuple[str, int, int], detail: str, hint: str
) -> None:
    (found,) = problems(write(text))

    assert places([found]) == [place]
    assert detail in found.detail
    assert found.hint.startswith(hint)
    assert found.snippet == text.splitlines()[place[1] - 1]
    assert not re.search(r"pydantic|Input should|tuple|int_type", f"{found.summary}{found.detail}{found.hint}")


@pytest.mark.parametrize(
    "secret",
    [
        "api_key: sk-planted",
        "api_key: {value: sk-planted}",
        "api_key: {env: A, file: sk-planted}",
        "api_key: {env: [sk-planted]}",
        "api_key: [sk-planted]",
        "api_key:\n    sk-planted",
        "hf_token: sk-planted\n  hf_token: sk-planted",
        'api_key: "sk-planted',
        "api_key: sk-planted: x",
        "api_key: !secret sk-planted",
    ],
)
def test_a_secret_that_was_written_out_is_refused_and_never_shown(write: Write, secret: str) -> None:
    path = write(ROUTER + f"server:\n  {secret}\n")

    with pytest.raises(ConfigError) as caught:
        load_fleet([path])

    assert "sk-planted" not in f"{caught.value} {caught.value.diagnostics}"
    assert caught.value.__cause__ is caught.value.__context__ is None


def test_a_literal_secret_says_how_to_refer_to_it(write: Write) -> None:
    (found,) = problems(write(ROUTER + "server: {api_key: sk-planted}\n"))

    assert (found.code, found.path, found.snippet) == ("E0207", "server.api_key", "")
    assert found.hint == "write `api_key: { env: NAME }`, and give the value in that environment variable"


def test_twelve_mistakes_are_twelve_problems_in_the_order_of_the_lines(write: Write) -> None:
    text = """\
version: 1
fleet: test
nodes: []
router: {port: 8101, prot: 1}
server: {tiemout: 3}
defaults: {memory: {ctx_size: -1}}
models:
  a: {path: a, aliases: [b]}
  b: {path: b, sampling: {top_p: 2}}
  b: {path: c}
  "c]": {path: d}
  d: {serve: dedicated, port: 8101, path: e}
  e: {path: f, env: {A: b}}
  f: {path: []}
  g: {}
"""
    expected = [
        ("E0208", 3, 1), ("E0204", 4, 22), ("E0204", 5, 10), ("E0202", 6, 31), ("E0303", 8, 26), ("E0202", 9, 34),
        ("E0103", 10, 3), ("E0302", 11, 3), ("E0304", 12, 31), ("E0307", 13, 16), ("E0201", 14, 13), ("E0205", 15, 3),
    ]  # fmt: skip

    found = [one for one in problems(write(text)) if one.code != "E0308"]

    assert places(found) == expected


def test_the_summary_counts_and_names_the_file(write: Write) -> None:
    path = write(HEAD + "a: 1\nb: 2\n")

    with pytest.raises(ConfigError) as caught:
        load_fleet([path])

    assert caught.value.summary == f"`{path}` is not valid: 2 problems"


@pytest.mark.parametrize(
    "address",
    [
        "http://u:PLANTED@host/m.gguf",
        "https://host/m.gguf?token=PLANTED",
        "https://host/m.gguf?a=b&X-Amz-Signature=PLANTED",
    ],
)
@pytest.mark.parametrize("key", ["url: {}", "multimodal: {{mmproj_url: '{}'}}"])
def test_an_address_with_a_secret_is_refused_without_showing_it(write: Write, address: str, key: str) -> None:
    found = problems(write(ROUTER + f"models:\n  a:\n    hf: a/b\n    nope: '{address}'\n    {key.format(address)}"))

    assert "E0207" in {one.code for one in found}
    assert "PLANTED" not in repr(found)


def test_an_address_may_have_a_harmless_query(write: Write) -> None:
    assert load(write(ROUTER + "models: {a: {url: 'https://host/m.gguf?download=true'}}")).spec.models["a"].url


@pytest.mark.parametrize(
    ("said", "hint"),
    [
        ("{LLAMA_API_KEY: x}", "write `server: { api_key: { env: LLAMA_API_KEY } }`"),
        ("{HF_TOKEN: x}", "write `server: { hf_token: { env: HF_TOKEN } }`"),
        ("{MY_PASSWORD: x}", "remove it: "),
        ("{PROXY: 'http://u:p@h/'}", "remove it: "),
    ],
)
def test_the_environment_of_a_model_carries_no_secret(write: Write, said: str, hint: str) -> None:
    (found,) = problems(write(HEAD + f"models: {{a: {{path: /a, serve: dedicated, env: {said}}}}}\n"))

    assert (found.code, found.snippet) == ("E0207", "")
    assert found.hint.startswith(hint)


@pytest.mark.parametrize("text", ["\ufeff\u200bx: 1", "memory: {\u202e: 1}"])
def test_what_a_terminal_cannot_show_is_written_out_wherever_it_stands_in_a_path(write: Write, text: str) -> None:
    named = HEAD + f"models:\n  \ufeff\u202ea:\n    path: a.gguf\n    {text}\n"
    found = problems(write(named))

    assert found
    for one in found:
        assert (one.summary + one.hint).isprintable(), one
