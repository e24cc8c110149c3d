"""What a machine looks like on which nothing ever went wrong, worked out from the files."""

from collections.abc import Mapping
from dataclasses import astuple, dataclass, replace

from reconciler.config.load import LoadedFleet
from reconciler.llama.argv import after
from reconciler.llama.command import dedicated_argv, router_argv, section
from reconciler.llama.environment import passed_on
from reconciler.spec.document import files_of
from reconciler.spec.model import ModelSpec
from tests.simulation.host import SimulatedHost
from tests.simulation.process import SimProcess

__all__ = ["Facts", "Wanted", "alias_of", "facts_of", "facts_of_process", "without_port"]


def without_port(argv: tuple[str, ...]) -> tuple[str, ...]:
    """A command line without the one thing that depends on what happened before: the port from the pool."""
    at = argv.index("--port") if "--port" in argv else len(argv)
    return argv[:at] + argv[at + 2 :]


def alias_of(argv: tuple[str, ...]) -> str:
    """The name of the model that a command line serves; empty for the router and for strangers."""
    return argv[argv.index("--alias") + 1].partition(",")[0] if "--alias" in argv else ""


@dataclass(frozen=True)
class Facts:
    """What a process is made from besides its command line; `None` is what nobody can know any more."""

    secret: str | None
    build: tuple[str, int, str] | None
    environment: tuple[tuple[str, str], ...] | None
    files: tuple[tuple[str, int, int], ...] | None

    def agrees(self, other: "Facts") -> bool:
        """Whether nothing is known to differ."""
        return all(one is None or one == two for one, two in zip(astuple(self), astuple(other), strict=True))

    def forgotten(self) -> "Facts":
        """What is left when the store is lost: what the process itself still has."""
        return replace(self, build=None, environment=None, files=None)


def facts_of(host: SimulatedHost, model: ModelSpec | None, secret: str) -> Facts:
    """As they are now."""
    paths = {path for some in files_of(model).values() for path in some} if model else set()
    return _facts(host, paths, secret, host.environ)


def facts_of_process(host: SimulatedHost, process: SimProcess, secret: str) -> Facts:
    """
    As they are when it begins.

    A version that came back has the environment of when it was applied first, and a name that the files may not know.
    """
    path = after("--model", process.argv)
    return _facts(host, {path} if path else set(), secret, process.environment)


def _facts(host: SimulatedHost, paths: set[str], secret: str, environment: Mapping[str, str]) -> Facts:
    found = [host.disk.facts(path) for path in sorted(paths)]
    return Facts(
        build=(host.binary.path, host.binary.size, host.binary.version),
        secret=host.environ.get(secret.removeprefix("env:")),
        environment=tuple(passed_on(environment).items()),
        files=tuple((one.path, one.size, one.mtime_ns) for one in found),
    )


@dataclass(frozen=True)
class Wanted:
    """
    The world that a fleet declares.

    Attributes:
        dedicated: command lines without their port, by name.
        router: that of the router; nothing without one.
        sections: keys of the router's models, by name, without their log.
        always: those of them that must be loaded.
    """

    dedicated: Mapping[str, tuple[str, ...]]
    router: tuple[str, ...] | None
    sections: Mapping[str, Mapping[str, str]]
    always: frozenset[str]

    @classmethod
    def of(cls, loaded: LoadedFleet, host: SimulatedHost) -> "Wanted":
        """By the rules for command lines and sections, and nothing else of the program."""
        fleet, catalogue = loaded.spec, host.catalogue
        router = fleet.active_router
        own = {
            name: without_port(
                dedicated_argv(model, name, fleet.server, port=1, binary=host.binary.path, catalogue=catalogue)
            )
            for name, model in fleet.served_by("dedicated").items()
        }
        inside = fleet.served_by("router") if router else {}
        return cls(
            dedicated=own,
            router=without_port(
                router_argv(
                    router,
                    fleet.server,
                    port=1,
                    binary=host.binary.path,
                    preset=str(host.directory / "run" / "router.ini"),
                    catalogue=catalogue,
                )
            )
            if router
            else None,
            sections={name: section(model, catalogue=catalogue) for name, model in inside.items()},
            always=frozenset(name for name, model in inside.items() if model.load == "always"),
        )
