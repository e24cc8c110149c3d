"""`reconcile fmt`: the configuration in one style, and with `--fix` without the mistakes that mend themselves."""

import difflib
import re
from collections.abc import Container, Iterable, Iterator, Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path

import click

from reconciler.cli.directory import config_paths
from reconciler.cli.options import PATH, common
from reconciler.cli.request import Common
from reconciler.cli.wiring import find_build
from reconciler.config.files import RawFile, gather, standard_input
from reconciler.config.fixes import Diagnose, Mended, mend, named_builds
from reconciler.config.load import diagnose
from reconciler.config.reading import gather_all
from reconciler.config.rewrite import restyled
from reconciler.domain.diagnostic import Diagnostic
from reconciler.errors import ConfigError, LlamaServerError, ReconcilerError, RuntimeFailure, UsageError
from reconciler.llama.catalogue import Catalogue
from reconciler.render.problems import place
from reconciler.render.values import counted
from reconciler.runtime.binary import BUNDLED
from reconciler.runtime.in_place import write_in_place

NOT_IN_STYLE = 3
"""Exit code of `--check`."""

PIPE = "-"
LINES = re.compile(r"[^\n]*\n|[^\n]+")


@click.command()
@click.argument("paths", nargs=-1, metavar="[PATH]...", type=PATH)
@click.option("--check", is_flag=True, help="Write nothing; list the files that are not in style and exit with 3.")
@click.option("--diff", is_flag=True, help="Write nothing; show what would change.")
@click.option("--fix", is_flag=True, help="Mend first what is wrong and can be mended for certain, such as old names.")
@common(store=False, llama_server=True)
def command(common: Common, *, paths: tuple[str, ...], check: bool, diff: bool, fix: bool) -> int:
    """Write the configuration in one style.

    Formats the files that the other commands would read, or PATHs; `-` takes standard input to standard output.
    Comments, quotes, the order of keys and the meaning stay. A level is two blanks, lists stand below their key, and
    there is never more than one empty line.
    """
    if PIPE in paths and len(paths) > 1:
        raise UsageError("`-` stands alone", hint="format the files with a second call")
    files, problems = _gathered(common, paths)
    outcome = mend(files, _diagnoser(common, _catalogue(common, files))) if fix else None
    failures: list[ReconcilerError] = [ConfigError("", diagnostics=(one,)) for one in problems]
    contents = [_styled(*one, failures) for one in zip(files, outcome.files if outcome else files, strict=True)]
    if outcome:
        # What cannot be put in style is left as it was.
        _tell(common, outcome, {file.shown for file, now in zip(files, contents, strict=True) if now != file.data})
    changed = [(file, content) for file, content in zip(files, contents, strict=True) if content != file.data]
    if diff:
        common.output.raw("".join(line for one in changed for line in _difference(*one)))
    elif check:
        common.output.raw("".join(f"{file.shown}\n" for file, _ in changed))
    elif PIPE not in paths:
        _write(common, changed, failures)
    elif not failures:
        common.output.raw("".join(one.decode() for one in contents))
    if failures:
        raise _failure(failures)
    return NOT_IN_STYLE if check and changed else 0


def _gathered(common: Common, paths: Sequence[str]) -> tuple[tuple[RawFile, ...], tuple[Diagnostic, ...]]:
    if not paths:
        return gather_all(config_paths(common))
    if PIPE not in paths:
        return gather(tuple(map(Path, paths)))
    found = standard_input()
    return ((), (found,)) if isinstance(found, Diagnostic) else ((found,), ())


def _tell(common: Common, outcome: Mended, changed: Container[str]) -> None:
    for one in outcome.applied:
        if one.position and one.fix and one.position.file in changed:
            start = one.position.column - 1
            written = one.snippet[start : start + one.position.length] or "(not shown)"
            common.output.note(f"{place(one.position)}: {written} → {one.fix.replacement}  [{one.code}]")
    if outcome.more:
        common.output.note(f"{len(outcome.applied)} mistakes are mended and there are more: run it again")


def _diagnoser(common: Common, catalogue: Catalogue | None) -> Diagnose:
    return partial(diagnose, profiles=common.profile, variables=dict(common.var), catalogue=catalogue)


def _catalogue(common: Common, files: Sequence[RawFile]) -> Catalogue | None:
    """
    The flags of the build, where there is one; the other mistakes are mended without it.

    A program that a file names is never run: files that nobody looked at yet can be formatted. Another build says
    nothing of its flags.
    """
    if common.llama_server:
        return find_build(common, None, None).catalogue
    named = named_builds(files)
    if named - {BUNDLED}:
        common.output.note("`llama_server` of the configuration is not run here: `--llama-server` mends flags too")
        return None
    with suppress(LlamaServerError):
        return find_build(common, BUNDLED if named else None, None).catalogue
    return None


def _styled(file: RawFile, mended: RawFile, failures: list[ReconcilerError]) -> bytes:
    """One that cannot be read stays as it is, and the others are formatted all the same."""
    try:
        return restyled(mended).encode()
    except ConfigError as error:
        failures.append(error)
        return file.data


def _write(common: Common, changed: Iterable[tuple[RawFile, bytes]], failures: list[ReconcilerError]) -> None:
    for file, content in changed:
        try:
            write_in_place(file.path, content)
        except RuntimeFailure as error:
            failures.append(error)
        else:
            common.output.raw(f"{file.shown}\n")


def _difference(file: RawFile, content: bytes) -> Iterator[str]:
    before, after = (LINES.findall(one.decode("utf-8", "replace")) for one in (file.data, content))
    for one in difflib.unified_diff(before, after, file.shown, file.shown):
        yield one if one.endswith("\n") else f"{one}\n\\ No newline at end of file\n"


def _failure(failures: Sequence[ReconcilerError]) -> ReconcilerError:
    said = [one for error in failures if isinstance(error, ConfigError) for one in error.diagnostics]
    plain = [error for error in failures if not (isinstance(error, ConfigError) and error.diagnostics)]
    if len(failures) == len(plain) == 1:
        return plain[0]
    summary = f"{counted(len(failures), 'file')} cannot be formatted"
    detail = "\n".join(f"{error.summary}; {error.hint}" for error in plain)
    return ConfigError(summary, diagnostics=tuple(said), detail=detail)
