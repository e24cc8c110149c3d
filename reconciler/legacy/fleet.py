"""All models together: what each of them needs of the others decides how it is named and served."""

import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import field
from typing import Any

from reconciler.domain.frozen import frozen
from reconciler.legacy.conversion import refusal
from reconciler.legacy.labels import ran
from reconciler.legacy.names import Naming, names_of
from reconciler.legacy.origin import Origin, column_of, origin_of
from reconciler.legacy.report import Code, Dropped, Note
from reconciler.legacy.settling import Settled, Wish, settled
from reconciler.legacy.stored_models import StoredFleet, StoredModel
from reconciler.legacy.unified import Unified
from reconciler.legacy.values import shown
from reconciler.legacy.vault import Vault
from reconciler.llama.arguments import text
from reconciler.llama.check_ini import CUTS
from reconciler.spec.registry import all_settings
from reconciler.spec.setting import Form

ROUTER_PORT = 8080

Keys = Callable[[str], Sequence[str]]


@frozen
class Model:
    """
    One model as it will be declared.

    Attributes:
        alone: why it has a process of its own; empty for a model of the router.
        port: of that process, where it asked for one.
    """

    stored: StoredModel
    settled: Settled
    origin: Origin
    naming: Naming
    alone: str = ""
    port: int | None = None

    @property
    def enabled(self) -> bool:
        """A process of its own is there without being asked for: only what ran is to run."""
        return bool(self.origin.key) and (not self.alone or ran(self.stored.labels))

    @property
    def settings(self) -> dict[str, Wish]:
        """Those of the model itself."""
        return {path: one for path, one in self.settled.settings.items() if not _is_shared(path)}


@frozen
class Fleet:
    """
    Attributes:
        server: settings of every process, and `server.host`, by path.
        router: settings of the router, by path.
        defaults: settings of every model, by path.
        secrets: the references of `server`, by their key.
        lost: what was meant for every model and is not carried.
    """

    models: tuple[Model, ...]
    server: Mapping[str, Wish]
    router: Mapping[str, Wish]
    defaults: Mapping[str, Wish]
    secrets: Mapping[str, str]
    lost: tuple[tuple[str, str], ...] = ()
    notes: tuple[Note, ...] = ()
    dropped: tuple[Dropped, ...] = ()
    unset: int = 0
    port: int = field(default=ROUTER_PORT)


def fleet_of(stored: StoredFleet, unified: Unified, vault: Vault, keys: Keys) -> Fleet:
    """
    Everything that was stored, put where it belongs today.

    Args:
        keys: reads a file of keys; none where that is no such file on this machine.
    """
    port = int(unified.router.values["port"])
    port = ROUTER_PORT if refusal("router.port", port) else port
    each = [settled(one.stored, vault, one.shown) for one in stored.models]
    shared = settled(stored.server, vault)
    work = _Together(vault, unified, shared)
    origins = [work.origin(model, one) for model, one in zip(stored.models, each, strict=True)]
    ports = work.ports(stored.models, each, port)
    alone = {
        model.number: _unfit(one, origin) or ("it had a port of its own" if model.number in ports else "")
        for model, one, origin in zip(stored.models, each, origins, strict=True)
    }
    names = names_of(stored.models, vault, {number: bool(why) for number, why in alone.items()})
    models = tuple(
        Model(
            stored=model,
            settled=one,
            origin=origin,
            naming=names[model.number],
            alone=alone[model.number],
            port=ports.get(model.number),
        )
        for model, one, origin in zip(stored.models, each, origins, strict=True)
    )
    for one in models:
        work.tell(one)
    server, router, defaults = work.server(models), work.router(models), work.defaults()
    secrets = work.secrets(models, keys)
    return Fleet(
        models=models,
        server=server,
        router=router,
        defaults=defaults,
        secrets=secrets,
        lost=tuple(shared.lost),
        notes=(*stored.notes, *shared.notes, *work.notes),
        dropped=(*shared.dropped, *work.dropped),
        unset=shared.unset + sum(one.unset for one in each),
        port=port,
    )


class _Together:
    def __init__(self, vault: Vault, unified: Unified, shared: Settled) -> None:
        self.vault, self.unified, self.shared = vault, unified, shared
        self.notes: list[Note] = []
        self.dropped: list[Dropped] = []

    def origin(self, model: StoredModel, one: Settled) -> Origin:
        def say(code: Code, message: str, column: str) -> None:
            self.note(code, message, model.shown, column_of(column))

        found = origin_of(one.sources, self.vault, model.shown, say)
        one.lost.extend(found.lost)
        self.dropped += [
            Dropped(what=column_of(what.partition(":")[0]), reason=why, model=model.shown) for what, why in found.lost
        ]
        if "speculative.hf" in one.settings and found.key != "hf":
            reason = "llama-server downloads a draft model only for a model that comes from Hugging Face too"
            self.lose(model, one, "speculative.hf", reason)
        return found

    def ports(self, models: Iterable[StoredModel], each: Iterable[Settled], router: int) -> dict[int, int]:
        """A port that one model alone asked for is its own; any other one would be taken."""
        asked = {
            model.number: one.process["port"] for model, one in zip(models, each, strict=True) if "port" in one.process
        }
        times = Counter(one.value for one in asked.values())
        by_number = {model.number: (model, one) for model, one in zip(models, each, strict=True)}
        granted = {}
        for number, wish in asked.items():
            if times[wish.value] == 1 and wish.value != router:
                granted[number] = int(wish.value)
            else:
                model, one = by_number[number]
                reason = "the router listens there" if wish.value == router else "several models asked for it"
                self.lost(model, one, f"port: {wish.value}", reason, wish.places[0])
        return granted

    def tell(self, model: Model) -> None:
        """What is to be said of one model as it is declared."""
        self.notes += (*model.stored.notes, *model.settled.notes)
        self.dropped += model.settled.dropped
        shown, naming = model.stored.shown, model.naming
        if naming.duplicate:
            said = f"several models are called `{shown}`: one of them is `{naming.name}` now"
            self.note(Code.DUPLICATE_NAME, said, shown, "models.name")
        elif naming.reason:
            said = f"`{shown}` is `{naming.name}` now: {naming.reason}"
            self.note(Code.BAD_NAME, said, shown, "models.name")
        if model.alone:
            starts = "starts with the first apply" if model.enabled else "is stopped until you remove `enabled: false`"
            said = f"`{shown}` gets a process of its own, which {starts}: {model.alone}"
            if model.port is not None:
                said += "; without `serve` and `port` the router serves it"
            self.note(Code.OWN_PROCESS, said, shown, "models")

    def server(self, models: Sequence[Model]) -> dict[str, Wish]:
        """Settings of every process: the row of all servers, else what the models agree on."""
        found = {path: one for path, one in self.shared.settings.items() if path.startswith("server.")}
        for model in models:
            asked = {path: one for path, one in model.settled.settings.items() if path.startswith("server.")}
            if host := model.settled.process.get("host"):
                asked["server.host"] = host
            for path, wish in asked.items():
                first = found.setdefault(path, wish)
                if first.value != wish.value:
                    reason = f"every server has the same here, and `{text(first.value)}` was first"
                    what = f"{path.partition('.')[2]}: {text(wish.value)}"
                    self.lost(model.stored, model.settled, what, reason, wish.places[0])
                elif first is wish and len(models) > 1:
                    said = f"`{wish.places[0]}` of `{model.stored.shown}` holds for every server here"
                    self.note(Code.FOR_ALL, f"{said}: {text(wish.value)}", model.stored.shown, wish.places[0])
        return found

    def router(self, models: Iterable[Model]) -> dict[str, Wish]:
        """Settings of the router's own process."""
        said, origin = self.unified.router.values, self.unified.router.origin
        found: dict[str, Wish] = {}
        older = [self.shared.settings, *(one.settled.settings for one in models)]
        if self.unified.router.generation in {"defaults", "model_server_config"}:
            for settings in older:
                for path in ("router.models_max", "router.autoload"):
                    if path in settings:
                        found.setdefault(path, settings[path])
        for key, path in (("host", "router.host"), ("port", "router.port"), ("maxModelsLoaded", "router.models_max")):
            if key in origin and self.usable(path, said[key], origin[key]):
                found[path] = Wish(value=said[key], places=(origin[key],), said=origin[key])
        if self.unified.autoload is not None:
            place = "metadata.user_settings.autoLoadModels"
            found["router.autoload"] = Wish(value=self.unified.autoload, places=(place,))
        return found

    def defaults(self) -> dict[str, Wish]:
        """What reached every model: by the row of all servers, or by the command line of the router."""
        found = {path: one for path, one in self.shared.settings.items() if not _is_shared(path)}
        for path in [path for path, one in found.items() if not _fits(path, one.value)]:
            wish, reason = found.pop(path), "a section of the router cannot hold it; give it to models of their own"
            self.lost_by_all(wish, reason)
        said, origin = self.unified.router.values, self.unified.router.origin
        for key, path in (("threads", "threads"), ("ctxSize", "memory.ctx_size")):
            if key in origin and self.usable(path, said[key], origin[key]):
                found[path] = Wish(value=said[key], places=(origin[key],), said=origin[key])
        return found

    def usable(self, path: str, value: Any, place: str) -> bool:
        """Whether the language takes a value of the router; says so where it does not."""
        reason = "there is a secret in it" if self.vault.within(str(value)) else refusal(path, value)
        if reason:
            said = f"`{place}` is not used: {reason}"
            self.notes.append(Note(code=Code.BAD_TYPE, message=said, column=place))
            self.dropped.append(Dropped(what=place, reason=reason))
        return not reason

    def secrets(self, models: Iterable[Model], keys: Keys) -> dict[str, str]:
        """What `server` refers to: the first of each."""
        found = {}
        for key in ("api_key", "hf_token"):
            values = self.vault.values(key)
            if values:
                found[key] = self.vault.reference(values[0])
            if len(values) > 1:
                said = f"there are {len(values)} different secrets `{key}`, and a fleet has one: the first is used"
                self.notes.append(Note(code=Code.SECRET, message=said, column=key))
        every = (self.shared, *(one.settled for one in models))
        files = [one.process["key_file"] for one in every if "key_file" in one.process]
        for one in files[:1]:
            self.key_file(found, one, keys)
        for other in files[1:]:
            if other.value != files[0].value:
                self.lost_by_all(other, f"every server takes the same keys here, and {shown(files[0].value)} was first")
        return found

    def key_file(self, found: dict[str, str], wish: Wish, keys: Keys) -> None:
        """llama-server takes the keys of the file beside the key: here they stand in one file."""
        if "api_key" not in found:
            found["api_key"] = wish.value
            if not wish.value.startswith(("/", "~/")):
                said = f"`{wish.places[0]}` is {shown(wish.value)}, relative to the directory of the old program"
                said += "; here it is relative to the configuration"
                self.notes.append(Note(code=Code.RELATIVE_PATH, message=said, column=wish.places[0]))
        elif more := keys(wish.value):
            self.vault.append("api_key", more)
            said = f"the keys of `{wish.places[0]}`, {shown(wish.value)}, were copied to `{found['api_key']}`"
            self.notes.append(Note(code=Code.SECRET, message=said, column=wish.places[0]))
        else:
            reason = f"{shown(wish.value)} cannot be read here: add the lines of it to `{found['api_key']}`"
            self.lost_by_all(wish, reason)

    def lost_by_all(self, wish: Wish, reason: str) -> None:
        """What was meant for every server, and is not carried."""
        place = wish.places[0]
        self.shared.lost.append((f"{place.rpartition('.')[2]}: {shown(wish.value)}", reason))
        self.dropped.append(Dropped(what=place, reason=reason))
        self.notes.append(Note(code=Code.NOT_CARRIED, message=f"`{place}` is not carried: {reason}", column=place))

    def lose(self, model: StoredModel, one: Settled, path: str, reason: str) -> None:
        wish = one.settings.pop(path)
        one.settings.pop("speculative.type", None)
        self.lost(model, one, f"{path}: {text(wish.value)}", reason, wish.places[0])

    def lost(self, model: StoredModel, one: Settled, what: str, reason: str, place: str) -> None:
        one.lost.append((what, reason))
        self.dropped.append(Dropped(what=place, reason=reason, model=model.shown))
        self.note(Code.NOT_CARRIED, f"`{place}` of `{model.shown}` is not carried: {reason}", model.shown, place)

    def note(self, code: Code, message: str, model: str, column: str) -> None:
        self.notes.append(Note(code=code, message=message, model=model, column=column))


def _is_shared(path: str) -> bool:
    return path.startswith(("server.", "router."))


def _unfit(one: Settled, origin: Origin) -> str:
    """Why a section of the router could not hold this model; empty when it can."""
    if origin.key == "path" and _is_cut(origin.value):
        return "a section of the router cannot hold its path"
    for path, wish in one.settings.items():
        if not _is_shared(path) and not _fits(path, wish.value):
            return f"a section of the router cannot hold `{path}`"
    return ""


def _fits(path: str, value: Any) -> bool:
    spelling = all_settings()[path].spellings[0]
    if spelling.form is Form.JSON:
        return not _is_cut(json.dumps(value, ensure_ascii=False))
    if spelling.form is Form.REPEATED and not spelling.separator and isinstance(value, list):
        return len(value) == 1 and not _is_cut(value[0])
    return not any(_is_cut(said) for said in _said(value, spelling.separator))


def _said(value: Any, separator: str) -> Iterator[str]:
    if isinstance(value, str | list | Mapping):
        yield text(value, separator)


def _is_cut(said: str) -> bool:
    return any(one in said for one in CUTS) or said != said.strip(" \t")
