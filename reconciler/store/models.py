"""Models as they were applied, for whoever asks by name, status or type, and only the sections that are asked for."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import field
from fnmatch import translate
from typing import Any, TypeVar

from reconciler.domain.frozen import KEY, frozen, many
from reconciler.domain.names import SlotUid, model_id
from reconciler.domain.status import State
from reconciler.errors import StoreError, UsageError
from reconciler.spec.advanced import AdvancedSettings
from reconciler.spec.base import Spec, fields
from reconciler.spec.gpu import GpuSettings
from reconciler.spec.lora import LoraSettings
from reconciler.spec.memory import MemorySettings
from reconciler.spec.model import SECTIONS, ModelSpec
from reconciler.spec.multimodal import MultimodalSettings
from reconciler.spec.sampling import SamplingSettings
from reconciler.spec.sources import SOURCES
from reconciler.spec.speculative import SpeculativeSettings
from reconciler.spec.versions import upcast
from reconciler.store.database import Database, Row
from reconciler.store.documents import Documents

AnySpec = TypeVar("AnySpec", bound=Spec)

_FACTS = """
    SELECT * FROM (
        SELECT resources.uid, substr(resource, 7) AS name,
            CASE
                WHEN loop.status = 'True' THEN 'crash-loop'
                WHEN instance IS NOT NULL THEN iif(ready.status = 'True', 'running', 'starting')
                WHEN desired_running = 0 THEN iif(failure_at IS NULL, 'stopped', 'failed')
                WHEN models.serve = 'router' AND ready.status = 'True' THEN
                    iif(models.load = 'on-demand', 'unloaded', 'running')
                WHEN models.serve = 'router' AND failure_at IS NULL THEN 'unknown'
                ELSE 'failed'
            END AS status,
            file.architecture AS type, models.serve, resources.port, protected, restarts, desired_running, pid,
            started_at, coalesce(ready.observed_generation, 0), coalesce(failure_message, '')
        FROM resources
            LEFT JOIN models ON models.uid = resources.uid
            LEFT JOIN model_files AS file ON file.uid = resources.uid AND file.path = models.path
            LEFT JOIN instances ON instances.uid = resources.uid AND ended_at IS NULL
            LEFT JOIN conditions AS ready ON ready.uid = resources.uid AND ready.type = 'Ready'
            LEFT JOIN conditions AS loop ON loop.uid = resources.uid AND loop.type = 'CrashLoop'
        WHERE resource GLOB ?
    ) WHERE (?2 IS NULL OR status = ?2) AND (?3 IS NULL OR type = ?3) ORDER BY name
"""
"""
The fields of a `ModelRecord`, in order. `status` is what the last run left; what happened since is for `reconcile
status` to find out.
"""


@frozen
class ModelRecord:
    """
    A model as it was last applied; its sections are `sampling`, `memory` and so on, where they were asked for.

    Attributes:
        status: as the last run left it, which need not be what lives now.
        type: the architecture that its file names; `None` where there is no file yet, or it was not looked into.
        serve: `dedicated` or `router`; `None` when it was never applied.
        pid: of its own process, with `since`, the time of its start.
        generation: the one that its status speaks of.
        failure: why the last change of it failed; empty when it did not.
        sections: those that were read.
    """

    uid: SlotUid
    name: str
    status: State
    type: str | None
    serve: str | None
    port: int | None
    protected: bool
    restarts: int
    desired_running: bool
    pid: int | None
    since: float | None
    generation: int
    failure: str
    sections: tuple[str, ...]
    documents: Documents = field(repr=False, compare=False)

    @property
    def document(self) -> Mapping[str, Any]:
        """What was applied, in plain values; settings that this program does not know are among them."""
        return self._only(self.sections)

    @property
    def source(self) -> str | None:
        """The file, repository, address or image that it is made from."""
        own = self._only(())
        return next((own[key] for key in SOURCES if key in own), None)

    @property
    def spec(self) -> ModelSpec:
        """All of it but the sections that were not read."""
        return as_spec(ModelSpec, self.document)

    @property
    def sampling(self) -> SamplingSettings:
        """How the next token is chosen."""
        return _section(self, "sampling", SamplingSettings)

    @property
    def memory(self) -> MemorySettings:
        """Context, batches and caches."""
        return _section(self, "memory", MemorySettings)

    @property
    def gpu(self) -> GpuSettings:
        """What runs on which device."""
        return _section(self, "gpu", GpuSettings)

    @property
    def advanced(self) -> AdvancedSettings:
        """Attention, rotary positions and other internals."""
        return _section(self, "advanced", AdvancedSettings)

    @property
    def lora(self) -> LoraSettings:
        """Adapters."""
        return _section(self, "lora", LoraSettings)

    @property
    def multimodal(self) -> MultimodalSettings:
        """Images and sound."""
        return _section(self, "multimodal", MultimodalSettings)

    @property
    def speculative(self) -> SpeculativeSettings:
        """Guessing ahead."""
        return _section(self, "speculative", SpeculativeSettings)

    def __eq__(self, other: object) -> bool:
        """Whether all of it is the same, settings included."""
        if not isinstance(other, ModelRecord):
            return NotImplemented
        facts = getattr(ModelRecord, KEY)
        return bool(facts(self) == facts(other) and self.document == other.document)

    def __hash__(self) -> int:
        """By what does not change with its settings."""
        return hash((self.uid, self.name))

    def _only(self, sections: tuple[str, ...]) -> dict[str, Any]:
        applied = self.documents.get(self.uid, sections)
        whole = upcast(applied.document, applied.spec_version) if applied else {}
        # What no column of another section could hold stands beside them all.
        return {key: value for key, value in whole.items() if key in sections or key not in SECTIONS}


def find(
    database: Database,
    *,
    status: str | None = None,
    kind: str | None = None,
    pattern: str | None = None,
    sections: Iterable[str] | None = None,
) -> tuple[ModelRecord, ...]:
    """The models that all of this is true of, by name."""
    if status is not None and status not in set(State):
        raise UsageError(f"there is no status `{status}`", hint=f"use one of {', '.join(State)}")
    wanted = _sections(sections)
    with database.reading():
        facts = _facts(database, "model/*", status, kind)
        if pattern is not None:
            like = re.compile(translate(pattern))
            facts = [one for one in facts if like.match(one[1])]
        everything = status is None and kind is None and pattern is None
        documents = Documents(database, None if everything else [uid for uid, *_ in facts], wanted)
    return _records(facts, documents, wanted)


def get(database: Database, name: str, sections: Iterable[str] | None = None) -> ModelRecord | None:
    """One model; nothing when there is none of that name."""
    wanted = _sections(sections)
    with database.reading():
        facts = _facts(database, re.sub(r"([\[*?])", r"[\1]", model_id(name)))
        documents = Documents(database, [uid for uid, *_ in facts], wanted)
    return next(iter(_records(facts, documents, wanted)), None)


def as_spec(kind: type[AnySpec], tree: Mapping[str, Any]) -> AnySpec:
    """Plain values as the spec that they are of; settings that it does not have any more are left out."""
    return kind.restored({key: value for key, value in tree.items() if key in fields(kind)})


def _section(record: ModelRecord, name: str, kind: type[AnySpec]) -> AnySpec:
    if name not in record.sections:
        asked = ", ".join(f'"{one}"' for one in (*record.sections, name))
        raise StoreError(
            f"the section `{name}` of model `{record.name}` was not read", hint=f"ask for it: `sections=({asked},)`"
        )
    return as_spec(kind, record._only((name,)).get(name, {}))  # noqa: SLF001 - of its own


def _sections(asked: Iterable[str] | None) -> tuple[str, ...]:
    wanted = SECTIONS if asked is None else (asked,) if isinstance(asked, str) else tuple(asked)
    if unknown := [one for one in wanted if one not in SECTIONS]:
        raise UsageError(f"there is no section `{unknown[0]}`", hint=f"use some of {', '.join(SECTIONS)}")
    return wanted


def _facts(database: Database, resource: str, status: str | None = None, kind: str | None = None) -> list[Row]:
    return database.rows(_FACTS, (resource, status, kind))


def _records(facts: list[Row], documents: Documents, sections: tuple[str, ...]) -> tuple[ModelRecord, ...]:
    if not facts:
        return ()
    uid, name, status, kind, serve, port, protected, restarts, desired, *rest = zip(*facts, strict=True)
    return many(
        ModelRecord,
        (
            uid,
            name,
            tuple(map(State, status)),
            kind,
            serve,
            port,
            tuple(map(bool, protected)),
            restarts,
            tuple(map(bool, desired)),
            *rest,
            (sections,) * len(facts),
            (documents,) * len(facts),
        ),
    )
