from dataclasses import replace

from reconciler.domain.change import Action, Change, Effect, FieldChange, Reason
from reconciler.domain.names import model_id
from reconciler.domain.plan import Plan
from reconciler.render.plan_markdown import LONGEST, plan_markdown
from tests.unit.render.samples import BASIS, DESIGNED, FULL, RESTART, kept


def test_a_plan_is_a_title_with_counts_and_details_to_unfold():
    assert (
        plan_markdown(replace(DESIGNED, changes=(RESTART, *kept(2))))
        == """\
### reconcile plan: `homelab`, 0 to start, 1 to restart, 0 to reload, 0 to stop

<details><summary><code>-/+</code> <b>coder</b> must be restarted (memory.ctx_size changed) \
<i>about 41 s down</i></summary>

```
memory.ctx_size   32768 → 65536
```

</details>

_Plan: 0 to start, 1 to restart, 0 to reload, 0 to stop; 2 unchanged._ 3 models declared.
"""
    )


def test_stops_and_objections_are_called_out_before_the_details():
    shown = plan_markdown(FULL)
    head = shown[: shown.index("<code>")]

    assert "> [!WARNING]\n> **Served now, not afterwards:** `old`  \n" in head
    assert "> [!CAUTION]\n> 3 of 4 models would be stopped, over the limit of 50% (insist" in head


def test_an_empty_plan_says_so_in_its_title():
    assert plan_markdown(Plan(fleet="f", changes=kept(1), basis=BASIS)) == (
        "### reconcile plan: `f`, no changes\n\n_No changes. 1 resource matches the configuration._ 1 model declared.\n"
    )


def test_a_large_plan_stays_below_the_limit_and_well_formed():
    fields = tuple(
        FieldChange(path=f"memory.x{at}", before="a" * 60, after="b" * 60, effect=Effect.RESTART) for at in range(5)
    )
    many = tuple(replace(RESTART, resource=model_id(f"m{at}"), fields=fields) for at in range(500))
    shown = plan_markdown(Plan(fleet="f", changes=many, basis=BASIS))

    assert len(shown) <= LONGEST
    assert shown.count("<details>") == shown.count("</details>") > 10
    assert shown.count("```") == 2 * shown.count("<details>")
    assert f"… and {500 - shown.count('<details>')} more left out here" in shown
    assert "Plan: 0 to start, 500 to restart" in shown


def test_ten_thousand_stops_still_fit():
    stops = tuple(
        Change(resource=model_id(f"model-{at}"), action=Action.STOP, reason=Reason.DISABLED) for at in range(10_000)
    )

    assert len(plan_markdown(Plan(fleet="f", changes=stops, basis=BASIS))) <= LONGEST


def test_names_and_values_cannot_leave_their_place():
    nasty = FieldChange(path="chat_template", before="```", after="</details>", effect=Effect.RESTART)
    change = replace(RESTART, resource=model_id("<script>`"), fields=(nasty,), action=Action.STOP)
    shown = plan_markdown(Plan(fleet="f", changes=(change,), basis=BASIS))

    assert "<b>&lt;script&gt;`</b>" in shown
    assert "`` <script>` ``" in shown
    assert "````\nchat_template   ``` → </details>\n````" in shown
