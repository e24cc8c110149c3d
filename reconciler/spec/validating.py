"""
What somebody wrote, checked against the spec classes.

The one module that makes pydantic's schemas, from the annotations of the classes and the limits that stand beside them.
A fleet that did not change since it was checked does without it, and pydantic takes longer to import than a plan to
make.
"""

from collections.abc import Mapping
from functools import cache, partial
from types import UnionType
from typing import Annotated, Any, Literal, TypeVar, Union, get_args, get_origin

import pydantic
from pydantic import AfterValidator, BeforeValidator, GetCoreSchemaHandler, JsonValue, TypeAdapter, WithJsonSchema
from pydantic_core import CoreSchema, PydanticKnownError, core_schema

from reconciler.spec.base import REQUIRED, Field, Spec, SpecClass, default_of, fields
from reconciler.spec.marks import AnyJson, Checked, Limit, Parsed
from reconciler.spec.setting import Form, SettingInfo
from reconciler.spec.values import WHOLE_MAX, Switch

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
    # What `STRICT` hides inside, pydantic takes from the outermost schema.
    return TypeAdapter(_translated(owner), config=pydantic.ConfigDict(hide_input_in_errors=True))


def why_refused(error: ValueError) -> str:
    """In one line, by the names of settings, what is wrong with a document; shows no value of it."""
    if not isinstance(error, pydantic.ValidationError):
        return " ".join(str(error).split())
    said = error.errors(include_url=False, include_context=False, include_input=False)
    return "; ".join(f"`{'.'.join(map(str, one['loc']))}`: {one['msg']}" for one in said)


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
    info = field.declared
    if isinstance(info, SettingInfo):
        extra: Any = {"default": None, **info.documented}
        here = {
            key: value for key, value in info.constraints.items() if key != "min_length" or not _is_list(field.kind)
        }
        kind = _translated(field.kind, info)
        return Annotated[kind, pydantic.Field(description=info.help, json_schema_extra=extra, **here)]
    kind, default = _translated(field.kind), default_of(field)
    if default is REQUIRED or isinstance(default, Spec | Mapping):
        return kind
    shown: Any = {"default": list(default) if isinstance(default, tuple) else default}
    return Annotated[kind, pydantic.Field(json_schema_extra=shown)]


def _is_list(kind: Any) -> bool:
    return get_origin(kind) is tuple or any(get_origin(one) is tuple for one in get_args(kind))


def _translated(kind: Any, info: SettingInfo | None = None) -> Any:  # noqa: PLR0911 - one for each kind of annotation
    """An annotation in pydantic's words; within a setting, with what holds for all of them."""
    origin, inside = get_origin(kind), get_args(kind)
    if isinstance(kind, SpecClass):
        return Annotated[kind, _Schema(kind)]
    if origin is Annotated:
        bare, *marks = inside
        return Annotated[(_translated(bare, info), *(_mark(one, info) for one in marks))]
    if origin in {Union, UnionType}:
        return Union[tuple(_translated(one, info) for one in inside)]  # noqa: UP007 - built at run time
    if origin is tuple:
        return _list(inside[0], info)
    if origin is Mapping:
        ends = _separators(info)
        # The strength of each stands behind a colon.
        key = Annotated[inside[0], AfterValidator(partial(_whole_key, (*ends, ":")))] if ends else inside[0]
        return Mapping[_translated(key), _translated(inside[1])]  # type: ignore[misc] # built at run time
    if origin is Literal:
        return Annotated[kind, BeforeValidator(partial(_same_kind, {type(one) for one in inside}))]
    if kind is AnyJson:
        return Annotated[JsonValue, WithJsonSchema({})]
    return kind if info is None else _leaf(kind, info)


def _leaf(kind: Any, info: SettingInfo) -> Any:
    """What a single value of a setting may be: llama-server reads whole numbers as C's `int`."""
    if kind is bool:
        return _translated(Switch)
    return Annotated[int, pydantic.Field(le=info.constraints.get("le", WHOLE_MAX))] if kind is int else kind


def _list(of: Any, info: SettingInfo | None) -> Any:
    """YAML's lists become tuples; a setting with one item may be that item."""
    item = _item(of, info)
    many: Any = Annotated[tuple[item, ...], pydantic.Field(strict=False)]  # type: ignore[valid-type] # built at run time
    if info is None:
        return many
    if least := info.constraints.get("min_length"):
        # Not by pydantic, which counts the items that it refused as absent.
        known = pydantic.Field(json_schema_extra={"minItems": least})
        many = Annotated[many, known, AfterValidator(partial(_long_enough, least))]
    return Annotated[many, BeforeValidator(_several, json_schema_input_type=Union[item, many])]  # noqa: UP007 - as above


def _several(value: Any) -> Any:
    return value if value is None or isinstance(value, list | tuple | dict) else [value]


def _long_enough(least: int, value: tuple[Any, ...]) -> tuple[Any, ...]:
    if len(value) < least:
        counted = {"field_type": "Tuple", "min_length": least, "actual_length": len(value)}
        raise PydanticKnownError("too_short", counted)
    return value


def _item(kind: Any, info: SettingInfo | None) -> Any:
    """One item of a list, without what would end it on a command line."""
    item, ends = _translated(kind, info), _separators(info)
    return Annotated[item, AfterValidator(partial(_whole, ends))] if ends else item


def _separators(info: SettingInfo | None) -> tuple[str, ...]:
    """What stands between items on a command line; nothing can be quoted there."""
    spellings = info.spellings if info else ()
    return tuple(sorted({one.separator for one in spellings if one.form is not Form.JSON} - {""}))


def _whole(ends: tuple[str, ...], value: Any) -> Any:
    if isinstance(value, str) and (end := next((one for one in ends if one in value), None)):
        msg = f"expected one item without `{end}`, by which llama-server divides them; write several as a list"
        raise ValueError(msg)
    return value


def _whole_key(ends: tuple[str, ...], value: str) -> str:
    if end := next((one for one in ends if one in value), None):
        msg = f"`{value}` cannot be passed to llama-server: it divides the items by `,` and `:`, and `{end}` is in it"
        raise ValueError(msg)
    return value


def _same_kind(kinds: set[type], value: Any) -> Any:
    """Nothing of another type: `true` is 1 for Python, and so is 1.0."""
    return value if type(value) in kinds else ...


def _mark(mark: object, info: SettingInfo | None) -> Any:
    match mark:
        case Limit(constraints):
            return pydantic.Field(**constraints)
        case Parsed(read, form):
            return BeforeValidator(read, json_schema_input_type=_translated(form, info))
        case Checked(check):
            return AfterValidator(check)
    return mark
