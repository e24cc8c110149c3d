"""The history as people and programs see it."""

import json
from collections.abc import Iterable
from dataclasses import replace

import jsonschema

from reconciler.domain.actor import Actor
from reconciler.domain.change import Effect, FieldChange
from reconciler.domain.history import Difference, Event, Generation, Step
from reconciler.domain.hold import Hold
from reconciler.domain.names import ResourceId
from reconciler.domain.revision import Revision
from reconciler.render.history_json import differences_json, events_json, generation_json, history_json
from reconciler.render.history_text import differences_text, events_text, generation_text, history_text, mark_of
from reconciler.render.layout import Line, text
from reconciler.render.schemas import SCHEMAS

AT = 1_700_000_000.0
STEP = Step(resource=ResourceId("model/coder"), action="restart", result="done", message="", seconds=0.25)
REVISION = Revision(commit="1e898cd2a445", branch="main", dirty=True, author="Ann <ann@example.org>", committed_at=AT)
ONE = Generation(
    number=1,
    run=4,
    operation="apply",
    result="done",
    origin="/srv/fleet",
    program="0.1.0",
    build="b10434",
    who="ann",
    started_at=AT,
    created_at=AT + 1.5,
    rollback_to=None,
    revision=REVISION,
    steps=(STEP,),
    spec={"version": 1, "models": {}, "x": {"w": ["${a}", True]}},
    plan={"summary": {"restart": 1}},
)
TWO = replace(
    ONE,
    number=2,
    operation="rollback",
    rollback_to=1,
    result="failed",
    revision=Revision(problem="git is not installed"),
    steps=tuple(replace(STEP, action=action) for action in ("start", "start", "stop", "start")),
)
THREE = replace(ONE, number=3, operation="destroy", revision=None, steps=(), who="")
HOLD = Hold(generation=1, who="ann", since=AT, spec="s", files="f")
EVENT = Event(
    number=1,
    at=AT,
    actor=Actor(who="root", user_id=0, sudo_user="ann", host="box", via="ssh from 10.0.0.5", program="0.1.0"),
    run=None,
    what="store rename",
    resource="",
    result="done",
    detail="a → b",
)


def words(lines: Iterable[Line]) -> list[str]:
    """The lines, whatever the width of their columns."""
    return [" ".join(one.split()) for one in text(lines).splitlines()]


def test_the_table_names_few_changes_and_counts_many() -> None:
    assert words(history_text(3, HOLD, (THREE, TWO, ONE))) == [
        "GENERATION WHEN (UTC) WHO RESULT COMMIT CHANGES TOOK",
        "3 current 2023-11-14 22:13 - done - destroy: nothing was touched 1.5 s",
        "2 2023-11-14 22:13 ann failed unknown rollback to 1: 3 start, 1 stop 1.5 s",
        "1 held 2023-11-14 22:13 ann done 1e898cd2a main, dirty restart coder 1.5 s",
        "",
        "Generation 1 is held until the files are applied, or `reconcile resume`.",
    ]


def test_a_generation_is_shown_whole() -> None:
    assert (
        text(generation_text(ONE, mark_of(1, 1, HOLD), ()))
        == """\
generation 1, current, held
  when     2023-11-14 22:13:20 UTC, took 1.5 s
  who      ann
  what     apply
  result   done
  commit   1e898cd2a445 (main); the files differed from it
  author   Ann <ann@example.org>, 2023-11-14 22:13 UTC
  origin   /srv/fleet
  program  0.1.0, llama-server b10434

steps
  coder  restart  done  250 ms

spec
version: 1
models: {}
x:
  w: ["$${a}", true]
"""
    )
    said = text(generation_text(TWO, mark_of(2, 3, HOLD), ()))
    assert "what     rollback to generation 1" in said
    assert "commit   unknown: git is not installed" in said
    assert "commit   - (of no repository that is known)" in text(generation_text(THREE, "", ()))


def test_differences_are_in_the_words_of_a_plan() -> None:
    field = FieldChange(path="memory.ctx_size", before=None, after=512, effect=Effect.RESTART)
    found = (
        Difference(resource="model/coder", change="changed", fields=(field,)),
        Difference(resource="router", change="removed"),
    )

    jsonschema.validate(json.loads(json.dumps(differences_json(1, 2, found))), SCHEMAS["history-diff"])
    assert (
        text(differences_text(1, 2, found))
        == """\
from generation 1 to generation 2

  ~  coder
        memory.ctx_size   (default) → 512
  -  router  removed
"""
    )
    assert text(differences_text(1, 2, ())) == "Generations 1 and 2 say the same.\n"


def test_an_event_says_who_from_where_and_what() -> None:
    assert words(events_text((EVENT,)))[1:] == [
        "2023-11-14 22:13:20 root (sudo by ann) box, ssh from 10.0.0.5 store rename - done a → b"
    ]


def test_all_of_it_keeps_to_its_schema() -> None:
    cut_off = replace(ONE, steps=(replace(STEP, result="interrupted", seconds=None),))

    jsonschema.validate(history_json("f", 3, HOLD, (THREE, TWO, cut_off)), SCHEMAS["history"])
    jsonschema.validate(history_json("f", 0, None, ()), SCHEMAS["history"])
    jsonschema.validate(generation_json(ONE), SCHEMAS["history-show"])
    jsonschema.validate(events_json((EVENT,)), SCHEMAS["history-events"])
