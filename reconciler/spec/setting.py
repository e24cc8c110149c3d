"""
One line per setting: its YAML key is the attribute, and `setting()` holds the rest.

A spelling says how builds of llama-server take the value. The newest comes first; the first one that the catalogue of
the installed build knows is used.
"""

from collections.abc import Mapping
from dataclasses import field
from enum import StrEnum
from typing import Any

from reconciler.domain.frozen import frozen


class Form(StrEnum):
    """How a value becomes arguments."""

    VALUE = "value"
    """`--flag VALUE`; lists are joined by commas."""

    SWITCH = "switch"
    """True is `--flag`; false is its `--no-…` form where the build has one, else absent."""

    ON_OFF = "on-off"
    """`--flag on` or `--flag off`."""

    REPEATED = "repeated"
    """`--flag VALUE` once for each item."""

    JSON = "json"
    """`--flag '{"a":1}'`: a mapping as JSON text."""

    BARE = "bare"
    """`--flag` alone, for exactly the values in `only`."""


@frozen
class Spelling:
    """
    One way in which some builds take a setting.

    Attributes:
        flag: the long flag.
        only: the values that this spelling can say, and what each becomes; empty means all, as they are.
        separator: between the items of a list; empty where one value is one item.
    """

    flag: str
    form: Form = Form.VALUE
    only: Mapping[Any, str | None] = field(default_factory=dict)
    separator: str = ","


@frozen
class SettingInfo:
    """
    What a line says beyond the key and its type. A spec that does not say the setting has None there.

    Attributes:
        constraints: `ge`, `le`, `min_length` and so on, as pydantic's fields take them.
    """

    spellings: tuple[Spelling, ...]
    help: str
    constraints: Mapping[str, Any] = field(default_factory=dict)
    unit: str = ""
    default: str = ""
    path_to_file: bool = False
    path: bool = False

    @property
    def documented(self) -> dict[str, str]:
        """What a JSON Schema says about llama-server beside the type."""
        said = {"x-flag": self.spellings[0].flag, "x-unit": self.unit, "x-default": self.default}
        return {key: value for key, value in said.items() if value}

    @property
    def is_path(self) -> bool:
        """Whether the value is relative to the file that says it."""
        return self.path or self.path_to_file


def switch(flag: str) -> Spelling:
    """A boolean as `--x` or `--no-x`."""
    return Spelling(flag=flag, form=Form.SWITCH)


def on_off(flag: str) -> Spelling:
    """A boolean as `--x on` or `--x off`."""
    return Spelling(flag=flag, form=Form.ON_OFF)


def zero_one(flag: str) -> Spelling:
    """A boolean as `--x 1` or `--x 0`."""
    return Spelling(flag=flag, only={True: "1", False: "0"})


def json_text(flag: str) -> Spelling:
    """A mapping as JSON text."""
    return Spelling(flag=flag, form=Form.JSON)


def joined(flag: str, separator: str) -> Spelling:
    """A list in one value, with something else than a comma between its items."""
    return Spelling(flag=flag, separator=separator)


def repeated(flag: str, separator: str = "") -> Spelling:
    """A list as one flag for each item; builds may take several items at once too."""
    return Spelling(flag=flag, form=Form.REPEATED, separator=separator)


def bare(flag: str, *values: Any) -> Spelling:
    """A flag without a value that stands for exactly these values of the setting."""
    return Spelling(flag=flag, form=Form.BARE, only=dict.fromkeys(values))


def setting(
    *spellings: str | Spelling,
    help: str,  # noqa: A002 - the word that the reader of a setting expects
    unit: str = "",
    default: str = "",
    path_to_file: bool = False,
    path: bool = False,
    **constraints: Any,
) -> Any:
    """
    Declares a setting of llama-server.

    Args:
        spellings: newest first; a plain text is a flag that takes a value.
        help: one sentence for the reference.
        default: llama-server's own default, for documentation; a setting that is not written is not passed.
        path_to_file: whether the value is a GGUF on the host, relative to the file that says it; a change of it counts.
        path: whether it is another file or a folder on the host; made absolute, and not looked at.
        constraints: `ge`, `le`, `min_length` and so on, as for a pydantic field.
    """
    known = tuple(one if isinstance(one, Spelling) else Spelling(flag=one) for one in spellings)
    return SettingInfo(
        spellings=known,
        help=help,
        constraints=constraints,
        unit=unit,
        default=default,
        path_to_file=path_to_file,
        path=path,
    )
