"""The reference of the store's tables: docs/store.md."""

from collections.abc import Iterator, Sequence

from reconciler.domain.tables import ColumnFacts, TableFacts

INTRODUCTION = """\
# Store

<!-- Written by `make generated`. -->

One directory a fleet, `${XDG_STATE_HOME:-~/.local/state}/reconciler/FLEET/` or `--store DIR`; in it `store.db`, an
SQLite database that says what was applied, what runs and what is being done. Only commands that act write to it, one at
a time, and all that a plan compares with stands there.

    sqlite3 -readonly ~/.local/state/reconciler/homelab/store.db

    SELECT name, ctx_size, temperature FROM models
        LEFT JOIN model_memory_config USING (uid) LEFT JOIN model_sampling_config USING (uid);

The same in Python, with the types of the settings; only the sections that are asked for are read:

    from pathlib import Path

    from reconciler import Store

    with Store.open(Path.home() / ".local/state/reconciler/homelab") as store:
        for model in store.models(status="running", sections=("sampling", "memory")):
            print(model.name, model.memory.ctx_size, model.sampling.temperature)
        print(store.server(), store.router(), store.logging(), store.latest_metrics())
        for one in store.generations(limit=5):
            print(one.number, one.who, one.revision, [(step.resource, step.action) for step in one.steps], one.spec)
        print(store.record().hold, store.events(limit=20, since=0.0, resource="model/coder"))

Times are seconds since the epoch, truths are 0 and 1, lists and mappings are JSON. All tables are `STRICT`. A setting
that is NULL was not written: llama-server's own default holds.

## What may be deleted

Nothing needs to be: what grows is cut when a run ends, but for the audit (`events`), which only grows. `cache/` can go
at any time, and so can `backups/` and the older files in `logs/`. `metrics.db` holds measurements alone and is made
anew. `store.db` itself may be lost: servers that run are found again by their marks, while history is gone. Nobody
knows then what was protected: what is declared has the mark that its block says, and what runs undeclared stays until
it was applied with `protect: false`. Rows are not meant to be changed by hand; `reconcile store check` finds what was.
When a model is forgotten all of its rows go; `model_server_config` and `logging_config` belong to no model and stay.

## How the tables hang together
"""
HEADER = ("| column | type | must be | meaning |", "|---|---|---|---|")


def store_markdown(tables: Sequence[TableFacts]) -> str:
    """The whole document."""
    return "\n".join(_lines(tables))


def _lines(tables: Sequence[TableFacts]) -> Iterator[str]:
    yield INTRODUCTION
    yield from ("```mermaid", "erDiagram")
    for table in tables:
        yield from _relations(table)
    for table in tables:
        yield f"    {table.name} {{"
        yield from (f"        {one.type} {one.name}{_role(one)}" for one in table.columns if _role(one))
        yield "    }"
    yield "```"
    for table in tables:
        yield from ("", f"## {table.name}", "", table.meaning, "", *HEADER)
        yield from map(_row, table.columns)
    yield ""


def _relations(table: TableFacts) -> Iterator[str]:
    whole = [one for one in table.columns if one.key]
    for one in table.columns:
        if one.references:
            many = "o|" if whole == [one] else "o{"
            yield f"    {one.references} |{'|' if one.required or one.key else 'o'}--{many} {table.name} : {one.name}"


def _role(column: ColumnFacts) -> str:
    roles = ["PK"] * column.key + ["FK"] * bool(column.references)
    return f" {', '.join(roles)}" if roles else ""


def _row(column: ColumnFacts) -> str:
    asked = [f"`{column.check}`"] if column.check else []
    asked += ["there"] if column.required and not column.key else []
    asked += [f"a row of `{column.references}`"] if column.references else []
    name = f"**{column.name}**" if column.key else column.name
    return f"| {name} | {column.type} | {_cell(', '.join(asked))} | {_cell(column.meaning)} |"


def _cell(text: str) -> str:
    return text.replace("|", "\\|")
