"""Rules that span several keys. Pure: a fleet in, problems out; each rule is one small generator."""

from collections.abc import Callable, Iterator

from reconciler.config.node import Path
from reconciler.config.problem import Problem, dotted
from reconciler.config.text import printable
from reconciler.domain.diagnostic import Severity
from reconciler.llama.address import is_socket
from reconciler.spec.fleet import FleetSpec
from reconciler.spec.server import SECRETS
from reconciler.spec.sources import SOURCES, names_a_secret, tells_a_secret

MODELS_MAX = 4
"""llama-server's own default of `--models-max`."""

NO_DAEMON = "it takes effect with the daemon, which this version does not have"
NO_LOG = "this version keeps no log of its own, only those of the servers"
NO_METRICS = "this version takes no samples"


def check(fleet: FleetSpec) -> Iterator[Problem]:
    """Every problem that a look at single values does not show."""
    for rule in RULES:
        yield from rule(fleet)


def models_have_one_source(fleet: FleetSpec) -> Iterator[Problem]:
    """A model is a file or one of the things that are downloaded."""
    for name, model in fleet.models.items():
        here: Path = ("models", name)
        every = tuple((*here, key) for key in SOURCES)
        said = [key for key in SOURCES if getattr(model, key) is not None]
        if not said:
            yield Problem(
                code="E0205",
                summary=f"`{name}` has no source",
                path=every[0],
                detail="a model needs one of " + ", ".join(f"`{key}`" for key in SOURCES),
                hint="add `path: FILE.gguf`, or `hf: org/repo:QUANT` to have it downloaded",
                at_key=True,
                rests_on=every,
            )
        for other in said[1:]:
            yield _second_source(here, said[0], other)
        if model.hf_file is not None and model.hf is None:
            yield _file_of_nothing(here)
        if model.speculative.hf is not None and model.hf is None:
            yield _draft_alone(here)


def names_are_unique(fleet: FleetSpec) -> Iterator[Problem]:
    """An alias that equals a name, or another alias, makes the router stop answering."""
    taken: dict[str, Path] = {name: ("models", name) for name in fleet.models}
    for name, model in fleet.models.items():
        for index, alias in enumerate(model.aliases):
            here: Path = ("models", name, "aliases", index)
            if alias in taken:
                yield Problem(
                    code="E0303",
                    summary=f"the alias `{alias}` is taken",
                    path=here,
                    detail=f"`{dotted(taken[alias])}` has that name",
                    hint="choose another alias, or remove it",
                    others=(taken[alias],),
                )
            else:
                taken[alias] = here


def ports_are_unique(fleet: FleetSpec) -> Iterator[Problem]:
    """Two processes cannot listen on one port; what is switched off holds none."""
    taken: dict[int, Path] = {}
    if fleet.active_router:
        taken[fleet.active_router.port] = ("router", "port")
    for name, model in fleet.served_by("dedicated").items():
        here: Path = ("models", name, "port")
        if model.port is None:
            continue
        if model.port in taken:
            other = taken[model.port]
            yield Problem(
                code="E0304",
                summary=f"the port {model.port} is given twice",
                path=here,
                detail=f"`{dotted(other)}` has it too",
                hint="choose another port, or leave it out to have one of `server.ports`",
                others=(other,),
            )
        taken.setdefault(model.port, here)


def pool_is_large_enough(fleet: FleetSpec) -> Iterator[Problem]:
    """Every dedicated model without a port needs one of the pool."""
    dedicated = fleet.served_by("dedicated").values()
    fixed = {model.port for model in dedicated if model.port}
    if fleet.active_router:
        fixed.add(fleet.active_router.port)
    free = sum(1 for port in fleet.server.pool if port not in fixed)
    needed = sum(1 for model in dedicated if model.port is None)
    if needed > free:
        yield Problem(
            code="E0310",
            summary=f"the pool of ports is too small: {needed} models need one, {free} are free",
            path=("server", "ports"),
            detail=f"`server.ports` is `{fleet.server.ports}`",
            hint="give `server.ports` a wider range",
        )


def router_models_have_a_router(fleet: FleetSpec) -> Iterator[Problem]:
    """A model of the router needs the router."""
    if fleet.active_router:
        return
    for name in fleet.served_by("router"):
        switched_off = fleet.router is not None
        yield Problem(
            code="E0305",
            summary=f"`{name}` is served by the router, and there is none",
            path=("models", name, "serve"),
            rests_on=(("router",),),
            hint="remove `router.enabled: false`"
            if switched_off
            else "add `router:` with a port, or `serve: dedicated`",
        )


def router_models_have_no_process(fleet: FleetSpec) -> Iterator[Problem]:
    """A child of the router gets its port and its environment from the router."""
    for name, model in fleet.models.items():
        if model.serve == "router" and model.port is not None:
            yield _needs_dedicated("E0306", name, "port", "the router serves it under its own port")
        if model.serve == "router" and model.env:
            yield _needs_dedicated("E0307", name, "env", "the children of the router share its environment")


def environments_have_no_secret(fleet: FleetSpec) -> Iterator[Problem]:
    """They are in plans, in the store and in every output."""
    for name, model in fleet.models.items():
        for variable, value in model.env.items():
            if names_a_secret(variable) or tells_a_secret(value):
                key = next((key for key, one in SECRETS.items() if one == variable), "")
                yield Problem(
                    code="E0207",
                    summary=f"`{printable(variable)}` would put a secret where everybody can read it",
                    path=("models", name, "env", variable),
                    detail="`env` is shown in plans and kept in the store",
                    hint=f"write `server: {{ {key}: {{ env: {variable} }} }}`"
                    if key
                    else "remove it: secrets are `server.api_key` and `server.hf_token`, and there are no others",
                    at_key=True,
                    secret=True,
                )


def always_models_fit(fleet: FleetSpec) -> Iterator[Problem]:
    """The router puts out a loaded model for a request when all places are taken, one of `load: always` too."""
    router = fleet.active_router
    limit = MODELS_MAX if router is None or router.models_max is None else router.models_max
    if router is None or limit == 0:
        return
    models = fleet.served_by("router").values()
    always = sum(1 for model in models if model.load == "always")
    on_demand = always < len(models)
    if always > limit - on_demand:
        needed = always + on_demand
        place = "" if not on_demand else ", and a place for those on demand"
        yield Problem(
            code="E0308",
            summary=f"`router.models_max` is too small for {always} models with `load: always`",
            path=("router", "models_max"),
            rests_on=tuple(("models", name, key) for name in fleet.models for key in ("serve", "load")),
            detail=f"expected at least {needed} ({always} always{place}), got {limit}",
            hint=f"write `models_max: {needed}` (0 is no limit), or `load: on-demand` in some models",
        )


def a_socket_has_one_process(fleet: FleetSpec) -> Iterator[Problem]:
    """Ports tell processes apart on an address; on a unix socket nothing does."""
    host, router = fleet.server.host, fleet.active_router
    processes = len(fleet.served_by("dedicated")) + (router is not None and router.host in {None, host})
    if is_socket(host) and processes > 1:
        yield Problem(
            code="E0314",
            summary=f"`{host}` is one unix socket, and {processes} processes would listen on it",
            path=("server", "host"),
            hint="write an address such as `127.0.0.1`, or serve all models by the router",
        )


def tls_has_both_files(fleet: FleetSpec) -> Iterator[Problem]:
    """A key without a certificate is no TLS."""
    key, certificate = fleet.server.ssl_key_file, fleet.server.ssl_cert_file
    if (key is None) != (certificate is None):
        given, absent = ("ssl_key_file", "ssl_cert_file") if key else ("ssl_cert_file", "ssl_key_file")
        yield Problem(
            code="E0309",
            summary=f"`{given}` needs `{absent}`",
            path=("server", given),
            rests_on=(("server", absent),),
            hint=f"add `{absent}: FILE.pem`",
        )


def tls_is_not_served_yet(fleet: FleetSpec) -> Iterator[Problem]:
    """Our own looks speak plain HTTP: a server with TLS would never be seen ready, and be stopped again."""
    if fleet.server.ssl_key_file and fleet.server.ssl_cert_file:
        yield Problem(
            code="E0315",
            summary="servers with TLS cannot be looked after yet",
            path=("server", "ssl_key_file"),
            hint="remove both files, and let a reverse proxy speak TLS",
        )


def moves_are_clear(fleet: FleetSpec) -> Iterator[Problem]:
    """The old name is gone, and one model alone has taken it over."""
    heirs: dict[str, Path] = {}
    for name, model in fleet.models.items():
        if (old := model.moved_from) is None:
            continue
        here: Path = ("models", name, "moved_from")
        if old == name:
            summary, hint = (
                f"`{name}` cannot be moved from itself",
                "write the name that it had before, or remove the line",
            )
            yield Problem(code="E0312", summary=summary, path=here, hint=hint)
            continue
        other = ("models", old) if old in fleet.models else heirs.get(old)
        if other:
            reason = "is still declared" if old in fleet.models else "was taken over by another model"
            yield Problem(
                code="E0312",
                summary=f"`{name}` cannot be moved from `{old}`, which {reason}",
                path=here,
                hint="remove `moved_from`, or the other model",
                others=(other,),
            )
        heirs.setdefault(old, here)


def keys_have_an_effect(fleet: FleetSpec) -> Iterator[Problem]:
    """The language is larger than what this version does; what is said for nothing is told."""
    if "metrics" in fleet.said:
        yield _idle(("metrics",), NO_METRICS)
    for key in ("level", "console", "database"):
        if key in fleet.logging.said:
            yield _idle(("logging", key), NO_LOG)
    if fleet.router and "restart" in fleet.router.said:
        yield _idle(("router", "restart"), NO_DAEMON)
    for name, model in fleet.models.items():
        if "restart" in model.said:
            yield _idle(("models", name, "restart"), NO_DAEMON)


def _second_source(here: Path, first: str, other: str) -> Problem:
    return Problem(
        code="E0316",
        summary=f"`{here[-1]}` has a second source: `{other}`",
        path=(*here, other),
        detail=f"`{first}` is one already",
        hint=f"remove `{other}` or `{first}`",
        at_key=True,
        others=((*here, first),),
    )


def _file_of_nothing(here: Path) -> Problem:
    return Problem(
        code="E0205",
        summary="`hf_file` is a file of a repository, and there is none",
        path=(*here, "hf_file"),
        detail="expected `hf` beside it",
        hint="add `hf: org/repo`",
        at_key=True,
        rests_on=((*here, "hf"),),
    )


def _draft_alone(here: Path) -> Problem:
    """Measured with b10434 and b11434: they download the one only on the way to the other, and then do not start."""
    return Problem(
        code="E0317",
        summary="llama-server downloads a draft model only for a model that comes from Hugging Face too",
        path=(*here, "speculative", "hf"),
        hint="write `hf` for the model, or download the draft model and write `speculative.model`",
        at_key=True,
        rests_on=((*here, "hf"),),
    )


def _idle(path: Path, reason: str) -> Problem:
    return Problem(
        code="W0301",
        severity=Severity.WARNING,
        summary=f"`{path[-1]}` has no effect in this version",
        path=path,
        detail=reason,
        hint="leave it for a later version, or remove it",
        at_key=True,
    )


def _needs_dedicated(code: str, name: str, key: str, reason: str) -> Problem:
    return Problem(
        code=code,
        summary=f"`{key}` is for dedicated models, and `{name}` is served by the router",
        path=("models", name, key),
        rests_on=(("models", name, "serve"),),
        detail=reason,
        hint=f"remove `{key}`, or write `serve: dedicated`",
        at_key=True,
    )


RULES: tuple[Callable[[FleetSpec], Iterator[Problem]], ...] = (
    models_have_one_source,
    names_are_unique,
    ports_are_unique,
    pool_is_large_enough,
    router_models_have_a_router,
    router_models_have_no_process,
    environments_have_no_secret,
    always_models_fit,
    a_socket_has_one_process,
    tls_has_both_files,
    tls_is_not_served_yet,
    moves_are_clear,
    keys_have_an_effect,
)
