"""
A setting and its value as arguments, in the spelling that the build at hand takes.

The first spelling of a setting that the catalogue knows, and that can say the value, is used. Both an argument list and
a section of the router's INI file are made from the same pairs, so they cannot say different things.
"""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from reconciler.domain.frozen import frozen
from reconciler.errors import LlamaServerError
from reconciler.llama.catalogue import Catalogue
from reconciler.spec.base import Spec
from reconciler.spec.registry import Setting, by_flag, written
from reconciler.spec.setting import Form, Spelling


@frozen
class Argument:
    """
    One flag with its value.

    Attributes:
        flag: the spelling as a command line takes it; the negative one where a switch is off.
        value: `None` for a flag that stands alone.
        key: the positive spelling, by which an INI file names a switch that is off.
    """

    flag: str
    value: str | None = None
    key: str = ""

    @property
    def words(self) -> tuple[str, ...]:
        """The flag as a command line takes it."""
        return (self.flag,) if self.value is None else (self.flag, self.value)


def settings_of(spec: Spec, catalogue: Catalogue) -> Iterator[Argument]:
    """
    The arguments of every setting that is written, in the order of the registry.

    Raises:
        LlamaServerError: the build has no way to say one of the values; `check_flags` finds all of them at once.
    """
    for setting, value in written(spec):
        yield from arguments(setting, value, catalogue)


def arguments(setting: Setting, value: Any, catalogue: Catalogue) -> tuple[Argument, ...]:
    """
    The arguments of one setting; none where absence says the value.

    Raises:
        LlamaServerError: no spelling of the build can say the value.
    """
    spelling = chosen(setting, value, catalogue)
    if spelling is None:
        raise LlamaServerError(
            f"llama-server {catalogue.build} cannot take {setting.path} = {text(value)}",
            hint="`reconcile validate` lists every setting that this build does not take",
        )
    return tuple(_spelled(spelling, value, setting, catalogue))


def chosen(setting: Setting, value: Any, catalogue: Catalogue) -> Spelling | None:
    """The newest spelling that the build knows and that can say the value."""
    for one in setting.spellings:
        if catalogue.knows(one.flag) and _can_say(one, value, setting, catalogue):
            return one
    return None


def setting_of(flag: str, catalogue: Catalogue) -> tuple[Setting, Spelling] | None:
    """The setting that a flag says, under any spelling that the build has for it; its own before those beside it."""
    entry = catalogue.entry(flag)
    spellings = (flag, *(entry.aliases if entry else ()))
    return next((by_flag()[one] for one in spellings if one in by_flag()), None)


def negative(flag: str, catalogue: Catalogue) -> str | None:
    """The spelling that switches a flag off, in the same words where the build has it."""
    entry = catalogue.entry(flag)
    known = entry.negatives if entry else ()
    same = f"--no-{flag.removeprefix('--')}"
    return same if same in known else next((one for one in known if one.startswith("--")), None)


def text(value: Any, separator: str = ",") -> str:
    """A value as llama-server reads it: `0.7`, `3,1`, `on`, `a.gguf:0.5`."""
    if isinstance(value, bool):
        return "on" if value else "off"
    if isinstance(value, float):
        return repr(value).removesuffix(".0")
    if isinstance(value, tuple | list):
        return separator.join(text(item) for item in value)
    if isinstance(value, Mapping):
        return separator.join(f"{text(key)}:{text(item)}" for key, item in value.items())
    return str(value)


def _can_say(spelling: Spelling, value: Any, setting: Setting, catalogue: Catalogue) -> bool:
    if spelling.form is Form.SWITCH and not value:
        return setting.info.default != "on" or negative(spelling.flag, catalogue) is not None
    return not spelling.only or value in spelling.only


def _spelled(spelling: Spelling, value: Any, setting: Setting, catalogue: Catalogue) -> Iterator[Argument]:
    flag = spelling.flag
    match spelling.form:
        case Form.REPEATED:
            for item in value:
                yield Argument(flag=flag, value=text(item), key=flag)
        case Form.BARE:
            yield Argument(flag=flag, key=flag)
        case Form.SWITCH if value:
            yield Argument(flag=flag, key=flag)
        case Form.SWITCH:
            off = negative(flag, catalogue)
            if off is not None:
                yield Argument(flag=off, key=flag)
            elif setting.info.default == "on":
                raise AssertionError
        case Form.JSON:
            yield Argument(flag=flag, value=json.dumps(value, ensure_ascii=False, separators=(",", ":")), key=flag)
        case Form.ON_OFF | Form.VALUE:
            said = spelling.only.get(value) if spelling.only else None
            yield Argument(flag=flag, value=said or text(value, spelling.separator), key=flag)


def extra(given: Mapping[str, Any]) -> Iterator[Argument]:
    """`extra_args` in their order: `true` is a bare flag, `false` and `null` none, a list one flag for each item."""
    for flag, value in given.items():
        for item in value if isinstance(value, tuple | list) else (value,):
            if item is True:
                yield Argument(flag=flag, key=flag)
            elif item is not False and item is not None:
                yield Argument(flag=flag, value=text(item), key=flag)
