"""
What somebody wrote, checked against the spec classes.

The one module that makes pydantic's schemas, from the annotations of the classes and the limits that stand beside them.
A fleet that did not change since it was checked does without it, and pydantic takes longer to import than a plan to
make.
"""

from collections.abc import Mapping
from functools import cache
from types import UnionType
from typing import Annotated, Any, TypeVar, Union, get_args, get_origin

import pydantic
from pydantic import AfterValidator, BeforeValidator, GetCoreSchemaHandler, JsonValue, TypeAdapter, WithJsonSchema
from pydantic_core import CoreSchema, core_schema

from reconciler.spec.base import REQUIRED, Field, Spec, SpecClass, default_of, fields
from reconciler.spec.marks import AnyJson, Checked, Limit, Parsed
from reconciler.spec.setting import SettingInfo

Checkable = TypeVar("Checkable", bound=Spec)

STRICT = core_schema.CoreConfig(
    # `strict` keeps `"8080"` from passing as a number: YAML tells them apart.
    strict=True,
    allow_inf_nan=False,
    # A value may be a secret.
    hide_input_in_errors=True,
)


def validate(owner: type[Checkable], tree: object) -> Checkable:
    """
    The spec that a tree of plain values stands for.

    Raises:
        pydantic.ValidationError: with everything that is wrong. It never shows a value.
    """
    spec: Checkable = _adapter(owner).validate_python(tree)
    return spec


def json_schema(owner: type[Spec]) -> dict[str, Any]:
    """The JSON Schema of what `validate` takes."""
    return _adapter(owner).json_schema()


@cache
def _adapter(owner: type[Spec]) -> TypeAdapter[Any]:
    return TypeAdapter(_translated(owner))


class _Schema:
    """Tells pydantic how a spec class is made: from a mapping, by the keys that stand in it."""

    def __init__(self, owner: SpecClass) -> None:
        self.owner = owner

    def __get_pydantic_core_schema__(self, _source: object, handler: GetCoreSchemaHandler) -> CoreSchema:
        owner = self.owner
        inside = core_schema.typed_dict_schema(
            {
                name: core_schema.typed_dict_field(
                    handler.generate_schema(_declared(field)), required=default_of(field) is REQUIRED
                )
                for name, field in fields(owner).items()
            },
            extra_behavior="forbid",
            config=STRICT,
        )
        return core_schema.no_info_after_validator_function(
            lambda values: _made(owner, values), inside, ref=f"{owner.__module__}.{owner.__qualname__}:{id(owner)}"
        )


def _made(owner: SpecClass, values: dict[str, Any]) -> Spec:
    spec: Spec = owner(**values)
    if problem := spec.problem():
        raise ValueError(problem)
    return spec


def _declared(field: Field) -> Any:
    """A key with all that its line says."""
    kind, info = _translated(field.kind), field.declared
    if isinstance(info, SettingInfo):
        extra: Any = {"default": None, **info.documented}
        return Annotated[kind, pydantic.Field(description=info.help, json_schema_extra=extra, **info.constraints)]
    default = default_of(field)
    if default is REQUIRED or isinstance(default, Spec | Mapping):
        return kind
    shown: Any = {"default": list(default) if isinstance(default, tuple) else default}
    return Annotated[kind, pydantic.Field(json_schema_extra=shown)]


def _translated(kind: Any) -> Any:
    """An annotation in pydantic's words."""
    origin, inside = get_origin(kind), get_args(kind)
    if isinstance(kind, SpecClass):
        return Annotated[kind, _Schema(kind)]
    if origin is Annotated:
        bare, *marks = inside
        return Annotated[(_translated(bare), *map(_mark, marks))]
    if origin in {Union, UnionType}:
        return Union[tuple(map(_translated, inside))]  # noqa: UP007 - built at run time
    if origin is tuple:
        # YAML's lists become tuples.
        return Annotated[tuple[_translated(inside[0]), ...], pydantic.Field(strict=False)]  # type: ignore[misc] # built at run time
    if origin is Mapping:
        return Mapping[_translated(inside[0]), _translated(inside[1])]  # type: ignore[misc] # built at run time
    return Annotated[JsonValue, WithJsonSchema({})] if kind is AnyJson else kind


def _mark(mark: object) -> Any:
    match mark:
        case Limit(constraints):
            return pydantic.Field(**constraints)
        case Parsed(read, form):
            return BeforeValidator(read, json_schema_input_type=_translated(form))
        case Checked(check):
            return AfterValidator(check)
    return mark
