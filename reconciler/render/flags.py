"""The flags of a build, each with its setting or with the reason why it has none; and what differs between two."""

from collections.abc import Iterator
from typing import Any

from reconciler.llama.catalogue import Catalogue
from reconciler.llama.catalogue_diff import CatalogueDiff, Changed, default_of, values_of
from reconciler.llama.excluded import EXCLUDED
from reconciler.llama.flag_entry import FlagEntry
from reconciler.render import FORMAT_VERSION
from reconciler.render.layout import Line, Span, Style, line
from reconciler.spec.registry import all_settings, by_flag


def flags_json(catalogue: Catalogue) -> dict[str, Any]:
    """Every entry of the help, removed ones too."""
    return {"format_version": FORMAT_VERSION, "flags": [_entry(one) for one in catalogue.entries]}


def flags_text(catalogue: Catalogue) -> Iterator[Line]:
    """One line a flag that the build takes."""
    shown = [one for one in catalogue.entries if not one.removed]
    width = max((len(one.flag) for one in shown), default=0)
    for one in shown:
        yield line(one.flag.ljust(width + 2), *_home(one), *_fate(one))


def diff_json(diff: CatalogueDiff, old: Catalogue, new: Catalogue) -> dict[str, Any]:
    """
    Added and removed entries as `flags_json` has them, changed ones before and after.

    A removed one has `written_by`: the flag by which the new build still takes its setting.
    """
    return {
        "format_version": FORMAT_VERSION,
        "from": old.build,
        "to": new.build,
        "added": [_entry(one) for one in diff.added],
        "removed": [_entry(one) | {"written_by": _written_by(one, new)} for one in diff.removed],
        "changed": [{"before": _entry(one.before), "after": _entry(one.after)} for one in diff.changed],
    }


def diff_text(diff: CatalogueDiff, old: Catalogue, new: Catalogue) -> Iterator[Line]:
    """Signs as in a diff: `+` came, `-` went, `~` changed."""
    yield line(Span(f"from {old.build} to {new.build}", Style.BOLD))
    for one in diff.removed:
        yield line(Span(f"- {one.flag}", Style.RED), "  ", *_home(one), *_future(one, new))
    for one in diff.added:
        yield line(Span(f"+ {one.flag}", Style.GREEN), "  ", *_home(one))
    for changed in diff.changed:
        yield line(Span(f"~ {changed.after.flag}", Style.YELLOW), f"  {_what(changed)}")
    if diff.empty:
        yield line("both take the same flags")


def setting_of(entry: FlagEntry) -> str | None:
    """The setting that writes a flag, under any of its spellings; a removed flag may be an old one of a setting."""
    return next((by_flag()[alias][0].path for alias in entry.aliases if alias in by_flag()), None)


def excluded(entry: FlagEntry) -> str | None:
    """Why a flag has no setting."""
    return next((EXCLUDED[alias] for alias in entry.aliases if alias in EXCLUDED), None)


def _written_by(entry: FlagEntry, build: Catalogue) -> str | None:
    path = setting_of(entry)
    flags = [one.flag for one in all_settings()[path].spellings] if path else []
    return next(filter(build.knows, flags), None)


def _future(entry: FlagEntry, build: Catalogue) -> tuple[Span, ...]:
    """A flag that went took its setting with it only when nothing else writes that."""
    if setting_of(entry) is None:
        return ()
    other = _written_by(entry, build)
    return (Span(f" stays, by {other}") if other else Span(" goes", Style.YELLOW),)


def _entry(entry: FlagEntry) -> dict[str, Any]:
    return {
        "flag": entry.flag,
        "aliases": list(entry.aliases),
        "env": entry.env,
        "setting": setting_of(entry),
        "excluded": excluded(entry),
        "value": entry.value,
        "values": list(values_of(entry)),
        "default": default_of(entry),
        "removed": entry.removed,
        "deprecated": entry.deprecated,
    }


def _home(entry: FlagEntry) -> tuple[Span, ...]:
    if (path := setting_of(entry)) is not None:
        return (Span(path, Style.CYAN),)
    if (reason := excluded(entry)) is not None:
        return (Span(f"no setting: it {reason}", Style.DIM),)
    return (Span("no setting: write it into `extra_args`", Style.DIM),)


def _fate(entry: FlagEntry) -> tuple[Span, ...]:
    return (Span(f"  {entry.deprecated}", Style.YELLOW),) if entry.deprecated else ()


def _what(changed: Changed) -> str:
    return "; ".join(
        (
            *_sets("spellings", changed.before.aliases, changed.after.aliases),
            *_sets("values", values_of(changed.before), values_of(changed.after)),
            *([f"value {changed.before.value} → {changed.after.value}"] * _kind_differs(changed)),
            *_pair("default", default_of(changed.before), default_of(changed.after)),
            *_pair("variable", changed.before.env, changed.after.env),
            *([f"now {changed.after.deprecated}"] * _is_newly_deprecated(changed)),
        )
    )


def _sets(name: str, before: tuple[str, ...], after: tuple[str, ...]) -> Iterator[str]:
    came = [f"+{one}" for one in after if one not in before]
    went = [f"-{one}" for one in before if one not in after]
    if came or went:
        yield f"{name} {' '.join((*went, *came))}"


def _pair(name: str, before: str | None, after: str | None) -> Iterator[str]:
    if before != after:
        yield f"{name} {before or '(none)'} → {after or '(none)'}"


def _kind_differs(changed: Changed) -> bool:
    return (changed.before.value is None) != (changed.after.value is None)


def _is_newly_deprecated(changed: Changed) -> bool:
    return changed.before.deprecated is None and changed.after.deprecated is not None
