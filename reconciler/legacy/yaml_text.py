"""The fleet as a file of the language, with comments that say where a value came from and what was left behind."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from reconciler.domain.frozen import frozen
from reconciler.legacy.document import Entry, text_of, tree_of
from reconciler.legacy.fleet import ROUTER_PORT, Fleet, Model
from reconciler.legacy.labels import remark
from reconciler.legacy.origin import PLACEHOLDER
from reconciler.legacy.report import Code, Dropped, Note
from reconciler.legacy.settling import Wish
from reconciler.legacy.unified import Unified
from reconciler.legacy.values import shown
from reconciler.legacy.vault import DIRECTORY
from reconciler.legacy.vocabulary import ROUTER
from reconciler.spec.model import SECTIONS
from reconciler.spec.registry import model_settings

LEVELS: Mapping[str, str] = {
    "debug": "debug", "trace": "debug", "verbose": "debug", "info": "info", "warn": "warning", "warning": "warning",
    "error": "error", "fatal": "error",
}  # fmt: skip

NEVER_PASSED: Mapping[str, str] = {
    "gpuLayers": "gpu: {{ layers: {} }}",
    "batchSize": "memory: {{ batch_size: {} }}",
    "parallelSlots": "parallel: {}",
    "temperature": "sampling: {{ temperature: {} }}",
    "repeatPenalty": "sampling: {{ repeat_penalty: {} }}",
}
"""What the dashboard kept for the router and never gave to llama-server, as one would write it here."""

HEAD = (
    "yaml-language-server: $schema=fleet.schema.json",
    "",
    "Taken over from the dashboard's `{source}` ({vintage}) by `reconcile import legacy`.",
    "`reconcile plan` shows what it would do; `reconcile schema > fleet.schema.json` lets an editor explain each key.",
)
_POOL_FIRST, _POOL = 8100, 100


@frozen
class Written:
    """
    Attributes:
        tree: what a reader must find in the text.
        notes: values of the router and the log that the language does not take.
        dropped: options that stand in comments alone.
        carried: settings in the text that came from the source.
    """

    text: str
    tree: Mapping[str, Any]
    notes: tuple[Note, ...]
    dropped: tuple[Dropped, ...]
    carried: int


@frozen
class Surroundings:
    """
    What is known beside the source.

    Attributes:
        fleet: its name.
        source: the name of the file, for the head; `vintage` likewise.
        program: whether the dashboard's llama-server is on this machine.
        takes: whether the build at hand takes an option that is no setting, with this value.
    """

    fleet: str
    source: str
    vintage: str
    program: bool
    takes: Callable[[str, Any], bool]


def written(fleet: Fleet, unified: Unified, around: Surroundings, blotted: Callable[[str], str]) -> Written:
    """The text; every comment goes through `blotted`."""
    return _Writer(fleet, unified, around).written(blotted)


class _Writer:
    def __init__(self, fleet: Fleet, unified: Unified, around: Surroundings) -> None:
        self.fleet, self.unified, self.around = fleet, unified, around
        self.notes: list[Note] = []
        self.dropped: list[Dropped] = []
        self.carried = 0

    def written(self, blotted: Callable[[str], str]) -> Written:
        head = (one.format(source=self.around.source, vintage=self.around.vintage) for one in HEAD)
        entries = [
            Entry(key="version", value=1),
            Entry(key="fleet", value=self.around.fleet),
            *self.program(),
            *self.section("server", self.server()),
            *self.router(),
            *self.logging(),
            *self.defaults(),
            Entry(key="models", value=tuple(map(self.model, self.fleet.models))),
        ]
        text = text_of(entries, head=head, end=self.end(), said=blotted)
        return Written(
            text=text, tree=tree_of(entries), notes=tuple(self.notes), dropped=tuple(self.dropped), carried=self.carried
        )

    def program(self) -> Iterator[Entry]:
        """Named only where it is: elsewhere, in CI as well, the file must do without."""
        origin = self.unified.router.origin
        if "serverPath" in origin and self.around.program:
            self.carried += 1
            yield Entry(key="llama_server", value=self.unified.router.values["serverPath"], beside=origin["serverPath"])

    def server(self) -> Iterator[Entry]:
        for path, wish in self.fleet.server.items():
            yield self.setting(path, wish)
        for key, file in self.fleet.secrets.items():
            self.carried += 1
            ours = file.startswith(f"{DIRECTORY}/")
            said = "was in the database in clear" if ours else "api_key_file"
            yield Entry(key=key, value={"file": file}, beside=said)
        alone = sum(1 for one in self.fleet.models if one.alone and one.port is None)
        if alone > _POOL - len(self.fleet.models):
            yield Entry(key="ports", value=f"{_POOL_FIRST}-{_POOL_FIRST + max(_POOL, alone + len(self.fleet.models))}")

    def router(self) -> Iterator[Entry]:
        settings = [self.setting(path, wish) for path, wish in self.fleet.router.items()]
        if not settings and all(one.alone for one in self.fleet.models):
            return
        if "router.port" not in self.fleet.router:
            settings.insert(0, Entry(key="port", value=ROUTER_PORT, beside="the dashboard's default"))
        yield from self.section("router", settings, below=self.router_comments())

    def router_comments(self) -> Iterator[str]:
        said, origin = self.unified.router.values, self.unified.router.origin
        if "modelsPath" in origin and said["modelsPath"]:
            yield f"modelsPath: {shown(said['modelsPath'])} is not scanned: the models of the router are those below"
        if "metricsEnabled" in origin and said["metricsEnabled"] is False:
            yield "metricsEnabled: false is not carried: reconcile always has metrics served"
        if said["autoStartOnLaunch"] is True and "autoStartOnLaunch" in origin:
            yield "autoStartOnLaunch: `reconcile apply` starts the router"

    def logging(self) -> Iterator[Entry]:
        said, origin = self.unified.logging.values, self.unified.logging.origin
        entries, file = [], []
        if "level" in origin:
            level = LEVELS.get(str(said["level"]).strip().lower())
            if level:
                entries.append(Entry(key="level", value=level, beside=origin["level"]))
            else:
                self.refuse(origin["level"], said["level"], "expected debug, info, warning or error")
        for key, name in (("maxFileSize", "max_size"), ("maxFiles", "max_files")):
            if key in origin and int(said[key]) >= 0:
                file.append(Entry(key=name, value=said[key], beside=origin[key]))
            elif key in origin:
                self.refuse(origin[key], said[key], "expected 0 or more")
        if file:
            entries.append(Entry(key="file", value=tuple(file)))
        for key, name in (("enableConsoleLogging", "console"), ("enableDatabaseLogging", "database")):
            if key in origin:
                entries.append(Entry(key=name, value=said[key], beside=origin[key]))
        self.carried += len(entries) - bool(file) + len(file)
        off = "enableFileLogging" in origin and said["enableFileLogging"] is False
        below = ["enableFileLogging: false is not carried: the logs of servers are always kept"] if off else []
        yield from self.section("logging", entries, below=below)

    def defaults(self) -> Iterator[Entry]:
        load = Entry(key="load", value="on-demand", beside="the dashboard loaded a model when somebody asked for it")
        yield from self.section("defaults", (load, *self.settings(self.fleet.defaults)), below=self.default_comments())

    def default_comments(self) -> Iterator[str]:
        said, origin = self.unified.router.values, self.unified.router.origin
        for key, form in NEVER_PASSED.items():
            if key in origin and said[key] != ROUTER[key].default:
                yield f"{form.format(said[key])}  # {key}: kept by the dashboard, never passed to llama-server"
        for what, reason in self.fleet.lost:
            yield f"not carried: {what} ({reason})"

    def end(self) -> Iterator[str]:
        """Top-level keys that are not in effect."""
        path = self.unified.router.values["serverPath"]
        if "serverPath" in self.unified.router.origin and path and not self.around.program:
            yield f"llama_server: {shown(path).strip('`')}  # the dashboard's own; it is not on this machine"

    def model(self, model: Model) -> Entry:
        return Entry(
            key=model.naming.name,
            value=tuple(self.inside(model)),
            above=tuple(self.above(model)),
            below=tuple(self.below(model)),
        )

    def inside(self, model: Model) -> Iterator[Entry]:
        origin = model.origin
        if origin.key:
            self.carried += 1
            yield Entry(key=origin.key, value=origin.value)
        else:
            yield Entry(key="path", value=PLACEHOLDER, beside="the database has none: write the real one")
        if origin.file:
            self.carried += 1
            yield Entry(key="hf_file", value=origin.file)
        if model.alone:
            yield Entry(key="serve", value="dedicated", beside=model.alone)
        if model.port is not None:
            self.carried += 1
            yield Entry(key="port", value=model.port)
        if not model.enabled:
            yield Entry(key="enabled", value=False, beside="it did not run" if origin.key else "")
        if model.naming.alias:
            yield Entry(key="aliases", value=[model.naming.alias])
        yield from self.settings(model.settings)
        if extra := {flag: value for flag, value in model.settled.extra.items() if self.around.takes(flag, value)}:
            self.carried += len(extra)
            yield Entry(key="extra_args", value=tuple(Entry(key=flag, value=value) for flag, value in extra.items()))

    def above(self, model: Model) -> Iterator[str]:
        if model.naming.reason:
            raw = model.stored.raw_name
            yield f"{'NULL' if raw is None else shown(raw)} in the dashboard: {model.naming.reason}"
        if said := remark(model.stored.labels):
            yield said

    def below(self, model: Model) -> Iterator[str]:
        for what, reason in model.settled.lost:
            yield f"not carried: {what} ({reason})"
        for flag, value in model.settled.extra.items():
            live = self.around.takes(flag, value)
            if not live:
                said = shown(value).strip("`")
                reason = "the llama-server at hand does not take it"
                yield f"extra_args: {{ {flag}: {said} }}  # {reason}"
                self.dropped.append(Dropped(what=flag, reason=reason, model=model.stored.shown))
            where = "it is in `extra_args`" if live else "the llama-server at hand does not take it: it is a comment"
            said = f"`{flag}` of `{model.stored.shown}` is no setting: {where}"
            self.notes.append(Note(code=Code.UNKNOWN_OPTION, message=said, model=model.stored.shown))
        for name, file in model.settled.secrets.items():
            yield f"{name}: kept in {file}"

    def settings(self, wishes: Mapping[str, Wish]) -> Iterator[Entry]:
        """By section, in the order of the documentation."""
        order = {path: index for index, path in enumerate(model_settings())}
        known = sorted(wishes, key=order.__getitem__)
        for path in known:
            if "." not in path:
                yield self.setting(path, wishes[path])
        for section in SECTIONS:
            inside = [path for path in known if path.startswith(f"{section}.")]
            if inside:
                tables = dict.fromkeys(place.rpartition(".")[0] for path in inside for place in wishes[path].places)
                entries = tuple(self.setting(path, wishes[path]) for path in inside)
                yield Entry(key=section, value=entries, beside=", ".join(tables))

    def setting(self, path: str, wish: Wish) -> Entry:
        self.carried += 1
        return Entry(key=path.rpartition(".")[2], value=_slim(wish.value), beside=wish.said)

    def section(self, key: str, entries: Iterable[Entry], below: Iterable[str] = ()) -> Iterator[Entry]:
        """A section, where there is anything to say in it; comments alone would make it null."""
        if found := tuple(entries):
            yield Entry(key=key, value=found, below=tuple(below))

    def refuse(self, place: str, value: object, reason: str) -> None:
        said = f"`{place}` is not used: {shown(value)}: {reason}"
        self.notes.append(Note(code=Code.BAD_TYPE, message=said, column=place))


def _slim(value: Any) -> Any:
    """A list of one as its item."""
    return value[0] if isinstance(value, list) and len(value) == 1 else value
