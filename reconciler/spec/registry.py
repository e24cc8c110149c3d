"""Every setting by its path, read off the spec classes: the one place where rooms ask what a path means."""

from collections.abc import Iterator, Mapping
from functools import cache
from types import NoneType
from typing import Annotated, Any, Literal, get_args, get_origin

from reconciler.domain.change import Effect
from reconciler.domain.frozen import frozen
from reconciler.spec.base import Spec, fields, spec_within
from reconciler.spec.model import SECTIONS, ModelSpec
from reconciler.spec.router import RouterSpec
from reconciler.spec.server import ServerSpec
from reconciler.spec.setting import SettingInfo, Spelling
from reconciler.spec.sources import DOWNLOAD_VARIABLES

WITHOUT_EFFECT = frozenset({"health", "restart", "protect", "moved_from", "enabled", "load", "logging", "ports"})
"""Our own policies, by the first part of their path: no llama-server sees them."""

ENVIRONMENT_WITHOUT_EFFECT = frozenset({"PATH", "HOME", "LANG", *DOWNLOAD_VARIABLES})
"""Variables that are passed on and recorded, but whose change does not change what is served."""


@frozen
class Setting:
    """
    One setting with its place.

    Attributes:
        path: `memory.ctx_size` of a model, `server.timeout`, `router.models_max`.
        many: whether the value is a list.
        scaled: whether the value is a mapping of items to their weight.
        text: whether a value, or each item of it, is a text even where it looks like a number.
    """

    path: str
    info: SettingInfo
    many: bool = False
    scaled: bool = False
    text: bool = False

    @property
    def spellings(self) -> tuple[Spelling, ...]:
        """How builds take it, newest first."""
        return self.info.spellings


def _of(owner: type[Spec], prefix: str) -> dict[str, Setting]:
    found = {}
    for name, field in fields(owner).items():
        if isinstance(info := field.declared, SettingInfo):
            shapes = {_shape(kind) for kind in get_args(field.kind)}
            found[prefix + name] = Setting(
                path=prefix + name,
                info=info,
                many=tuple in shapes,
                scaled=Mapping in shapes,
                text=_leaves(field.kind) <= {str, NoneType},
            )
    return found


def _shape(kind: object) -> object:
    return get_origin(get_args(kind)[0] if get_origin(kind) is Annotated else kind)


def _leaves(kind: Any) -> set[type]:
    if get_origin(kind) is Literal:
        return {type(value) for value in get_args(kind)}
    inside = get_args(kind)[:1] if get_origin(kind) is Annotated else get_args(kind)
    return {leaf for one in inside for leaf in _leaves(one)} if inside else {kind} - {Ellipsis}


@cache
def model_settings() -> dict[str, Setting]:
    """Settings of a model, its own first, then section by section."""
    settings = _of(ModelSpec, "")
    for section in SECTIONS:
        if owner := spec_within(fields(ModelSpec)[section].kind):
            settings |= _of(owner, section + ".")
    return settings


@cache
def server_settings() -> dict[str, Setting]:
    """Settings of every process."""
    return _of(ServerSpec, "server.")


@cache
def router_settings() -> dict[str, Setting]:
    """Settings of the router's own process."""
    return _of(RouterSpec, "router.")


@cache
def all_settings() -> dict[str, Setting]:
    """Every setting there is."""
    return model_settings() | server_settings() | router_settings()


@cache
def by_flag() -> Mapping[str, tuple[Setting, Spelling]]:
    """Who says a flag, by the long flags of all builds; further spellings of a build are for its catalogue to tell."""
    return {one.flag: (setting, one) for setting in all_settings().values() for one in setting.spellings}


def written(spec: Spec) -> Iterator[tuple[Setting, Any]]:
    """
    The settings of a model, the server or the router that have a value, in the order of the registry.

    Only what somebody wrote has one, so the rest is not looked at: of a thousand models that is nearly everything.
    """
    said = spec.said
    for name, inside in _by_field(type(spec)).items():
        if name not in said or (part := getattr(spec, name)) is None:
            continue
        if whole := inside.get(""):
            yield whole, part
            continue
        said_there = part.said
        for leaf, setting in inside.items():
            if leaf in said_there and (value := getattr(part, leaf)) is not None:
                yield setting, value


@cache
def _by_field(owner: type[Spec]) -> Mapping[str, Mapping[str, Setting]]:
    """Settings by the field of the owner and, in a section, by that of the section; else by an empty text."""
    settings = {ModelSpec: model_settings, ServerSpec: server_settings, RouterSpec: router_settings}[owner]()
    found: dict[str, dict[str, Setting]] = {}
    for path, setting in settings.items():
        local = path if owner is ModelSpec else path.partition(".")[2]
        field, _, leaf = local.partition(".")
        found.setdefault(field, {})[leaf] = setting
    return found


def effect_of(path: str, *, serve: str) -> Effect:
    """
    What a change of this path costs; derived from where it goes, never declared.

    Args:
        path: as in a field change; `serve` is `dedicated`, `router` (a model of the router) or `process` (the router).
    """
    first, _, rest = path.partition(".")
    head = rest.partition(".")[0] if first in {"router", "server"} else first
    if head in WITHOUT_EFFECT or (first == "environment" and rest in ENVIRONMENT_WITHOUT_EFFECT):
        return Effect.NONE
    return {"dedicated": Effect.RESTART, "router": Effect.RELOAD, "process": Effect.ROUTER_RESTART}[serve]
