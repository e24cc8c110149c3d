"""The INI of a simulated router, read as llama-server reads it."""

from collections.abc import Iterator, Mapping

from tests.simulation.llama import catalogue

Sections = dict[str, dict[str, str]]
ROUTER_KEYS = frozenset({"load-on-startup", "stop-timeout"})


class BadSections(Exception):  # noqa: N818 - what it says is the router's own word
    """The file is refused."""


def read_sections(text: str) -> Sections:
    """
    All sections, with what `[*]` says laid below each.

    Raises:
        BadSections: a key that no flag has, or a name that is given twice.
    """
    found: Sections = {}
    current = ""
    for line in text.splitlines():
        plain = line.split(";")[0].split("#")[0].strip()
        if plain.startswith("[") and plain.endswith("]"):
            current = plain[1:-1].strip()
            found.setdefault(current, {})
        elif "=" in plain:
            key, _, value = plain.partition("=")
            found.setdefault(current, {})[key.strip()] = value.strip()
    common = found.pop("*", {})
    sections = {name: common | keys for name, keys in found.items() if name}
    _check(sections)
    return sections


def _check(sections: Sections) -> None:
    for name, keys in sections.items():
        for key in keys:
            if key not in ROUTER_KEYS and not _known(key):
                raise BadSections(f"option '{key}' not recognized in preset '{name}'")
    for name, keys in sections.items():
        for alias in aliases(keys):
            taken = [
                one for one, other in sections.items() if one == alias or (one != name and alias in aliases(other))
            ]
            if taken:
                raise BadSections(f"alias '{alias}' of model '{name}' conflicts with model '{taken[0]}'")


def _known(key: str) -> bool:
    return catalogue().knows(f"--{key}") or catalogue().knows(f"-{key}")


def aliases(keys: Mapping[str, str]) -> tuple[str, ...]:
    return tuple(one for one in keys.get("alias", "").split(",") if one)


def arguments(name: str, keys: Mapping[str, str]) -> Iterator[str]:
    """The command line that a section stands for."""
    yield from ("--alias", name)
    for key, value in keys.items():
        if key in ROUTER_KEYS or key == "alias":
            continue
        spelled = f"--{key}" if catalogue().knows(f"--{key}") else f"-{key}"
        entry = catalogue().entry(spelled)
        if entry is not None and entry.value is None:
            yield spelled if value in {"true", "1"} or not entry.negatives else entry.negatives[0]
        else:
            yield from (spelled, value)
