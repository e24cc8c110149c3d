"""Keys that nobody knows are told, whatever stands under them, and what follows from one is not."""

import pytest

from reconciler.config.load import load_fleet
from reconciler.config.wording import MOST_GUESSES
from reconciler.domain.diagnostic import Diagnostic
from reconciler.errors import ConfigError
from tests.unit.config.conftest import HEAD, Write, places, problems

ROUTED = HEAD + "router: {port: 29001}\n"
MODEL = "models: {a: {path: /x}}\n"


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("bogus:\n" + MODEL, ("E0204", 4, 1)),
        ("nodes: null\n" + MODEL, ("E0208", 4, 1)),
        ("defaults: {memry: null}\n" + MODEL, ("E0204", 4, 12)),
        ("defaults: {gpu: {layer: null}}\n" + MODEL, ("E0204", 4, 18)),
        ("server: {hst: null}\n" + MODEL, ("E0204", 4, 10)),
        ("server: {memory: {kep: null}}\n" + MODEL, ("E0204", 4, 19)),
        ("logging: {levl: null}\n" + MODEL, ("E0204", 4, 11)),
        ("models: {a: {path: /x, gpuu: }}\n", ("E0204", 4, 24)),
        ("models: {a: {path: /x, memory: {ctx_sze: null}}}\n", ("E0204", 4, 33)),
        ("profiles: {p: {defaults: {gpu: {layer: null}}}}\n" + MODEL, ("E0204", 4, 33)),
        ("profiles: {p: {models: {a: {gpuu: null}}}}\n" + MODEL, ("E0204", 4, 29)),
        ("profiles: {p: {bogus: null}}\n" + MODEL, ("E0204", 4, 16)),
        ("server: {api_key: {env: A, flie: null}}\n" + MODEL, ("E0207", 4, 10)),
        ("x-a: &a {path: /x, gpuu: 1}\nmodels: {a: *a, b: {<<: *a, load: always}}\n", ("E0204", 4, 20)),
        ("models: {a: {path: /x, gpuu: 1}}\nprofiles: {p: {models: {a: null}}}\n", ("E0204", 4, 24)),
    ],
)
def test_an_unknown_key_is_told_once_whatever_its_value(write: Write, text: str, place: tuple[str, int, int]) -> None:
    path = write(ROUTED + text)

    assert places(problems(path)) == [place]
    with pytest.raises(ConfigError) as caught:
        load_fleet([path], profiles=["p"] if "profiles" in text else [])
    assert [one.code for one in caught.value.diagnostics if isinstance(one, Diagnostic)] == [place[0]]


def test_known_keys_may_be_null_everywhere(write: Write) -> None:
    text = "defaults: {memory: null, gpu: {layers: null}}\nserver: {host: null, memory: null}\nlogging:\n"
    fleet = load_fleet([write(ROUTED + text + "models: {a: {path: /x, env: {FREE: null}, gpu: }}\nprofiles: {p: }\n")])

    assert list(fleet.spec.models) == ["a"]


def test_a_file_of_another_kind_is_no_part_of_a_configuration(write: Write) -> None:
    write("daemon:*:20228:0:99999:7:::\nbin:*:20228:0:99999:7:::\n", "users")

    found = problems(write(ROUTED + "include: users\n" + MODEL))

    assert places(found) == [("E0204", 1, 1), ("E0204", 2, 1)]


@pytest.mark.parametrize(
    "text",
    [
        HEAD + "ruoter: {port: 29001}\nmodels: {a: {path: /x}, b: {path: /x}}\n",
        "verison: 1\nfleet: test\nrouter: {port: 29001}\n" + MODEL,
        ROUTED + "models: {a: {pth: /x}}\n",
        ROUTED + "models: {a: {path: /x, serv: dedicated, port: 29002}}\n",
        HEAD + "defaults: {servee: dedicated}\nmodels: {a: {path: /x, port: 29002}}\n",
        HEAD + "server: {ssl_key_file: /k, ssl_cert_fil: /c}\nrouter: {port: 29001}\n" + MODEL,
    ],
)
def test_what_is_missing_for_a_slip_of_the_pen_is_not_told_too(write: Write, text: str) -> None:
    assert [one.code for one in problems(write(text))] == ["E0204"]


def test_a_slip_in_a_profile_excuses_nothing_unless_it_is_chosen(write: Write) -> None:
    path = write(HEAD + MODEL + "profiles: {p: {defaults: {servee: dedicated}}}\n")

    assert [one.code for one in problems(path)] == ["E0305", "E0204"]
    with pytest.raises(ConfigError) as caught:
        load_fleet([path], profiles=["p"])
    assert len(caught.value.diagnostics) == 1


def test_a_slip_of_the_pen_beside_the_right_key_excuses_nothing(write: Write) -> None:
    text = ROUTED + "models: {a: {path: /x, serve: router, serv: dedicated, port: 29002}}\n"

    assert [one.code for one in problems(write(text))] == ["E0204", "E0306"]


@pytest.mark.parametrize(
    "text",
    [
        "models:\n" + "".join(f"  m{number}: {{path: '${{vrable{number}}}'}}\n" for number in range(30)),
        MODEL + "profiles:\n  p:\n    models:\n" + "".join(f"      vrable{number}: null\n" for number in range(30)),
    ],
)
def test_the_nearest_of_many_names_is_looked_for_a_few_times_only(write: Write, text: str) -> None:
    names = "variables: {variable: 1}\n"

    found = problems(write(ROUTED + names + text.replace("{a: ", "{variable: ")))

    assert sum("did you mean" in one.hint for one in found) == MOST_GUESSES
    assert len(found) >= 30


def test_unknown_keys_are_not_cut_when_there_are_too_many_problems(write: Write) -> None:
    models = "".join(f"  m{number}: {{path: /x}}\n" for number in range(400))

    found = problems(write(f"{HEAD}models:\n{models}qqqqqqq: {{port: 29001}}\n"))

    assert "qqqqqqq" in [one.path for one in found]
