"""
The command line of a process and the sections of the router's INI file.

Own flags come first, then settings in the order of the registry, then `extra_args`: the order is stable, so that two
renderings can be compared by eye. A secret is never among them.
"""

from collections.abc import Iterable, Iterator, Mapping

from reconciler.llama.arguments import Argument, extra, settings_of
from reconciler.llama.catalogue import Catalogue
from reconciler.spec.model import ModelSpec
from reconciler.spec.router import RouterSpec
from reconciler.spec.server import ServerSpec


def dedicated_argv(
    model: ModelSpec, name: str, server: ServerSpec, *, port: int, binary: str, catalogue: Catalogue
) -> tuple[str, ...]:
    """
    The command line of a model with a process of its own.

    Raises:
        LlamaServerError: the build cannot take one of the settings.
    """
    alias = Argument(flag="--alias", value=_names(name, *model.aliases))
    return (binary, *_words([*_own(server.host, port, alias), *_model(model, server, catalogue)]))


def router_argv(
    router: RouterSpec, server: ServerSpec, *, port: int, binary: str, preset: str, catalogue: Catalogue
) -> tuple[str, ...]:
    """
    The command line of the router. It is an implicit `[*]` for its models, so that it carries none of their settings.

    Raises:
        LlamaServerError: the build cannot take one of the settings.
    """
    own = _own(router.host or server.host, port)
    preset_file = Argument(flag="--models-preset", value=preset)
    settings = [
        *settings_of(server, catalogue),
        *settings_of(router, catalogue),
    ]
    return (binary, *_words([*own, preset_file, *settings]))


def section(model: ModelSpec, *, catalogue: Catalogue, log_file: str | None = None) -> dict[str, str]:
    """
    The keys of a model's section: complete, because a change in `[*]` would unload every model.

    Our own policies are none of them. The router unloads a model for a change of any key of its section, also of
    `stop-timeout` and `load-on-startup`; we drain before a reload and load by the API instead.

    Args:
        log_file: a log of the model's own; `None` leaves it to the router's.

    Raises:
        LlamaServerError: the build cannot take one of the settings.
    """
    keys = section_of(model, section_arguments(model, catalogue))
    return keys if log_file is None else keys | {"log-file": log_file}


def section_arguments(model: ModelSpec, catalogue: Catalogue) -> tuple[Argument, ...]:
    """
    What the keys of a section are made from, besides the file and the names.

    Raises:
        LlamaServerError: the build cannot take one of the settings.
    """
    return (*settings_of(model, catalogue), *extra(model.extra_args))


def section_of(model: ModelSpec, arguments: Iterable[Argument]) -> dict[str, str]:
    """The keys of a section."""
    file = {"model": model.path} if model.path else {}
    alias = {"alias": _names(*model.aliases)} if model.aliases else {}
    return {**file, **alias, **_keys(arguments)}


def preset(sections: Mapping[str, Mapping[str, str]]) -> str:
    """The INI file of the router, by name of the models; every section is whole and `[*]` is left out."""
    return "\n".join(_section_text(name, sections[name]) for name in sorted(sections))


def router_model_argv(
    model: ModelSpec, *, binary: str, catalogue: Catalogue, log_file: str | None = None
) -> tuple[str, ...]:
    """The command line that a model's section stands for; the router adds its own flags and the port."""
    alias = [Argument(flag="--alias", value=_names(*model.aliases))] if model.aliases else []
    log = [Argument(flag="--log-file", value=log_file)] if log_file is not None else []
    return (binary, *_words([*alias, *_model(model, None, catalogue), *log]))


def _own(host: str, port: int, alias: Argument | None = None) -> Iterator[Argument]:
    """What every process gets from us; added later to a running fleet, one of them would restart everybody."""
    yield Argument(flag="--host", value=host)
    yield Argument(flag="--port", value=str(port))
    if alias is not None:
        yield alias
    yield Argument(flag="--metrics")
    yield Argument(flag="--log-colors", value="off")


def _model(model: ModelSpec, server: ServerSpec | None, catalogue: Catalogue) -> Iterator[Argument]:
    if model.path:
        yield Argument(flag="--model", value=model.path)
    if server is not None:
        yield from settings_of(server, catalogue)
    yield from settings_of(model, catalogue)
    yield from extra(model.extra_args)


def _names(*names: str) -> str:
    return ",".join(names)


def _words(arguments: Iterable[Argument]) -> Iterator[str]:
    for argument in arguments:
        yield from argument.words


def _keys(arguments: Iterable[Argument]) -> dict[str, str]:
    """As keys: a flag that stands alone is `true`, a switch that is off `false`; one given several times is a list."""
    keys: dict[str, list[str]] = {}
    for argument in arguments:
        value = argument.value if argument.value is not None else str(argument.flag == argument.key).lower()
        keys.setdefault(argument.key.lstrip("-"), []).append(value)
    return {key: ",".join(values) for key, values in keys.items()}


def _section_text(name: str, keys: Mapping[str, str]) -> str:
    return "".join([f"[{name}]\n", *(f"{key} = {value}\n" for key, value in keys.items())])
