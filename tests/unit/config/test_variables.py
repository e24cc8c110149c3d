"""`${NAME}` and `${env:NAME}`: what is replaced, what stays, and what is told when it cannot be."""
# ruff: noqa: E501 - files in one line

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from reconciler.config.load import load_fleet
from reconciler.domain.diagnostic import Diagnostic
from reconciler.errors import ConfigError
from tests.unit.config.conftest import HEAD, Write, places

TOP = HEAD + "router: {models_max: 0}\n"


def chat_template(write: Write, value: str, variables: str = "", given: Mapping[str, Any] | None = None) -> str | None:
    """What a setting that takes any text comes to."""
    text = f"{TOP}variables: {{{variables}}}\nmodels:\n  a:\n    path: a.gguf\n    chat_template: {value}\n"
    return load_fleet([write(text)], variables=given or {}).spec.models["a"].chat_template


def refused(path: Path, **given: str) -> list[Diagnostic]:
    with pytest.raises(ConfigError) as caught:
        load_fleet([path], variables=given)
    return [one for one in caught.value.diagnostics if isinstance(one, Diagnostic)]


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("${a}", "one"),
        ("x-${a}-${b}", "x-one-two"),
        ("'${a}'", "one"),
        ('"${a}\\n"', "one\n"),
        ("${c}", "one and two"),
        ("$${a}", "${a}"),
        ("$$${a}", "$${a}"),
        ("$a $ $$ ${a}", "$a $ $$ one"),
        ("a}{b ${a}", "a}{b one"),
        ("'${n}'", "1.10"),
        ("'${hex} ${yes}'", "0x10 true"),
        ("!!str ${n}", "1.10"),
        ("${brace}", "${x}"),
        ("${env:PLANTED}", "from outside"),
        ("'${env:EMPTY}'", ""),
        ("${env:EMPTY}", None),
        ("|\n      ${a}", "one\n"),
        ("&x ${a}", "one"),
    ],
)
def test_texts_are_put_together(
    write: Write, monkeypatch: pytest.MonkeyPatch, value: str, expected: str | None
) -> None:
    monkeypatch.setenv("PLANTED", "from outside")
    monkeypatch.setenv("EMPTY", "")
    variables = "a: one, b: two, c: '${a} and ${b}', n: 1.10, hex: 0x10, yes: true, brace: '$${x}'"

    assert chat_template(write, value, variables) == expected


def test_a_scalar_without_quotes_is_read_again_and_one_with_quotes_stays_a_text(write: Write) -> None:
    text = TOP + "variables: {n: 4096, t: '0.5', on: true}\nmodels:\n  a:\n    path: a.gguf\n    jinja: ${on}\n"
    text += "    memory:\n      ctx_size: ${n}\n    sampling:\n      temperature: ${t}\n"

    model = load_fleet([write(text)]).spec.models["a"]
    assert (model.memory.ctx_size, model.sampling.temperature, model.jinja) == (4096, 0.5, True)

    (found,) = refused(write(text.replace("temperature: ${t}", 'temperature: "${t}"')))
    assert places([found]) == [("E0201", 12, 20)]
    assert found.hint == "write it without quotes, on a line of its own"


def test_what_is_given_wins_over_files_and_profiles(write: Write) -> None:
    text = TOP + "variables: {x: file, y: '${x}!'}\nprofiles: {p: {variables: {x: profile}}}\n"
    text += "models:\n  a: {path: a, chat_template: '${x} ${y} ${z}'}\n"
    path = write(text)

    def comes_to(profiles: tuple[str, ...], **given: str | float | bool) -> str | None:
        return load_fleet([path], profiles=profiles, variables={"z": "z", **given}).spec.models["a"].chat_template

    assert comes_to(()) == "file file! z"
    assert comes_to(("p",)) == "profile profile! z"
    assert comes_to(("p",), x="given") == "given given! z"
    assert comes_to((), x=1.5, z=True) == "1.5 1.5! true"
    assert comes_to((), x="${y}") == "${y} ${y}! z"


def test_a_variable_that_is_given_need_not_be_readable_in_the_file(write: Write) -> None:
    assert chat_template(write, "${a}", "a: '${env:NOT_SET_ANYWHERE}'", {"a": "x"}) == "x"


def test_all_values_are_replaced_and_no_keys_and_nothing_free(write: Write) -> None:
    text = "version: 1\nfleet: ${n}\nrequired_version: '>=${v}'\nvariables: {n: lab, v: 0.1, p: 8123}\n"
    text += "x-free: {a: '${nope}', b: &b {ctx_size: '${env:NOT_SET_ANYWHERE}'}}\nllama_server: /opt/${n}/ls\n"
    text += "server:\n  ports: ${p}-8199\n  api_key: {file: '${n}.key'}\nrouter:\n  port: ${p}\n  models_max: 0\n"
    text += "models:\n  a: {path: '${n}/a.gguf', aliases: ['${n}'], env: {'${n}': '${n}'}, serve: dedicated}\n"
    path = write(text)

    spec = load_fleet([path]).spec

    assert (spec.fleet, spec.llama_server, spec.server.ports) == ("lab", "/opt/lab/ls", "8123-8199")
    assert spec.server.api_key is not None
    assert (spec.server.api_key.file, spec.router and spec.router.port) == (f"{path.parent}/lab.key", 8123)
    model = spec.models["a"]
    assert (model.path, model.aliases, dict(model.env)) == (f"{path.parent}/lab/a.gguf", ("lab",), {"${n}": "lab"})


def test_an_anchor_of_a_free_section_is_replaced_where_it_is_used(write: Write) -> None:
    text = TOP + "variables: {c: 4096}\nx-common: &common\n  ctx_size: ${c}\n"
    text += "models:\n  a: {path: a, memory: *common}\n  b: {path: b, memory: {<<: *common, keep: 1}}\n"

    assert [one.memory.ctx_size for one in load_fleet([write(text)]).spec.models.values()] == [4096, 4096]


@pytest.mark.parametrize(
    ("value", "code", "hint"),
    [
        ("${ax}", "E0607", "did you mean `axe`?"),
        ("${qqq}", "E0607", "declare it: `variables: {qqq: VALUE}`, or give it: `--var qqq=VALUE`"),
        ("${HOME}", "E0607", "write `${env:HOME}` for the environment variable"),
        ("${env:HOMEE}", "E0608", "did you mean `HOME`?"),
        ("${env:QQ_QQ}", "E0608", "set it: `export QQ_QQ=VALUE`"),
        ("${a", "E0611", "write `${NAME}`, or `$${`"),
        ("a ${} b", "E0611", "write `${NAME}` or `${env:NAME}`"),
        ("${ axe }", "E0611", "write `${axe}`"),
        ("${axe:-3}", "E0611", "write the default in `variables: {axe: VALUE}`"),
        ("${env:}", "E0611", "write `${NAME}` or `${env:NAME}`"),
        ("${env:A B}", "E0611", "write `${NAME}` or `${env:NAME}`"),
        ("${file:x}", "E0611", "write `${NAME}` or `${env:NAME}`"),
        ("${a.b}", "E0611", "write `${NAME}` or `${env:NAME}`"),
        ("${${axe}}", "E0611", "write `${NAME}`"),
        ("${env:MY_KEY}", "E0612", "write `{ env: MY_KEY }` where a secret belongs"),
        ("${env:HF_TOKEN}", "E0612", "write `{ env: HF_TOKEN }`"),
        ("${env:dbPassword}", "E0612", "write `{ env: dbPassword }`"),
        ("${env:APIKEY2}", "E0612", "write `{ env: APIKEY2 }`"),
        ("${env:CLOUD_CREDENTIALS}", "E0612", "write `{ env: CLOUD_CREDENTIALS }`"),
        ("${env:SECRETS_DIR}", "E0612", "write `{ env: SECRETS_DIR }`"),
        ("${env:CALLED_SO_ABOVE}", "E0612", "write `{ env: CALLED_SO_ABOVE }`"),
    ],
)
def test_what_cannot_be_replaced_is_told_at_its_scalar(
    write: Write, monkeypatch: pytest.MonkeyPatch, value: str, code: str, hint: str
) -> None:
    monkeypatch.setenv("HOME", "/home/ada")
    for name in ("MY_KEY", "HF_TOKEN", "dbPassword", "APIKEY2", "SECRETS_DIR", "CALLED_SO_ABOVE", "CLOUD_CREDENTIALS"):
        monkeypatch.setenv(name, "planted")
    text = TOP + "variables: {axe: 1}\nserver: {hf_token: {env: CALLED_SO_ABOVE}}\nmodels:\n  a:\n    path: a.gguf\n"

    found = refused(write(f"{text}    chat_template: {value}\n"))

    assert places(found) == [(code, 9, 20)]
    assert hint in found[0].hint
    assert found[0].path == "models.a.chat_template"
    assert "planted" not in repr(found)


@pytest.mark.parametrize(
    "name", ["N_TOKENS", "TOKENIZER", "MONKEY", "KEYBOARD", "HOME", "PWD", "MY_PATH", "AUTHOR", "SSH_AUTH_SOCK"]
)
def test_names_that_only_look_a_little_like_secrets_are_replaced(
    write: Write, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setenv(name, "plain")

    assert chat_template(write, f"${{env:{name}}}") == "plain"


@pytest.mark.parametrize(
    "name",
    [
        *("PASSPHRASE", "DB_PASS", "ACCESSKEY", "PRIVATEKEY", "HF_TOKENS", "AWS_CREDENTIALS", "MYSQL_PWD", "BEARER"),
        *("GITHUB_PAT", "BASIC_AUTH"),
    ],
)
def test_names_of_secrets_are_refused_in_a_text(write: Write, name: str) -> None:
    (found,) = refused(write(TOP + f"models:\n  a:\n    path: a.gguf\n    chat_template: ${{env:{name}}}\n"))

    assert found.code == "E0612"


@pytest.mark.parametrize(
    "secret",
    [
        "variables: {s: MYSEC}\nserver: {api_key: {env: '${s}'}}\n",
        "variables: {s: MYSEC, t: '${s}'}\nserver: {api_key: {env: '${t}'}}\n",
        "profiles: {p: {server: {hf_token: {env: MYSEC}}}}\n",
    ],
)
def test_what_the_fleet_calls_a_secret_is_one_wherever_it_says_so(write: Write, secret: str) -> None:
    (found,) = refused(write(TOP + f"{secret}models:\n  a:\n    path: a.gguf\n    chat_template: ${{env:MYSEC}}\n"))

    assert found.code == "E0612"


def test_a_secret_that_was_put_together_is_refused_without_being_shown(
    write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("INNOCENT", "sk-planted")

    found = refused(write(TOP + "server:\n  api_key: ${env:INNOCENT}\n"))

    assert places(found) == [("E0207", 5, 12)]
    assert "planted" not in repr(found)


@pytest.mark.parametrize(
    ("variables", "expected"),
    [
        ("a: ${b}\n  b: ${c}\n  c: ${a}", [("E0610", 5, 6, "a → b → c → a")]),
        ("a: ${a}", [("E0610", 5, 6, "a → a")]),
        ("z: ${a}\n  a: ${b}\n  b: ${a}", [("E0610", 6, 6, "a → b → a")]),
        ("a:", [("E0609", 5, 5, "`null` says that it must be given")]),
        ("z: ${a}\n  a: null", [("E0609", 6, 6, "`null` says that it must be given")]),
        ("a: [1]", [("E0201", 5, 6, "expected a text, a number, `true` or `false`")]),
        ("a: {b: 1}", [("E0201", 5, 3, "expected a text, a number, `true` or `false`")]),
        ("a: ${b}", [("E0607", 5, 6, "")]),
        ("a: '${env:NOT_SET_ANYWHERE} ${b}'", [("E0608", 5, 6, "")]),
        ("a: 1\n  1b: 2", [("E0302", 6, 3, "")]),
        ("a: 1\n  'b c': 2", [("E0302", 6, 3, "")]),
    ],
)
def test_a_variable_that_has_no_value_is_told_once_and_at_the_variable(
    write: Write, variables: str, expected: list[tuple[str, int, int, str]]
) -> None:
    text = f"{TOP}variables:\n  {variables}\nmodels:\n  m:\n    path: '${{a}}'\n    memory:\n      ctx_size: ${{a}}\n"

    found = refused(write(text))

    assert [(code, line, column) for code, line, column, _ in expected] == places(found)
    assert [one.detail for one in found] == [detail for *_, detail in expected]


def test_a_value_that_could_not_be_replaced_causes_no_second_problem(write: Write) -> None:
    text = (
        HEAD
        + "router: ${x}\nmodels:\n  a:\n    path: ${x}\n    port: 8100\n    serve: ${x}\n    aliases:\n      - ${x}\n      - 3\n"
    )

    found = places(refused(write(text)))

    assert sorted(found) == [("E0201", 11, 9), ("E0607", 3, 9), ("E0607", 6, 11), ("E0607", 8, 12), ("E0607", 10, 9)]


@pytest.mark.parametrize(
    "text",
    [
        "defaults:\n  serve: ${x}\nmodels: {a: {path: a, port: 8100}}\n",
        "defaults:\n  load: ${x}\nrouter: {models_max: 1}\nmodels: {a: {path: a}, b: {path: b}}\n",
        "defaults:\n  reverse_prompt: ['${x}']\nmodels: {a: {path: a}}\nrouter: {models_max: 0}\n",
        "models:\n  a: {path: a, reverse_prompt: ['${x}']}\nrouter: {models_max: 0}\n",
        "server:\n  api_key: {env: '${x}'}\n",
        "router:\n  models_max: ${x}\nmodels: {a: {path: a}, b: {path: b}, c: {path: c}, d: {path: d}, e: {path: e}}\n",
    ],
)
def test_what_only_follows_from_a_value_that_is_missing_is_not_told(write: Write, text: str) -> None:
    assert [one.code for one in refused(write(HEAD + text))] == ["E0607"]


def test_a_name_that_looks_like_a_variable_is_told(write: Write) -> None:
    found = refused(write(TOP + "variables: {n: a}\nmodels:\n  ${n}: {path: x}\n"))

    assert places(found) == [("E0302", 6, 3)]


@pytest.mark.parametrize(
    ("given", "hint"), [({"ctz": "1"}, "did you mean `ctx`?"), ({"zzz": "1"}, "or write `${zzz}`")]
)
def test_a_given_variable_that_nothing_uses_is_a_slip_of_the_pen(
    write: Write, given: dict[str, str], hint: str
) -> None:
    path = write(TOP + "variables: {ctx: 1}\nprofiles: {p: {fleet: x}}\n".replace("fleet: x", "defaults: {threads: 1}"))

    (found,) = refused(path, **given)

    assert places([found]) == [("E0613", 0, 0)]
    assert hint in found.hint


def test_a_variable_that_only_an_unused_profile_uses_may_be_given(write: Write) -> None:
    path = write(TOP + "profiles:\n  p:\n    defaults:\n      threads: ${t}\n")

    assert load_fleet([path], variables={"t": "3"}).spec.models == {}


def test_a_brace_within_braces_is_told_with_the_way_out(write: Write) -> None:
    (found,) = refused(write(TOP + "variables: {c: 1}\ndefaults: {memory: {ctx_size: ${c}}}\n"))

    assert found.code == "E0101"
    assert "quote a text with `${…}`, or write the value on a line of its own" in found.hint


def test_variables_that_double_each_other_end(write: Write) -> None:
    doubling = "".join(f"  v{number}: ${{v{number - 1}}}${{v{number - 1}}}\n" for number in range(1, 60))
    text = TOP + f"variables:\n  v0: 0123456789\n{doubling}models: {{a: {{path: x, chat_template: '${{v59}}'}}}}\n"

    assert [one.code for one in refused(write(text))] == ["E0614"]


def test_a_large_text_that_is_used_everywhere_ends(write: Write) -> None:
    models = "".join(f"  m{number}: {{path: x, chat_template: '${{big}}'}}\n" for number in range(400))
    text = TOP + f"variables:\n  big: {'x' * 90_000}\nmodels:\n{models}"

    found = refused(write(text))

    assert [one.code for one in found] == ["E0614"]


def test_variables_that_use_each_other_deeply_end(write: Write) -> None:
    chain = "".join(f"  v{number}: ${{v{number + 1}}}\n" for number in range(2_000))

    assert [one.code for one in refused(write(f"{TOP}variables:\n{chain}  v2000: 1\n"))] == ["E0108"]


def test_texts_that_no_program_could_be_given_are_refused(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BROKEN", "\udcff")

    found = refused(write(TOP + "defaults:\n  chat_template: x${env:BROKEN}\n"))

    assert places(found) == [("E0110", 5, 18)]


def test_a_number_that_is_too_long_is_told(write: Write) -> None:
    found = refused(write(TOP + "variables: {n: 4}\ndefaults:\n  threads: ${n}" + "0" * 200 + "\n"))

    assert places(found) == [("E0114", 6, 12)]


def test_a_text_may_be_as_long_with_variables_as_without(write: Write) -> None:
    assert chat_template(write, "${a}", f"a: {'x' * 200_000}") == "x" * 200_000


def test_a_long_text_that_is_repeated_by_aliases_ends(write: Write) -> None:
    text = TOP + f"x-a: &a\n  chat_template: ${{env:HOME}}{'x' * 100_000}\nmodels:\n"

    found = refused(write(text + "".join(f"  m{number}: {{<<: *a, path: x}}\n" for number in range(200))))

    assert [one.code for one in found] == ["E0614"]


@pytest.mark.parametrize(
    ("line", "variable", "hint"),
    [
        ("chat_template: ${v}", "1.10", 'put it in quotes: `"${v}"`'),
        ('enabled: "${v}"', "false", "write it without quotes, on a line of its own"),
        ('threads: "${v}"', "3", "write it without quotes, on a line of its own"),
        ('enabled: "${v}"', "'no'", "write `false`, or give the variable another value"),
    ],
)
def test_the_way_out_keeps_the_variable(write: Write, line: str, variable: str, hint: str) -> None:
    (found,) = refused(write(TOP + f"variables: {{v: {variable}}}\nmodels:\n  a:\n    path: /a\n    {line}\n"))

    assert found.hint == hint
