"""
Where every failure ends: an explanation and an exit code for what is known, a report for what is not.

| 1 | known failure or a bug | 64 | wrong usage (click's own 2) | 130 | ^C | others | see `errors` |
"""

import sys
import traceback
from collections.abc import Callable
from io import TextIOWrapper

import click

USAGE = 64
INTERRUPTED = 130
BUG = """\

BUG: {summary}
This is a mistake of reconcile, not yours. Please report it with the lines above and these:

    reconcile {version} on Python {python}, {system}
    arguments: {arguments}
"""


def guarded(call: Callable[[], object]) -> int:
    """Runs the program and turns every way in which it can end into an exit code."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            # A name that the terminal cannot show is no reason to fail.
            stream.reconfigure(errors="replace")
    try:
        code = call()
        sys.stdout.flush()
    except (click.Abort, KeyboardInterrupt):
        return INTERRUPTED
    except click.ClickException as error:
        error.show()
        return USAGE
    except Exception as error:  # noqa: BLE001 - the last one who could say anything
        return _failed(error)
    return code if isinstance(code, int) else 0


def _failed(error: Exception) -> int:
    from reconciler.errors import ReconcilerError  # noqa: PLC0415 - `--help` needs click alone

    if isinstance(error, ReconcilerError):
        from reconciler.cli.output import Output  # noqa: PLC0415 - as above

        return Output().failed(error)
    report_bug(error)
    return 1


def report_bug(error: Exception) -> None:
    """A broken assumption of ours, in a form that is fit to paste; arguments hold no secrets by design."""
    import platform  # noqa: PLC0415 - `--help` needs click alone

    from reconciler.version import VERSION  # noqa: PLC0415 - as above

    facts = {
        "summary": f"{type(error).__name__}: {error}",
        "version": VERSION,
        "python": platform.python_version(),
        "system": platform.platform(),
        "arguments": " ".join(sys.argv[1:]),
    }
    click.echo("".join(traceback.format_exception(error)) + BUG.format(**facts), err=True)
