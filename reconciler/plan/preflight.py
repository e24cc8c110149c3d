"""
What the host lacks for what will be started. An error blocks the whole plan: nothing is touched before it can work.

Only resources that get a new process are looked at; one that runs needs nothing any more.
"""

from collections.abc import Iterator, Mapping, Sequence

from reconciler.domain.change import Action, Change, Reason
from reconciler.domain.diagnostic import Diagnostic, Severity
from reconciler.domain.names import ROUTER, ResourceId, SlotUid, model_name
from reconciler.domain.observation import Stranger
from reconciler.llama.argv import without_secrets
from reconciler.plan.situation import Situation
from reconciler.spec.document import files_of

LONGEST = 120
STARTED = frozenset({Action.START, Action.RESTART, Action.RELOAD})


def preflight(situation: Situation, changes: Sequence[Change]) -> tuple[Diagnostic, ...]:
    """Every problem at once, by resource."""
    started = [change for change in changes if change.action in STARTED]
    kept = {change.slot: change for change in changes if change.action is Action.KEEP and change.slot}
    found = [problem for change in started for problem in _resource(situation, change, kept)]
    return (*_pool(situation, changes), *_secrets(situation, started), *found, *_unknown(changes))


def _resource(situation: Situation, change: Change, kept: Mapping[SlotUid, Change]) -> Iterator[Diagnostic]:
    yield from _files(situation, change)
    yield from _place(situation, change)
    if change.port is not None:
        yield from _port(situation, change, change.port, kept)


def _pool(situation: Situation, changes: Sequence[Change]) -> Iterator[Diagnostic]:
    resources = {change.resource for change in changes if change.action in STARTED or change.port is None}
    return (one for one in situation.ports.problems if one.resource in resources)


def _files(situation: Situation, change: Change) -> Iterator[Diagnostic]:
    model = situation.model(change.resource)
    if model is None:
        return
    for setting, paths in files_of(model).items():
        for path in paths:
            facts = situation.seen.files.get(path)
            if facts is not None and facts.problem:
                yield Diagnostic(
                    code="E0501",
                    summary=f"{path} cannot be loaded: {facts.problem}",
                    path=f"models.{model_name(change.resource)}.{setting}",
                    resource=change.resource,
                    hint=facts.hint,
                )


def _place(situation: Situation, change: Change) -> Iterator[Diagnostic]:
    """A model that is downloaded has no file to look at; but there must be a place for it."""
    model = situation.model(change.resource)
    wanted = situation.wanted(change.resource) if model and (model.url or model.docker) else None
    if model and wanted and "download" not in wanted.document:
        yield Diagnostic(
            code="E0506",
            summary=f"there is no place to download {change.resource} to",
            path=f"models.{model_name(change.resource)}.{'url' if model.url else 'docker'}",
            resource=change.resource,
            detail="neither of LLAMA_CACHE, XDG_CACHE_HOME and HOME is set",
            hint="export LLAMA_CACHE=FOLDER",
        )


def _secrets(situation: Situation, started: Sequence[Change]) -> Iterator[Diagnostic]:
    needing = [change.resource for change in started if _has_process(situation, change.resource)]
    keys = {"LLAMA_API_KEY": "api_key", "HF_TOKEN": "hf_token"}
    for variable, ref in situation.fleet.server.secrets().items() if needing else ():
        if situation.seen.secrets.get(ref.reference) is None:
            where = f"the variable {ref.env} is not set" if ref.env else f"{ref.file} cannot be read, or has none in it"
            yield Diagnostic(
                code="E0502",
                summary=f"the secret {ref.reference} is missing: {where}",
                detail=f"needed by {', '.join(needing)}",
                path=f"server.{keys[variable]}",
                hint=f"export {ref.env}=…" if ref.env else f"write the secret to {ref.file}, readable by you alone",
            )


def _has_process(situation: Situation, resource: ResourceId) -> bool:
    model = situation.model(resource)
    return resource == ROUTER or (model is not None and model.serve == "dedicated")


def _port(situation: Situation, change: Change, port: int, kept: Mapping[SlotUid, Change]) -> Iterator[Diagnostic]:
    place = "router.port" if change.resource == ROUTER else f"models.{model_name(change.resource)}.port"
    stranger = next((one for one in situation.seen.strangers if one.port == port), None)
    if stranger is not None:
        yield _taken(change.resource, stranger, place)
        return
    holder = next((one for one in situation.lines.values() if one.port == port and one.uid != change.slot), None)
    if holder is None or not situation.seen.carrier(holder.uid):
        return
    if situation.model(holder.resource) is None and (stays := kept.get(holder.uid)):
        # Of those that are declared the ports speak themselves.
        summary = f"port {port} of {change.resource} is that of {holder.resource}, which stays as it is"
        protected = stays.reason is Reason.PROTECTED
        way = "apply `protect: false` of it first" if protected else f"add `--target {model_name(holder.resource)}`"
        hint = f"choose another port, or {way}"
    elif _swapped(situation, change, holder.resource):
        summary = f"{change.resource} and {holder.resource} would swap their ports"
        hint = "give one of them a third port first, and apply twice"
    else:
        return
    yield Diagnostic(code="E0505", summary=summary, path=place, resource=change.resource, hint=hint)


def _swapped(situation: Situation, change: Change, holder: ResourceId) -> bool:
    line = situation.lines.get(change.resource)
    return line is not None and line.port is not None and situation.ports.given.get(holder) == line.port


def _taken(resource: ResourceId, stranger: Stranger, place: str) -> Diagnostic:
    process = stranger.process
    who = f"process {process.identity.pid} ({_command(process.argv)})" if process else "a process of another user"
    name = model_name(resource) or resource
    adopt = f"`reconcile adopt {name}` takes it over without a restart; or stop it, or choose another port"
    return Diagnostic(
        code="E0503",
        summary=f"port {stranger.port} of {resource} is taken by {who}",
        path=place,
        resource=resource,
        hint=adopt if stranger.is_llama_server else "stop it, or choose another port",
    )


def _unknown(changes: Sequence[Change]) -> Iterator[Diagnostic]:
    """One warning for each cause: a silent router may have a thousand models."""
    unknown = [change for change in changes if change.reason is Reason.UNKNOWN]
    for cause in dict.fromkeys(change.note for change in unknown):
        names = [change.resource for change in unknown if change.note == cause]
        more = f" and {len(names) - 1} more" if len(names) > 1 else ""
        yield Diagnostic(
            code="W0502",
            severity=Severity.WARNING,
            summary=f"nothing is done to {names[0]}{more}: {cause}",
            resource=names[0],
            hint="run `reconcile plan` again; `reconcile doctor` says what cannot be seen",
        )


def _command(argv: tuple[str, ...]) -> str:
    """A command line for people, short and without the secrets that somebody else put there."""
    return " ".join(without_secrets(argv))[:LONGEST]
