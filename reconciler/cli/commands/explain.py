"""`reconcile explain`: what a code means, why it is refused, and what to do."""

import difflib

import click

from reconciler.cli.options import common
from reconciler.cli.output import Format
from reconciler.cli.request import Common
from reconciler.domain.codes import CODES
from reconciler.errors import UsageError
from reconciler.render.explain import code_markdown, code_text, codes_json, codes_markdown, codes_text


@click.command()
@click.argument("code", required=False)
@common(Format.JSON, Format.MARKDOWN, config=False, store=False)
def command(common: Common, *, code: str | None) -> int:
    """Explain a diagnostic by its code, such as E0103; without one, list them all."""
    known = _known(code) if code else None
    match common.output.format:
        case Format.JSON:
            common.output.json(codes_json((known,)) if known else codes_json())
        case Format.MARKDOWN:
            common.output.raw(code_markdown(known).lstrip() if known else codes_markdown())
        case _:
            common.output.lines(code_text(known) if known else codes_text())
    return 0


def _known(code: str) -> str:
    wanted = code.upper()
    if wanted in CODES:
        return wanted
    hundred = [one for one in CODES if one[:3] == wanted[:3]]
    near = difflib.get_close_matches(wanted, hundred or CODES, 3, 0.5)
    hint = f"did you mean {', '.join(near)}?" if near else "`reconcile explain` lists all codes"
    raise UsageError(f"there is no code `{code}`", hint=hint)
