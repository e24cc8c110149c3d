from pathlib import Path

import pytest

from reconciler.errors import LlamaApiError
from reconciler.llama.router_api import (
    LoadReply,
    ModelStatus,
    RouterEvent,
    parse_load_reply,
    parse_models,
    parse_sse_event,
)
from reconciler.llama.sse import LONGEST_EVENT, SseEvent, SseParser

API = Path(__file__).parents[3] / "tests/fixtures/llama-server/api"


def recorded(name: str) -> bytes:
    return (API / name).read_bytes()


def test_models_show_state_process_and_failure() -> None:
    alpha, broken, on_demand = parse_models(recorded("models-mixed.json"))

    assert (alpha.name, alpha.status, alpha.failed, alpha.exit_code) == ("alpha", "loaded", False, None)
    assert (alpha.aliases, alpha.port, alpha.n_ctx) == (("first",), 39_597, 2048)
    assert alpha.args[alpha.args.index("--temperature") + 1] == "0.2"
    assert alpha.preset.startswith("[alpha]\n")
    assert (broken.status, broken.failed, broken.exit_code) == (ModelStatus.UNLOADED, True, 1)
    assert on_demand.status is ModelStatus.SLEEPING


def test_a_loading_model_has_a_port_and_an_unloaded_one_has_none() -> None:
    alpha, broken, _ = parse_models(recorded("models-loading.json"))

    assert (alpha.status, alpha.port) == (ModelStatus.LOADING, 39_597)
    assert (broken.status, broken.port) == (ModelStatus.UNLOADED, None)


def test_a_state_of_a_later_build_is_unknown_and_no_error() -> None:
    (model,) = parse_models(b'{"data":[{"id":"a","status":{"value":"dreaming"}}]}')

    assert model.status is ModelStatus.UNKNOWN


def test_a_refused_reload_is_an_error_in_the_words_of_the_router() -> None:
    with pytest.raises(LlamaApiError) as caught:
        parse_models(recorded("reload-refused.json"))

    assert "option 'bogus-key' not recognized in preset 'on-demand'" in caught.value.detail


def test_the_models_of_a_process_that_is_no_router_are_an_error() -> None:
    with pytest.raises(LlamaApiError) as caught:
        parse_models(recorded("models-single.json"))

    assert caught.value.detail.startswith("expected an object with `status` at `data[0]`")


@pytest.mark.parametrize(
    ("status", "name", "reply"),
    [
        (200, "load-accepted.json", LoadReply(accepted=True)),
        (
            400,
            "load-running.json",
            LoadReply(accepted=False, already_running=True, message="model is already running"),
        ),
        (404, "load-unknown.json", LoadReply(accepted=False, message="File Not Found")),
    ],
)
def test_a_load_is_accepted_or_refused_with_a_reason(status: int, name: str, reply: LoadReply) -> None:
    assert reply == parse_load_reply(status, recorded(name))


def test_a_refusal_without_words_is_told_by_its_status() -> None:
    assert parse_load_reply(502, b"<html>").message == "HTTP status 502"
    assert parse_load_reply(500, b"[]").message == "HTTP status 500"


def test_a_recorded_stream_tells_the_life_of_each_model() -> None:
    events = [parse_sse_event(event) for event in SseParser().feed(recorded("models-sse.txt"))]

    alpha = [(event.kind, event.status, event.progress) for event in events if event.model == "alpha"]
    assert alpha == [
        ("model_status", ModelStatus.LOADING, None),
        ("status_change", ModelStatus.LOADING, 0.0),
        ("status_change", ModelStatus.LOADING, 1.0),
        ("status_change", ModelStatus.LOADED, None),
        ("status_change", ModelStatus.UNLOADED, None),
    ]
    assert [event.exit_code for event in events if event.model == "broken"][-1] == 1
    assert ModelStatus.SLEEPING in {event.status for event in events if event.model == "on-demand"}


@pytest.mark.parametrize("size", [1, 2, 7, 64, 1000])
def test_a_stream_may_be_cut_anywhere(size: int) -> None:
    stream, parser = recorded("models-sse.txt"), SseParser()

    events = [event for at in range(0, len(stream), size) for event in parser.feed(stream[at : at + size])]

    assert events == SseParser().feed(stream)


def test_a_stream_is_read_as_the_standard_says() -> None:
    stream = ": ping\n\nevent: one\r\ndata: a\r\ndata:b\r\nid: 7\r\n\r\ndata: é\n\nevent: empty\n\ndata: cut off\n"

    assert [
        SseEvent(event="one", data="a\nb"),
        SseEvent(event="message", data="é"),
    ] == SseParser().feed(stream.encode())


def test_a_stream_without_an_end_of_line_is_an_error_before_it_fills_the_memory() -> None:
    parser = SseParser()

    with pytest.raises(LlamaApiError, match="/models/sse"):
        parser.feed(b"data: " + b"x" * (LONGEST_EVENT + 1))


def test_a_reload_concerns_all_models() -> None:
    event = parse_sse_event(SseEvent(data='{"model":"*","event":"models_reload"}'))

    assert event == RouterEvent(kind="models_reload", model=None)


def test_progress_counts_all_stages() -> None:
    data = (
        '{"model":"a","event":"status_change","data":{"status":"loading","progress":'
        '{"stages":["text_model","mmproj_model"],"current":"mmproj_model","value":0.5}}}'
    )

    event = parse_sse_event(SseEvent(data=data))

    assert (event.progress, event.stage) == (0.75, "mmproj_model")


@pytest.mark.parametrize("progress", ["{}", '{"stages":[],"current":"a","value":1}', '{"stages":["a"],"value":1}'])
def test_progress_of_another_form_is_unknown(progress: str) -> None:
    data = f'{{"model":"a","event":"e","data":{{"status":"loading","progress":{progress}}}}}'

    assert parse_sse_event(SseEvent(data=data)).progress is None


@pytest.mark.parametrize("data", ["", "{}", '{"model":"a"}', '{"model":1,"event":"e"}', "[]"])
def test_an_event_of_another_shape_is_an_error(data: str) -> None:
    with pytest.raises(LlamaApiError, match="/models/sse"):
        parse_sse_event(SseEvent(data=data))
