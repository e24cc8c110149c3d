from dataclasses import replace

from reconciler.errors import LockedError
from reconciler.render.github import annotations, failure_annotation, plan_annotations
from tests.unit.render.samples import FULL, TYPO


def test_a_diagnostic_becomes_an_annotation_at_its_place():
    assert annotations([TYPO]) == (
        "::error file=fleet.yaml,line=16,col=7,endColumn=15,title=E0203 models.chat.memory.ctx-size::"
        "Unknown key `ctx-size`%0Ahint: did you mean `ctx_size`?\n"
    )


def test_nothing_in_a_message_can_end_the_command_or_start_another():
    hostile = replace(TYPO, summary="100%\r\n::set-env name=A::b", path="a,b:c", hint="")

    assert annotations([hostile]) == (
        "::error file=fleet.yaml,line=16,col=7,endColumn=15,title=E0203 a%2Cb%3Ac::100%25%0D%0A::set-env name=A::b\n"
    )


def test_a_plan_marks_stops_and_objections():
    assert plan_annotations(replace(FULL, diagnostics=())) == (
        "::warning title=old will be stopped (it is not declared any more)::It is not served afterwards.\n"
        "::error title=MaxStop::3 of 4 models would be stopped, over the limit of 50%25"
        "%0Ahint: --max-stop 75%25\n"
    )


def test_a_failure_without_a_place_is_an_annotation_of_the_job():
    assert failure_annotation(LockedError("locked", hint="wait")) == "::error title=locked::locked%0Ahint: wait\n"
