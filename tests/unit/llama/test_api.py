import json
from pathlib import Path

import pytest

from reconciler.domain.observation import Health
from reconciler.errors import LlamaApiError
from reconciler.llama.api import HealthReply, parse_health, parse_metrics, parse_props, parse_slots
from reconciler.llama.json_shape import shape_of

API = Path(__file__).parents[3] / "tests/fixtures/llama-server/api"


def recorded(name: str) -> bytes:
    return (API / name).read_bytes()


@pytest.mark.parametrize(
    ("status", "body", "reply"),
    [
        (200, recorded("health-200.json"), HealthReply(health=Health.OK)),
        (503, recorded("health-503.json"), HealthReply(health=Health.LOADING, message="Loading model")),
        (401, recorded("unauthorized.json"), HealthReply(health=Health.ERROR, message="Invalid API Key")),
        (500, b"<html>", HealthReply(health=Health.ERROR, message="HTTP status 500")),
    ],
    ids=["ok", "loading", "key", "proxy"],
)
def test_health_is_what_the_status_says(status: int, body: bytes, reply: HealthReply) -> None:
    assert reply == parse_health(status, body)


def test_props_of_a_process_name_its_model_and_its_slots() -> None:
    props = parse_props(recorded("props-single.json"))

    assert (props.router, props.model_alias, props.model_path) == (False, "tiny", "long.gguf")
    assert (props.n_ctx, props.total_slots, props.is_sleeping) == (131_072, 4, False)
    assert (props.build_info, props.max_instances) == ("b1-7e4c0a9", None)


def test_props_of_a_sleeping_process_say_so() -> None:
    assert parse_props(recorded("props-sleeping.json")).is_sleeping


def test_props_of_a_router_say_how_many_models_it_loads() -> None:
    props = parse_props(recorded("props-router.json"))

    assert (props.router, props.max_instances, props.total_slots, props.n_ctx) == (True, 3, None, 0)


def test_slots_tell_who_is_busy_with_what() -> None:
    idle, busy = parse_slots(recorded("slots-idle.json")), parse_slots(recorded("slots-busy.json"))

    assert [slot.busy for slot in idle] == [False] * 4
    assert [slot.busy for slot in busy] == [False, False, False, True]
    assert busy[3].task == 1
    assert busy[3].decoded is not None
    assert busy[3].decoded > 0


def test_metrics_are_numbers_by_name() -> None:
    metrics = parse_metrics(recorded("metrics-after.txt").decode())

    assert metrics["tokens_predicted_total"] == 3000
    assert metrics["requests_processing"] == 0
    assert parse_metrics(recorded("metrics-busy.txt").decode())["requests_processing"] == 1


def test_metrics_cannot_be_changed() -> None:
    with pytest.raises(TypeError):
        parse_metrics("llamacpp:a 1\n")["a"] = 2  # type: ignore[index]  # that it is refused is the point


def test_metrics_may_be_fractions_and_not_a_number() -> None:
    assert parse_metrics("a 1.5\nb 2e-3\n\n# c\n") == {"a": 1.5, "b": 0.002}


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("slots-disabled.json", "Start it with `--slots`"),
        ("slots-router-no-model.json", "model name is missing"),
        ("unauthorized.json", "Invalid API Key"),
    ],
)
def test_an_error_object_is_passed_on_in_the_words_of_the_server(name: str, words: str) -> None:
    with pytest.raises(LlamaApiError) as caught:
        parse_slots(recorded(name))

    assert caught.value.summary == "the answer of `/slots` cannot be used"
    assert words in caught.value.detail


def test_metrics_that_are_switched_off_are_an_error_that_says_so() -> None:
    with pytest.raises(LlamaApiError) as caught:
        parse_metrics(recorded("metrics-disabled.json").decode())

    assert "Start it with `--metrics`" in caught.value.detail


@pytest.mark.parametrize("text", ["a b c\n", "name\n", "name number\n", "{}"])
def test_a_line_that_is_no_metric_is_an_error(text: str) -> None:
    with pytest.raises(LlamaApiError, match="/metrics"):
        parse_metrics(text)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[",
        b"null",
        b"3",
        b"[]",
        b'{"a": 1}',
        b"\xff",
        b"[" * 100_000,
        b'[{"id": "0"}]',
        b'[{"id": true}]',
    ],
    ids=["empty", "half", "null", "number", "list", "other", "bytes", "deep", "text-id", "true-id"],
)
def test_another_shape_is_an_error_that_names_the_endpoint(body: bytes) -> None:
    with pytest.raises(LlamaApiError, match="/props"):
        parse_props(body)
    if body != b"[]":
        with pytest.raises(LlamaApiError, match="/slots"):
            parse_slots(body)


def test_every_member_of_the_wrong_type_is_an_error_with_its_place() -> None:
    answer = json.loads(recorded("props-single.json"))
    wrong = {"model_path": 3, "total_slots": "4", "is_sleeping": 1, "default_generation_settings": []}

    for key, value in wrong.items():
        with pytest.raises(LlamaApiError) as caught:
            parse_props(json.dumps(answer | {key: value}).encode())

        assert f"`{key}`" in caught.value.detail


def test_numbers_and_lists_have_their_errors_too() -> None:
    shape = shape_of("/x", b'{"a": "1", "b": 2}')

    with pytest.raises(LlamaApiError, match="/x"):
        shape.member("a").number()
    with pytest.raises(LlamaApiError, match="/x"):
        shape.member("b").texts()
    with pytest.raises(LlamaApiError, match="/x"):
        shape.member("c")
