"""Everything that can be wrong with a store, also what only the language knows: documents that no spec takes."""

from collections.abc import Callable, Iterator
from pathlib import Path

from reconciler.domain.stored import Finding
from reconciler.spec.document import read_back
from reconciler.spec.fleet import FleetSpec
from reconciler.spec.validating import validate, why_refused
from reconciler.store import Store
from reconciler.store.examine import examine
from reconciler.store.failures import UnusableStoreError

_GENERATIONS = 100
"""How many of the last ones are read; nobody goes back further by hand."""


def check(directory: Path) -> tuple[Finding, ...]:
    """
    All findings; none when the store is as it should be.

    Raises:
        StoreError: there is no store, or the host does not let us read it.
    """
    found = tuple(examine(directory))
    try:
        return (*found, *_documents(directory))
    except UnusableStoreError as error:
        # Mostly found already, with its reason.
        return found or (Finding(what="file", found=f"{error.summary}: {error.detail}", fix=error.hint),)


def _documents(directory: Path) -> Iterator[Finding]:
    with Store.open(directory) as store:
        lines = store.record().resources
        generations = store.generations(limit=_GENERATIONS)
    for resource, line in lines.items():
        if line.applied and (problem := _refused(read_back, line.applied)):
            fix = "apply the fleet again: what was applied is written anew then"
            yield Finding(what="documents", found=f"what was applied for `{resource}` is no spec: {problem}", fix=fix)
    for one in generations:
        if problem := _refused(lambda spec: validate(FleetSpec, spec), one.spec):
            fix = "it can be looked at, and not gone back to; the next generation is not concerned"
            yield Finding(what="documents", found=f"generation {one.number} is no fleet: {problem}", fix=fix)


def _refused(reader: Callable[..., object], document: object) -> str:
    """Why a document is not taken, in one line that shows no value of it."""
    try:
        reader(document)
    except ValueError as error:
        return why_refused(error)
    except (TypeError, KeyError, AttributeError) as error:
        return " ".join(str(error).split())
    return ""
