"""
How every part of a spec behaves: a frozen value that holds what was written, and finds the rest on its class.

Specs are made in two ways: `validating.validate` reads what somebody wrote, and is the only one that needs pydantic;
`restored` takes back what this program has written down itself, and costs next to nothing.
"""

from collections.abc import Callable, KeysView, Mapping
from functools import cache
from types import MappingProxyType, UnionType
from typing import Annotated, Any, NamedTuple, Self, Union, dataclass_transform, get_args, get_origin

from reconciler.spec.setting import SettingInfo

EMPTY: Mapping[str, Any] = MappingProxyType({})
"""The default of mappings: nobody can write into it."""

REQUIRED = object()


class Field(NamedTuple):
    """
    One key of a spec as its class declares it.

    Attributes:
        kind: the annotation.
        declared: what stands behind the `=`; REQUIRED when nothing does.
    """

    kind: Any
    declared: Any


@dataclass_transform(kw_only_default=True, frozen_default=True)
class SpecClass(type):
    """Keeps what settings declare apart: one that is not written is not passed, so that None stands in its place."""

    declared: Mapping[str, SettingInfo]

    def __init__(cls, name: str, bases: tuple[type, ...], namespace: dict[str, Any]) -> None:
        super().__init__(name, bases, namespace)
        cls.declared = {key: value for key, value in namespace.items() if isinstance(value, SettingInfo)}
        for key in cls.declared:
            setattr(cls, key, None)


class Spec(metaclass=SpecClass):  # noqa: PLW1641 - mappings are among the values, so that no spec has a hash
    """
    The root of all spec classes.

    An instance keeps what was written and nothing else: a thousand models of two hundred settings are no larger than
    the files that declare them.
    """

    def __init__(self, **written: Any) -> None:
        if unknown := written.keys() - fields(type(self)).keys():
            raise TypeError(f"{type(self).__name__} has no {', '.join(sorted(unknown))}")
        self.__dict__.update(written)

    @classmethod
    def restored(cls, tree: Mapping[str, Any]) -> Self:
        """The spec whose `written` this is; nothing is checked."""
        spec = cls.__new__(cls)
        convert = _converters(cls)
        spec.__dict__.update({key: convert[key](value) if key in convert else value for key, value in tree.items()})
        return spec

    @property
    def said(self) -> KeysView[str]:
        """The keys that somebody wrote."""
        return self.__dict__.keys()

    def written(self) -> dict[str, Any]:
        """What was written, in JSON's own kinds: what `restored` takes."""
        return {key: _plain(value, Spec.written) for key, value in self.__dict__.items()}

    def document(self) -> dict[str, Any]:
        """What differs from the defaults, in JSON's own kinds: what records keep and plans compare."""
        differing = ((name, field) for name, field in fields(type(self)).items() if name in self.__dict__)
        return {
            name: self.shown(name, _plain(value, Spec.document))
            for name, field in differing
            if (value := self.__dict__[name]) != default_of(field)
        }

    def complete(self) -> dict[str, Any]:
        """The same with all defaults, and without what has none."""
        every = ((name, getattr(self, name)) for name in fields(type(self)))
        return {name: self.shown(name, _plain(value, Spec.complete)) for name, value in every if value is not None}

    def shown(self, name: str, value: Any) -> Any:  # noqa: ARG002 - for who overrides it
        """A value as a file would say it."""
        return value

    def replaced(self, **changes: Any) -> Self:
        """A copy with other values."""
        return type(self)(**{**self.__dict__, **changes})

    def problem(self) -> str | None:
        """What is wrong between several keys; a class with such a rule says it here."""
        return None

    def __setattr__(self, name: str, to: Any) -> None:
        raise AttributeError(f"cannot assign to `{name}`: specs are frozen")

    def __delattr__(self, name: str) -> None:
        raise AttributeError(f"cannot delete `{name}`: specs are frozen")

    def __eq__(self, other: object) -> bool:
        if self is other:
            return True
        if type(self) is not type(other):
            return NotImplemented
        keys = self.__dict__.keys() | other.__dict__.keys()
        return all(getattr(self, key) == getattr(other, key) for key in keys)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join(f'{key}={value!r}' for key, value in self.__dict__.items())})"


@cache
def fields(owner: SpecClass) -> Mapping[str, Field]:
    """The keys of a class in the order of declaration, those of its parents first."""
    return {
        name: Field(kind, base.declared.get(name, vars(base).get(name, REQUIRED)))
        for base in reversed(owner.__mro__)
        if isinstance(base, SpecClass)
        for name, kind in vars(base).get("__annotations__", {}).items()
    }


def default_of(field: Field) -> Any:
    """The value of a key that nobody wrote; REQUIRED where somebody must. A declared setting is not passed then."""
    return None if isinstance(field.declared, SettingInfo) else field.declared


def spec_within(kind: Any) -> type[Spec] | None:
    """The spec class of an annotation, seen through `| None` and `Annotated`."""
    if isinstance(kind, type):
        return kind if issubclass(kind, Spec) else None
    if get_origin(kind) in {Union, UnionType, Annotated}:
        return next((found for one in get_args(kind) if (found := spec_within(one))), None)
    return None


@cache
def _converters(owner: type[Spec]) -> Mapping[str, Callable[[Any], Any]]:
    """How values come back from JSON, for the keys where JSON's own kinds are not enough."""
    known = ((name, _converter(field.kind)) for name, field in fields(owner).items())
    return {name: convert for name, convert in known if convert is not None}


def _converter(kind: Any) -> Callable[[Any], Any] | None:
    if spec := spec_within(kind):
        return lambda tree: None if tree is None else spec.restored(tree)
    if get_origin(kind) in {Union, UnionType, Annotated}:
        return next((found for one in get_args(kind) if (found := _converter(one))), None)
    if get_origin(kind) is tuple:
        # Lists of a union stand beside single values.
        return lambda value: tuple(value) if isinstance(value, list) else value
    if get_origin(kind) is Mapping and (inner := _converter(get_args(kind)[1])):
        return lambda tree: {key: inner(value) for key, value in tree.items()}
    return None


def _plain(value: Any, of_spec: Callable[[Spec], dict[str, Any]]) -> Any:
    if isinstance(value, Spec):
        return of_spec(value)
    if isinstance(value, tuple | list):
        return [_plain(one, of_spec) for one in value]
    if isinstance(value, Mapping):
        return {key: _plain(one, of_spec) for key, one in value.items()}
    return value
