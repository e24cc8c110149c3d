"""Progress and the report of a run."""

import json

import pytest

from reconciler.domain.change import Action
from reconciler.domain.event import Progress, Stage
from reconciler.domain.names import ROUTER, model_id
from reconciler.domain.outcome import Outcome, Result, RunReport
from reconciler.render.layout import text
from reconciler.render.progress import progress_json, progress_line
from reconciler.render.report import report_json, report_text

DONE = Outcome(resource=model_id("embed"), action=Action.START, result=Result.DONE, pid=7, port=8101, seconds=1.25)
RESTORED = Outcome(
    resource=model_id("coder"),
    action=Action.RESTART,
    result=Result.RESTORED,
    message="out of memory (exit code 1); the old version runs again",
    log_lines=("llama_model_load: error", "exiting"),
    cut_requests=2,
)
REPORT = RunReport(run=9, generation=8, outcomes=(DONE, RESTORED), seconds=12.34)


@pytest.mark.parametrize(
    ("event", "shown"),
    [
        (Progress(resource=model_id("a"), stage=Stage.LOADING, fraction=0.4, elapsed=3.0), "a: loading 40%"),
        (Progress(resource=model_id("a"), stage=Stage.DOWNLOADING, received=3 * 2**20), "a: downloading 3.0 MiB"),
        (
            Progress(resource=ROUTER, stage=Stage.READY, port=8080, elapsed=1.234),
            "router: ready on port 8080 after 1.2 s",
        ),
        (
            Progress(resource=ROUTER, stage=Stage.DRAINING, message="2 requests"),
            "router: draining (2 requests)",
        ),
        (
            Progress(resource=ROUTER, stage=Stage.FAILED, message="bad magic", elapsed=180),
            "router: failed after 3 min (bad magic)",
        ),
    ],
    ids=["loading", "downloading", "ready", "draining", "failed"],
)
def test_an_event_is_one_line(event: Progress, shown: str):
    assert text([progress_line(event)]) == f"{shown}\n"


def test_an_event_is_one_json_value_with_every_key():
    event = Progress(resource=model_id("a"), stage=Stage.READY, action=Action.START, pid=5, port=80, elapsed=0.12345)

    assert json.loads(json.dumps(progress_json(event))) == {
        "format_version": "1.0",
        "type": "progress",
        "resource": "model/a",
        "stage": "ready",
        "action": "start",
        "message": "",
        "fraction": None,
        "received_bytes": None,
        "elapsed": 0.123,
        "pid": 5,
        "port": 80,
    }


def test_a_report_shows_causes_first_and_counts_last():
    assert (
        text(report_text(REPORT))
        == """\
restored restart coder: out of memory (exit code 1); the old version runs again
    | llama_model_load: error
    | exiting
coder: 2 running requests were cut after drain_timeout

Applied generation 8 after 12.3 s: 1 done, 1 restored.
"""
    )


def test_a_report_as_json_has_the_exit_code():
    document = json.loads(json.dumps(report_json(REPORT)))

    assert (document["type"], document["exit_code"], document["generation"]) == ("report", 5, 8)
    assert document["outcomes"][1]["log_lines"] == ["llama_model_load: error", "exiting"]


def test_a_report_of_an_interrupted_run_says_so():
    assert text(report_text(RunReport(run=1, generation=2, interrupted=True))) == (
        "Interrupted in generation 2 after 0 ms: nothing to do.\n"
    )
