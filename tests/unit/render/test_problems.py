from dataclasses import replace

from reconciler.domain.diagnostic import Applicability, Diagnostic, Fix, Position, Severity
from reconciler.errors import ConfigError, StalePlanError
from reconciler.render.layout import text
from reconciler.render.problems import each, failure, more
from tests.unit.render.samples import PROBLEM, TYPO


def test_all_problems_of_a_configuration_are_shown_with_place_and_hint():
    error = ConfigError("`fleet.yaml` is not valid: 2 problems", diagnostics=(PROBLEM, TYPO))

    assert (
        text(failure(error, (PROBLEM, TYPO)))
        == """\
error: `fleet.yaml` is not valid: 2 problems

  fleet.yaml:5:11  models.chat.port  [E0201]
    Expected a port from 1 to 65535, got `99999`
      5 |     port: 99999
        |           ^^^^^

  fleet.yaml:16:7  models.chat.memory.ctx-size  [E0203]
    Unknown key `ctx-size`
      16 |       ctx-size: 4096
         |       ^^^^^^^^
    hint: did you mean `ctx_size`?
"""
    )


def test_a_failure_shows_both_sides_and_the_way_out():
    error = StalePlanError(
        "the saved plan is stale",
        moved=("coder was restarted", "serial 4 → 5"),
        hint="run `reconcile plan` again",
    )

    assert (
        text(failure(error))
        == """\
error: the saved plan is stale

  coder was restarted
  serial 4 → 5

hint: run `reconcile plan` again
"""
    )


def test_a_warning_stands_for_itself():
    warning = Diagnostic(
        code="W0401",
        severity=Severity.WARNING,
        summary="`--x` is deprecated",
        position=Position(file="a.yaml"),
    )

    assert text(each([warning])) == "warning: `--x` is deprecated\n  a.yaml  [W0401]\n"


def test_the_marker_stays_under_its_place_in_a_long_line_and_behind_wide_letters():
    long = Diagnostic(
        code="E1",
        summary="s",
        position=Position(file="a", line=1, column=302, length=2),
        snippet="語" * 300 + " xy " + "z" * 300,
    )
    source, marker = text(each([long])).splitlines()[-2:]
    before = source.index("xy")

    assert marker.index("^") == before + source[:before].count("語")
    assert len(source) < 130


def test_a_column_behind_the_end_of_its_line_still_has_a_marker():
    end = Diagnostic(code="E1", summary="s", position=Position(file="a", line=1, column=4), snippet="ab:")

    assert text(each([end])).endswith("      1 | ab:\n        |    ^\n")


def test_a_person_is_told_where_to_read_on_and_what_mends_itself():
    certain = replace(TYPO, fix=Fix(replacement="ctx_size"))
    guess = replace(TYPO, fix=Fix(replacement="ctx_size", applicability=Applicability.GUESS))

    assert text(more([PROBLEM, guess])) == "\n`reconcile explain E0201` says more\n"
    assert text(more([certain, guess])).endswith("E0203` says more; `reconcile fmt --fix` mends 1 of them\n")
    assert text(more([])) == ""
