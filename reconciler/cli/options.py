"""Options that several commands share, gathered into values: a command gets one `common`, not eight parameters."""

import re
from collections.abc import Callable
from dataclasses import fields
from functools import wraps
from typing import Any

import click

from reconciler.cli.names import recorded_names
from reconciler.cli.output import Format
from reconciler.cli.request import Common, Manner, Wishes
from reconciler.domain.outcome import OnFailure
from reconciler.errors import ReconcilerError

Function = Callable[..., int]
Decorator = Callable[[Function], Function]

SECONDS = {"": 1.0, "ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0}


class Duration(click.ParamType[float]):
    """`500ms`, `30s`, `2m`, `1h` or plain seconds."""

    name = "duration"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """Seconds."""
        match = re.fullmatch(r"(\d+(?:\.\d+)?)\s*(ms|s|m|h|)", str(value).strip())
        if match is None:
            self.fail(f"expected a duration such as `30s` or `2m`, got `{value}`", param, ctx)
        return float(match[1]) * SECONDS[match[2]]


class Percent(click.ParamType[int]):
    """`50%`; the sign may be left out."""

    name = "percent"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """From 0 to 100."""
        digits = str(value).strip().removesuffix("%").strip()
        if not digits.isdecimal() or int(digits) > 100:  # noqa: PLR2004 - percent
            self.fail(f"expected a percentage from `0%` to `100%`, got `{value}`", param, ctx)
        return int(digits)


class Assignment(click.ParamType[tuple[str, str]]):
    """`NAME=VALUE`."""

    name = "assignment"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[str, str]:
        """Name and value, which may be empty and may have `=` in it."""
        name, equals, text = str(value).partition("=")
        if not name or not equals:
            self.fail("expected `NAME=VALUE`, such as `ctx=4096`", param, ctx)
        return name, text


def common(*formats: Format, config: bool = True, store: bool = True, llama_server: bool = False) -> Decorator:
    """Adds the shared options; failures of the command are told in the format that was asked for."""
    known = [one.value for one in (Format.HUMAN, *formats)]
    declared = [
        *([_CONFIG, _PROFILE, _VAR] if config else []),
        *([_STORE] if store else []),
        *([_LLAMA_SERVER] if llama_server else []),
        click.option("--format", type=click.Choice(known), default=Format.HUMAN.value, help="Form of the output."),
        click.option("--no-color", is_flag=True, help="No colour; NO_COLOR in the environment does the same."),
        click.option("-v", "--verbose", count=True, help="Say more."),
    ]
    return _gathered(Common, "common", declared)


def wishes(function: Function) -> Function:
    """Options of whoever plans."""
    declared = [
        click.option(
            "--target",
            multiple=True,
            metavar="NAME",
            shell_complete=recorded_names,
            help="Only this model (or `router`); repeatable.",
        ),
        *_LIMITS,
        click.option("--accept-origin", is_flag=True, help="Allow another repository or path than last time."),
    ]
    return _gathered(Wishes, "wishes", declared)(function)


def limits(function: Function) -> Function:
    """Those of them that are left where it is known what is planned."""
    return _gathered(Wishes, "wishes", _LIMITS)(function)


def manner(function: Function, *more: Callable[[Any], Any]) -> Function:
    """Options of whoever acts."""
    declared = [
        *more,
        click.option("-y", "--auto-approve", is_flag=True, help="Do not ask."),
        click.option(
            "--parallelism", type=click.IntRange(min=1), default=8, show_default=True, help="Steps at the same time."
        ),
        click.option(
            "--lock-timeout", type=Duration(), default="10s", show_default=True, help="Wait for another writer."
        ),
    ]
    return _gathered(Manner, "manner", declared)(function)


def manner_of_changes(function: Function) -> Function:
    """The same for whoever brings new versions, which can fail."""
    return manner(
        function,
        click.option(
            "--on-failure",
            type=click.Choice([one.value for one in OnFailure]),
            default=OnFailure.KEEP.value,
            show_default=True,
            help="Once a change has failed and went back: keep the others, or take all of this run back.",
        ),
    )


_LIMITS = [
    click.option("--max-stop", type=Percent(), help="Largest share of the models that may be stopped."),
    click.option("--allow-empty", is_flag=True, help="Allow a fleet without models."),
]

# Types that complete file names in a shell. Whether a file can be read is said where it is read.
PATH = click.Path(readable=False)
DIRECTORY = click.Path(file_okay=False, readable=False)

_CONFIG = click.option(
    "-c",
    "--config",
    multiple=True,
    type=PATH,
    metavar="PATH",
    help="File or directory; repeatable. Default: fleet.yaml, else fleet/.",
)
_PROFILE = click.option(
    "--profile", multiple=True, metavar="NAME", help="Lay this profile over the files; repeatable, the last one wins."
)
_VAR = click.option(
    "--var", multiple=True, type=Assignment(), metavar="NAME=VALUE", help="Give a variable its value; repeatable."
)
_STORE = click.option(
    "--store",
    metavar="DIR",
    type=DIRECTORY,
    envvar="RECONCILE_STORE",
    help="Directory of the store. Default: by the fleet's name.",
)
_LLAMA_SERVER = click.option(
    "--llama-server", metavar="PATH", type=PATH, help="The llama-server to use, or a catalogue file of its flags."
)


def _gathered(into: type[Any], name: str, declared: list[Callable[[Any], Any]]) -> Decorator:
    own = {one.name for one in fields(into)}

    def decorate(function: Function) -> Function:
        @wraps(function)
        def call(**values: Any) -> int:
            mine = {key: values.pop(key) for key in list(values) if key in own}
            return _answered(function, {**values, name: into(**mine)})

        for option in reversed(declared):
            option(call)
        return call

    return decorate


def _answered(function: Function, values: dict[str, Any]) -> int:
    said = values.get("common")
    if not isinstance(said, Common):
        return function(**values)
    try:
        return function(**values)
    except ReconcilerError as error:
        return said.output.failed(error)
