"""What `extra_args` may carry: flags of the build that nobody else decides, each once, with a value where needed."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from functools import partial
from typing import Any

from reconciler.domain.diagnostic import Diagnostic, Fix, Severity
from reconciler.domain.names import ResourceId
from reconciler.llama.catalogue import Catalogue
from reconciler.llama.command import MODEL_FLAGS, OWN_FLAGS
from reconciler.llama.flag_entry import FlagEntry
from reconciler.spec.excluded import EXCLUDED, HARMLESS
from reconciler.spec.registry import all_settings

SECRET_FLAGS = {
    "--api-key": "server: { api_key: { env: NAME } }",
    "--api-key-file": "server: { api_key: { file: PATH } }",
    "--hf-token": "server: { hf_token: { env: NAME } }",
    "--mcp-servers-json": "server: { mcp_servers_config: FILE }",
}
"""Flags that would put a secret, or the way to one, past the references that we compare and hide; and what does not."""

Report = Callable[..., Diagnostic]


def check_extra(
    given: Mapping[str, Any], catalogue: Catalogue, path: str, resource: ResourceId
) -> Iterator[Diagnostic]:
    """The problems of one model's `extra_args`."""
    first: dict[str, str] = {}
    settings = _flags_of_settings(catalogue) if given else {}
    for flag, value in given.items():
        report = partial(Diagnostic, path=f"{path}.{flag}", resource=resource, at_key=True)
        spellings = _spellings(flag, catalogue)
        if problem := _forbidden(flag, spellings, report) or _unknown(flag, catalogue, report):
            yield replace(problem, fix=_renamed(flag, given, catalogue))
            continue
        entry = catalogue.entry(flag)
        if entry is None:
            continue
        if entry.flag in first:
            yield _twice(flag, first[entry.flag], report)
        first.setdefault(entry.flag, flag)
        if problem := _value(flag, value, entry, report):
            yield problem
        for warning in _warnings(flag, entry, settings, report):
            yield replace(warning, fix=_renamed(flag, given, catalogue))


def _spellings(flag: str, catalogue: Catalogue) -> frozenset[str]:
    entry = catalogue.entry(flag)
    return frozenset({flag, *(entry.aliases if entry else ())})


def _forbidden(flag: str, spellings: frozenset[str], report: Report) -> Diagnostic | None:
    if way := next((SECRET_FLAGS[one] for one in spellings & SECRET_FLAGS.keys()), None):
        return report(
            code="E0405",
            summary=f"`{flag}` would put a secret on the command line, where everybody on the host can read it",
            hint=f"write `{way}` instead",
        )
    owned = spellings & {*OWN_FLAGS, *MODEL_FLAGS}
    if owned or flag.startswith("--models-"):
        return report(
            code="E0404",
            summary=f"`{flag}` is decided by reconcile",
            detail="`extra_args` may not carry " + ", ".join((*OWN_FLAGS, *MODEL_FLAGS)),
            hint=f"remove `{flag}`; `host`, `port`, `path` and `aliases` are keys of their own",
        )
    if reason := next((EXCLUDED[one] for one in spellings & (EXCLUDED.keys() - HARMLESS)), None):
        summary = f"`{flag}` has no place in `extra_args`"
        return report(code="E0404", summary=summary, detail=reason, hint=f"remove `{flag}`")
    return None


def _unknown(flag: str, catalogue: Catalogue, report: Report) -> Diagnostic | None:
    if catalogue.knows(flag):
        return None
    entry, near = catalogue.entry(flag), catalogue.nearest(flag)
    if entry and entry.replacement:
        hint = f"write `{entry.replacement}`"
    elif home := _home(flag):
        hint = f"write `{home}`: it is spelled as each build wants it"
    elif near:
        hint = f"did you mean `{near[0]}`?"
    else:
        hint = "`llama-server --help` lists what this build takes"
    what = "was removed from" if entry else "is no flag of"
    return report(code="E0403", summary=f"`{flag}` {what} llama-server {catalogue.build}", hint=hint)


def _home(flag: str) -> str | None:
    """The setting that other builds take by this flag."""
    spelled = ((path, one) for path, setting in all_settings().items() for one in setting.spellings)
    return next((path for path, one in spelled if one.flag == flag), None)


def _renamed(flag: str, given: Mapping[str, Any], catalogue: Catalogue) -> Fix | None:
    """The flag that took over, where nothing but the name is new."""
    old = catalogue.entry(flag)
    new = catalogue.entry(old.replacement) if old and old.replacement else None
    if old is None or new is None or new.removed or (old.value is None) != (new.value is None):
        return None
    return None if set(new.aliases) & given.keys() else Fix(replacement=str(old.replacement))


def _twice(flag: str, before: str, report: Report) -> Diagnostic:
    return report(
        code="E0406",
        summary=f"`{flag}` is given twice",
        detail=f"`{before}` is the same flag",
        hint="keep one of them; a list of values repeats a flag",
    )


def _value(flag: str, value: Any, entry: FlagEntry, report: Report) -> Diagnostic | None:
    items = value if isinstance(value, tuple | list) else (value,)
    wanted = [item for item in items if item is not None and item is not False]
    if entry.value is not None and any(item is True for item in wanted):
        needs = f"`{flag}` needs a value ({entry.value})"
        return report(code="E0408", at_key=False, summary=needs, hint=f"write `{flag}: VALUE` instead of `true`")
    if entry.value is None and any(item is not True for item in wanted):
        return report(code="E0408", at_key=False, summary=f"`{flag}` takes no value", hint=f"write `{flag}: true`")
    return None


def _warnings(flag: str, entry: FlagEntry, settings: Mapping[str, str], report: Report) -> Iterator[Diagnostic]:
    warning = partial(report, severity=Severity.WARNING)
    if flag in settings:
        yield warning(
            code="W0402",
            summary=f"`{flag}` has a setting of its own",
            hint=f"write `{settings[flag]}`: it is checked, compared and spelled for every build",
        )
    elif entry.deprecated:
        yield warning(
            code="W0401",
            summary=f"`{flag}` is deprecated",
            detail=entry.deprecated,
            hint=f"write `{entry.replacement}`" if entry.replacement else "",
        )


def _flags_of_settings(catalogue: Catalogue) -> dict[str, str]:
    return {
        flag: path
        for path, setting in all_settings().items()
        for spelling in setting.spellings
        for flag in _spellings(spelling.flag, catalogue)
    }
