"""What the spec says about keys: which are allowed where, where a stray one belongs, which are kept for later."""

from functools import cache
from typing import Any

from reconciler.config.node import Path
from reconciler.spec.base import Spec, fields, spec_within
from reconciler.spec.fleet import FleetSpec
from reconciler.spec.model import SECTIONS, ModelSpec
from reconciler.spec.registry import all_settings, by_flag, model_settings
from reconciler.spec.secret import SecretRef
from reconciler.spec.server import ServerSpec
from reconciler.spec.serving import ServingSettings
from reconciler.spec.sources import SOURCES, names_a_secret

MODEL_KEYS_OF_SERVER = frozenset({*SECTIONS, *fields(ServingSettings)})
"""Keys of `server` that are defaults of models."""

NOT_IN_DEFAULTS = frozenset({*SOURCES, "hf_file", "aliases", "port", "moved_from"})
"""Keys that must differ from model to model."""

BESIDE_THE_SPEC = ("defaults", "include", "profiles", "required_version", "variables")
"""Keys of the top level that are used up by merging and reading."""

RESERVED = frozenset({"nodes", "node", "replicas", "engine", "endpoints"})
"""Keys that a later version will give a meaning."""


@cache
def spec_class(path: Path) -> type[Spec] | None:
    """The class that describes the mapping at a path; nothing for free mappings such as `env`."""
    owner: type[Spec] = FleetSpec
    parts = list(path)
    while parts:
        part = str(parts.pop(0))
        if owner is FleetSpec and part in {"models", "defaults"}:
            owner = ModelSpec
            if part == "models" and not parts:
                return None
            del parts[: part == "models"]
            continue
        annotation = ServerSpec if (owner, part) == (FleetSpec, "server") else _annotation(owner, part)
        if owner is ServerSpec and part in MODEL_KEYS_OF_SERVER:
            annotation = _annotation(ModelSpec, part)
        inner = spec_within(annotation)
        if inner is None:
            return None
        owner = inner
    return owner


def allowed_keys(path: Path) -> tuple[str, ...]:
    """The keys that may stand in the mapping at a path; none where all may."""
    owner = spec_class(path)
    if owner is None:
        return ()
    own = set(fields(owner))
    if owner is FleetSpec:
        own |= set(BESIDE_THE_SPEC)
    if path == ("server",):
        own |= MODEL_KEYS_OF_SERVER
    if path == ("defaults",):
        own -= NOT_IN_DEFAULTS
    return tuple(sorted(own))


def is_secret(path: Path) -> bool:
    """Whether the value at a path, or one above it, is a reference to a secret."""
    return any(spec_class(path[:end]) is SecretRef for end in range(1, len(path) + 1))


def may_be_secret(path: Path) -> bool:
    """Whether nothing of what stands at a path is to be shown: by a key that is no setting of ours and names one."""
    named = 2 if path[:1] in {("models",), ("profiles",)} else 0
    return is_secret(path) or any(
        index >= named and names_a_secret(str(part)) and part not in allowed_keys(path[:index])
        for index, part in enumerate(path)
    )


def secret_of(path: Path) -> Path:
    """The key that refers to a secret, where something below it is wrong: that may be the secret, too."""
    return next((path[:end] for end in range(1, len(path)) if is_secret(path[:end])), path)


def normal(key: str) -> str:
    """A key as the spec would spell it."""
    return key.strip().lstrip("-").replace("-", "_").lower()


def home_of(key: str, path: Path) -> str | None:
    """The section that a stray key belongs in, such as `memory` for `ctx_size`; empty is the model itself."""
    inside_model = path[:1] in {("models",), ("defaults",)}
    known = model_settings() if inside_model else all_settings()
    return next((one.rpartition(".")[0] for one in called(normal(key)) if one in known), None)


def called(name: str) -> tuple[str, ...]:
    """Paths of settings by their own name or that of one of their flags."""
    return _by_name().get(name, ())


@cache
def _by_name() -> dict[str, tuple[str, ...]]:
    own = ((path.rpartition(".")[2], path) for path in all_settings())
    flags = ((normal(flag), setting.path) for flag, (setting, _) in by_flag().items())
    found: dict[str, tuple[str, ...]] = {}
    for name, path in dict.fromkeys((*own, *flags)):
        found[name] = (*found.get(name, ()), path)
    return found


def _annotation(owner: type[Spec], key: str) -> Any:
    field = fields(owner).get(key)
    return field.kind if field else None
