"""
Whether the build at hand can take what a fleet declares: settings, values, `extra_args`, and what an INI file can hold.

Everything is found at once, and nothing is rendered: a fleet that passes can be rendered without an error.
"""

from collections.abc import Callable, Iterator
from functools import partial
from itertools import islice

from reconciler.domain.diagnostic import MOST_PROBLEMS, Diagnostic, Severity
from reconciler.domain.names import ROUTER, ResourceId, model_id
from reconciler.llama.arguments import chosen, text
from reconciler.llama.catalogue import Catalogue
from reconciler.llama.check_extra import check_extra
from reconciler.llama.check_ini import check_names, check_section
from reconciler.llama.flag_entry import FlagEntry
from reconciler.spec.base import Spec
from reconciler.spec.fleet import FleetSpec
from reconciler.spec.model import ModelSpec
from reconciler.spec.registry import Setting, written
from reconciler.spec.server import ServerSpec

Report = Callable[..., Diagnostic]


def check_flags(fleet: FleetSpec, catalogue: Catalogue) -> tuple[Diagnostic, ...]:
    """The problems between a fleet and a build, in the order of the fleet; empty when there is none."""
    return tuple(islice(_problems(fleet, catalogue), MOST_PROBLEMS + 1))


def _problems(fleet: FleetSpec, catalogue: Catalogue) -> Iterator[Diagnostic]:
    yield from _settings(fleet.server, catalogue, "", ResourceId("server"))
    if router := fleet.active_router:
        yield from _settings(router, catalogue, "", ROUTER)
    for name, model in fleet.models.items():
        yield from _model(name, model, fleet.server, catalogue)


def _model(name: str, model: ModelSpec, server: ServerSpec, catalogue: Catalogue) -> Iterator[Diagnostic]:
    prefix, resource = f"models.{name}.", model_id(name)
    yield from _settings(model, catalogue, prefix, resource)
    yield from check_extra(model, server, catalogue, prefix, resource)
    yield from check_names(name, model, prefix, resource)
    if model.serve == "router":
        yield from check_section(model, catalogue, prefix, resource)


def _settings(spec: Spec, catalogue: Catalogue, prefix: str, resource: ResourceId) -> Iterator[Diagnostic]:
    for setting, value in written(spec):
        report = partial(Diagnostic, path=prefix + setting.path, resource=resource)
        spelling = chosen(setting, value, catalogue)
        if spelling is None:
            yield _not_taken(setting, value, catalogue, report)
        elif (entry := catalogue.entry(spelling.flag)) and entry.deprecated:
            yield report(
                code="W0401",
                severity=Severity.WARNING,
                summary=f"`{setting.path}` is given by `{spelling.flag}`, deprecated in llama-server {catalogue.build}",
                detail=entry.deprecated,
            )


def _not_taken(setting: Setting, value: object, catalogue: Catalogue, report: Report) -> Diagnostic:
    known = [one.flag for one in setting.spellings if catalogue.knows(one.flag)]
    name = setting.path.rpartition(".")[2]
    if known:
        sayable = sorted({text(one) for flag in setting.spellings if flag.flag in known for one in flag.only})
        return report(
            code="E0402",
            summary=f"llama-server {catalogue.build} has no way to say `{name}: {text(value)}`",
            detail=f"it takes {' '.join(known)}",
            hint=f"values that it can say: {', '.join(sayable)}" if sayable else f"leave `{name}` out",
        )
    spelled = ", ".join(one.flag for one in setting.spellings)
    entries = (catalogue.entry(one.flag) for one in setting.spellings)
    gone = next((entry for entry in entries if entry and entry.replacement), None)
    return report(
        code="E0401",
        summary=f"`{setting.path}` is not known to llama-server {catalogue.build}",
        detail=f"it takes none of {spelled}; " + _instead(gone, setting, catalogue),
        hint=f"leave `{name}` out, or use a build that has it",
    )


def _instead(gone: FlagEntry | None, setting: Setting, catalogue: Catalogue) -> str:
    if gone:
        return f"it says to use `{gone.replacement}` instead"
    near = dict.fromkeys(flag for one in setting.spellings for flag in catalogue.nearest(one.flag))
    return f"the nearest that it has: {', '.join(near)}" if near else "it has nothing like it"
