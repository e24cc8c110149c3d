"""How large a configuration may be, beyond what the reader counts: so that no file costs more than it can mean."""

from collections.abc import Iterator

from reconciler.config.node import Entry
from reconciler.config.places import INHERITED, Places
from reconciler.config.text import printable, problem_at
from reconciler.domain.diagnostic import Diagnostic

MAX_MODELS = 20_000
MAX_PART = 5_000
"""Keys and values of one model or section; the longest command line that Linux takes has fewer words that matter."""

MAX_INHERITED = 1_000_000
"""What stands under every model is there once for each of them."""


def too_large(places: Places) -> Iterator[Diagnostic]:
    """What would take too long, or too much memory, to check."""
    models = places.sections.get("models")
    entries = models.node.entries or {} if models else {}
    if models and len(entries) > MAX_MODELS:
        yield _problem(models, "there are too many models", f"{MAX_MODELS:,} models", len(entries))
        return
    sections = {name: one for name, one in places.sections.items() if name != "models"}
    for name, entry in (*sections.items(), *((f"models.{name}", one) for name, one in entries.items())):
        if entry.node.size > MAX_PART:
            yield _problem(entry, f"`{printable(name)}` is too large", f"{MAX_PART:,} keys and values", entry.node.size)
    shared = [one for name, one in sections.items() if name in INHERITED]
    inherited = len(entries) * sum(entry.node.size for entry in shared)
    if inherited > MAX_INHERITED:
        most = f"{MAX_INHERITED:,} keys and values in all models together"
        yield _problem(shared[-1], "the models inherit too much", most, inherited)


def _problem(entry: Entry, summary: str, most: str, found: int) -> Diagnostic:
    detail = f"expected at most {most}, got {found:,}"
    return problem_at(entry.place, "E0111", summary, detail=detail, hint="write less, or divide it into several fleets")
