import re
from dataclasses import replace

from reconciler.domain.change import Action, Effect, FieldChange, Reason
from reconciler.domain.names import model_id
from reconciler.domain.plan import Objection, Plan
from reconciler.render.layout import text
from reconciler.render.plan_text import plan_text
from tests.unit.render.samples import BASIS, DESIGNED, FULL, RESTART, kept


def shown(plan: Plan, *, colour: bool = False) -> str:
    return text(plan_text(plan), colour=colour)


def test_a_plan_looks_as_designed():
    assert (
        shown(DESIGNED)
        == """\
reconcile plan — fleet homelab, 12 models

  -/+ coder         must be restarted (memory.ctx_size changed)        about 41 s down
        memory.ctx_size   32768 → 65536
  ~   gemma-3-4b    will be reloaded in the router; others stay loaded
        sampling.temperature   0.7 → 0.6
  +   embed         will be started on port 8101

Plan: 1 to start, 1 to restart, 1 to reload, 0 to stop; 9 unchanged.
"""
    )


def test_a_plan_with_everything_shows_notices_first_and_counts_last():
    assert (
        shown(FULL)
        == """\
`reconcile apply` migrates the store (1 step), after a backup of it

reconcile plan — fleet homelab, 2 models

  -   old       will be stopped (it is not declared any more)        2 requests in flight
  -/+ router    must be restarted, and all its models loaded again (llama-server is another build)
      pet       stays as it is (it is protected)
        remove `protect: true` first

  changed outside of reconcile:
  !   router   its program was replaced: b1 → b2

refused: 3 of 4 models would be stopped, over the limit of 50%
  hint: look at the numbers, then insist with `--max-stop 75%`

error: Unknown key `ctx-size`
  fleet.yaml:16:7  models.chat.memory.ctx-size  [E0203]
      16 |       ctx-size: 4096
         |       ^^^^^^^^
    hint: did you mean `ctx_size`?

Plan: 0 to start, 1 to restart, 0 to reload, 1 to stop; 2 unchanged.
"""
    )


def test_an_empty_plan_says_how_much_matches():
    assert (
        shown(Plan(fleet="f", changes=kept(3), basis=BASIS))
        == """\
reconcile plan — fleet f, 3 models

No changes. 3 resources match the configuration.
"""
    )


def test_rare_actions_are_counted_only_when_there_are_any():
    adopted = replace(RESTART, action=Action.ADOPT, reason=Reason.FOUND_RUNNING, fields=(), downtime_seconds=None)
    last = shown(Plan(fleet="f", changes=(adopted,), basis=BASIS)).splitlines()[-1]

    assert last == "Plan: 0 to start, 0 to restart, 0 to reload, 0 to stop, 1 to adopt; 0 unchanged."


def test_colour_changes_nothing_but_colour():
    assert re.sub(r"\x1b\[[0-9;]*m", "", shown(FULL, colour=True)) == shown(FULL)


def test_a_name_cannot_steer_the_terminal():
    hostile = replace(RESTART, resource=model_id("\x1b[2Jx\n\x9b31m\u202ey"))

    assert not {"\x1b", "\x9b", "\u202e"} & set(shown(Plan(fleet="f", changes=(hostile,), basis=BASIS)))


def test_a_change_without_a_restart_and_what_is_skipped_are_shown():
    policy = FieldChange(path="restart.policy", before=None, after="never", effect=Effect.NONE)
    kept_with_it = replace(kept(1)[0], reason=Reason.RECORD_ONLY, fields=(policy,))
    skipped = Objection(code="Protected", summary="model/pet is protected and stays as it is", blocking=False)

    assert (
        shown(Plan(fleet="f", changes=(kept_with_it,), basis=BASIS, objections=(skipped,)))
        == """\
reconcile plan — fleet f, 1 model

      kept-0    takes the change without a restart
        restart.policy   (default) → never

skipped: model/pet is protected and stays as it is

No changes. 1 resource matches the configuration.
"""
    )


def test_what_is_up_to_date_is_not_listed_even_with_a_note():
    on_demand = replace(kept(1)[0], note="loaded on the first request")

    assert "loaded on" not in shown(Plan(fleet="f", changes=(on_demand,), basis=BASIS))
