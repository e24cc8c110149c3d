"""What `extra_args` may carry: flags of the build that nobody else decides, each once, with a value where needed."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from functools import partial
from typing import Any

from reconciler.domain.diagnostic import Diagnostic, Fix, Severity
from reconciler.domain.names import ResourceId
from reconciler.llama.arguments import setting_of
from reconciler.llama.catalogue import Catalogue
from reconciler.llama.excluded import EXCLUDED, HARMLESS, SECRET_FLAGS
from reconciler.llama.flag_entry import FlagEntry, legible
from reconciler.spec.model import ModelSpec
from reconciler.spec.registry import router_settings, written
from reconciler.spec.server import ServerSpec
from reconciler.spec.sources import REMOTE, tells_a_secret

NOT_EXTRA = frozenset({*REMOTE, "hf_file", "server.ssl_key_file", "server.ssl_cert_file", *router_settings()})
"""Settings that a model has of its own or not at all: where it comes from, TLS, and those of the router's process."""

Report = Callable[..., Diagnostic]


def check_extra(
    model: ModelSpec, server: ServerSpec, catalogue: Catalogue, prefix: str, resource: ResourceId
) -> Iterator[Diagnostic]:
    """The problems of one model's `extra_args`."""
    given = model.extra_args
    if not given:
        return
    said = {setting.path: prefix + setting.path for setting, _ in written(model)}
    if model.serve == "dedicated":
        said |= {setting.path: setting.path for setting, _ in written(server)}
    first: dict[str, str] = {}
    for flag, value in given.items():
        report = partial(Diagnostic, path=f"{prefix}extra_args.{flag}", resource=resource, at_key=True)
        if problem := _forbidden(flag, value, catalogue, report) or _unknown(flag, catalogue, report):
            yield replace(problem, fix=_renamed(flag, given, catalogue))
            continue
        entry = catalogue.entry(flag)
        if entry is None:
            continue
        home = _home(flag, catalogue)
        if entry.flag in first:
            yield _twice(flag, f"`{first[entry.flag]}` is the same flag", "a list of values repeats a flag", report)
        first.setdefault(entry.flag, flag)
        if problem := _value(flag, value, entry, report):
            yield problem
        if home in said and _passed(value):
            yield _twice(flag, f"`{said[home]}` says it too", f"`{home}` is spelled as each build wants it", report)
            continue
        for warning in _warnings(flag, entry, home, report):
            yield replace(warning, fix=_renamed(flag, given, catalogue))


def _spellings(flag: str, catalogue: Catalogue) -> frozenset[str]:
    entry = catalogue.entry(flag)
    return frozenset({flag, *(entry.aliases if entry else ())})


def _forbidden(flag: str, value: Any, catalogue: Catalogue, report: Report) -> Diagnostic | None:
    spellings = _spellings(flag, catalogue)
    if way := next((SECRET_FLAGS[one] for one in spellings & SECRET_FLAGS.keys()), None):
        return report(
            code="E0405",
            summary=f"`{flag}` would put a secret on the command line, where everybody on the host can read it",
            hint=f"write `{way}` instead",
        )
    if any(tells_a_secret(item) for item in _passed(value) if isinstance(item, str)):
        return report(
            code="E0405",
            summary=f"the value of `{legible(flag)}` would put a secret on the command line, for everybody to read",
            detail="it has an address with a password or a token",
            hint="write the address without it",
        )
    no_place = partial(report, code="E0404", summary=f"`{flag}` has no place in `extra_args`")
    if (home := _home(flag, catalogue)) in NOT_EXTRA:
        return no_place(detail=f"it is `{home}`", hint=f"write `{home}`")
    if reason := next((EXCLUDED[one] for one in spellings & (EXCLUDED.keys() - HARMLESS)), None):
        return no_place(detail=f"it {reason}", hint=f"remove `{flag}`")
    if flag.startswith("--models-"):
        return no_place(detail="it is for the router's own process, which reconcile drives", hint=f"remove `{flag}`")
    return None


def _unknown(flag: str, catalogue: Catalogue, report: Report) -> Diagnostic | None:
    if catalogue.knows(flag):
        return None
    entry, near = catalogue.entry(flag), catalogue.nearest(flag)
    if entry and entry.replacement:
        hint = f"write `{entry.replacement}`"
    elif found := setting_of(flag, catalogue):
        setting = found[0]
        sayable = any(catalogue.knows(one.flag) for one in setting.spellings)
        way = f"write `{setting.path}`: it is spelled as each build wants it"
        hint = way if sayable else f"leave it out, or use a build that has it, and write `{setting.path}`"
    elif near:
        hint = f"did you mean `{near[0]}`?"
    else:
        hint = "`llama-server --help` lists what this build takes"
    what = "was removed from" if entry else "is no flag of"
    return report(code="E0403", summary=f"`{legible(flag)}` {what} llama-server {catalogue.build}", hint=hint)


def _home(flag: str, catalogue: Catalogue) -> str | None:
    """The setting that says this flag, also where only other builds have it."""
    found = setting_of(flag, catalogue)
    return found[0].path if found else None


def _passed(value: Any) -> tuple[Any, ...]:
    """The items that reach the command line."""
    items = value if isinstance(value, tuple | list) else (value,)
    return tuple(item for item in items if item is not None and item is not False)


def _renamed(flag: str, given: Mapping[str, Any], catalogue: Catalogue) -> Fix | None:
    """The flag that took over, where nothing but the name is new."""
    old = catalogue.entry(flag)
    new = catalogue.entry(old.replacement) if old and old.replacement else None
    if old is None or new is None or new.removed or (old.value is None) != (new.value is None):
        return None
    return None if set(new.aliases) & given.keys() else Fix(replacement=str(old.replacement))


def _twice(flag: str, other: str, way: str, report: Report) -> Diagnostic:
    return report(code="E0406", summary=f"`{flag}` is given twice", detail=other, hint=f"keep one of them; {way}")


def _value(flag: str, value: Any, entry: FlagEntry, report: Report) -> Diagnostic | None:
    wanted = _passed(value)
    if entry.value is not None and any(item is True for item in wanted):
        needs = f"`{flag}` needs a value ({entry.value})"
        return report(code="E0408", at_key=False, summary=needs, hint=f"write `{flag}: VALUE` instead of `true`")
    if entry.value is None and any(item is not True for item in wanted):
        return report(code="E0408", at_key=False, summary=f"`{flag}` takes no value", hint=f"write `{flag}: true`")
    return None


def _warnings(flag: str, entry: FlagEntry, home: str | None, report: Report) -> Iterator[Diagnostic]:
    warning = partial(report, severity=Severity.WARNING)
    if home:
        yield warning(
            code="W0402",
            summary=f"`{flag}` has a setting of its own",
            hint=f"write `{home}`: it is checked, compared and spelled for every build",
        )
    elif entry.deprecated:
        yield warning(
            code="W0401",
            summary=f"`{flag}` is deprecated",
            detail=entry.deprecated,
            hint=f"write `{entry.replacement}`" if entry.replacement else "",
        )
