"""`reconcile schema`: what editors and programs check files and outputs against."""

import json
from collections.abc import Callable, Mapping
from pathlib import Path

import click

from reconciler.cli.options import DIRECTORY, common
from reconciler.cli.output import Format
from reconciler.cli.request import Common
from reconciler.config.jsonschema import fleet_schema_text
from reconciler.errors import RuntimeFailure, UsageError
from reconciler.render.schemas import SCHEMAS
from reconciler.render.settings_markdown import settings_markdown
from reconciler.render.store_markdown import store_markdown

STORE = "store"
NAMES = ("fleet", *SCHEMAS)


def _store_reference() -> str:
    from reconciler.store.description import describe  # noqa: PLC0415 - JSON Schemas need no SQLite

    return store_markdown(describe())


REFERENCES: Mapping[str, Callable[[], str]] = {"fleet": settings_markdown, STORE: _store_reference}


@click.command()
@click.argument("name", type=click.Choice((*NAMES, STORE)), default="fleet")
@click.option("--write", metavar="DIR", type=DIRECTORY, help="Write all of them into a directory instead.")
@common(Format.MARKDOWN, config=False, store=False)
def command(common: Common, *, name: str, write: str | None) -> int:
    """Print the JSON Schema of a file or an output."""
    if common.output.format is Format.MARKDOWN:
        if name not in REFERENCES or write:
            raise UsageError(
                "only the fleet and the store have a reference in markdown",
                hint="run `reconcile schema fleet --format markdown`",
            )
        common.output.raw(REFERENCES[name]())
        return 0
    if name == STORE:
        raise UsageError(
            "the store has tables and no JSON Schema", hint="run `reconcile schema store --format markdown`"
        )
    if write is None:
        common.output.raw(_text(name))
        return 0
    for one in NAMES:
        path = Path(write) / f"{one}.schema.json"
        _write(path, _text(one))
        common.output.note(f"wrote {path}")
    return 0


def _text(name: str) -> str:
    if name == "fleet":
        return fleet_schema_text()
    return json.dumps(SCHEMAS[name], indent=2, ensure_ascii=False) + "\n"


def _write(path: Path, text: str) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        summary = f"cannot write `{path}`: {error.strerror}"
        raise RuntimeFailure(summary, hint="name a directory that you may write with `--write DIR`") from error
