"""The rule that each model comes from exactly one place."""

from collections.abc import Iterator

from reconciler.config.node import Path
from reconciler.config.problem import Problem
from reconciler.spec.fleet import FleetSpec
from reconciler.spec.sources import SOURCES


def models_have_one_source(fleet: FleetSpec) -> Iterator[Problem]:
    """A model is a file or one of the things that are downloaded."""
    for name, model in fleet.models.items():
        here: Path = ("models", name)
        every = tuple((*here, key) for key in SOURCES)
        said = [key for key in SOURCES if getattr(model, key) is not None]
        if not said:
            yield Problem(
                code="E0205",
                summary=f"`{name}` has no source",
                path=every[0],
                detail="a model needs one of " + ", ".join(f"`{key}`" for key in SOURCES),
                hint="add `path: FILE.gguf`, or `hf: org/repo:QUANT` to have it downloaded",
                at_key=True,
                rests_on=every,
            )
        for other in said[1:]:
            yield _second_source(here, said[0], other)
        if model.hf_file is not None and model.hf is None:
            yield _file_of_nothing(here)
        if model.speculative.hf is not None and model.hf is None:
            yield _draft_alone(here)


def _second_source(here: Path, first: str, other: str) -> Problem:
    return Problem(
        code="E0316",
        summary=f"`{here[-1]}` has a second source: `{other}`",
        path=(*here, other),
        detail=f"`{first}` is one already",
        hint=f"remove `{other}` or `{first}`",
        at_key=True,
        others=((*here, first),),
    )


def _file_of_nothing(here: Path) -> Problem:
    return Problem(
        code="E0205",
        summary="`hf_file` is a file of a repository, and there is none",
        path=(*here, "hf_file"),
        detail="expected `hf` beside it",
        hint="add `hf: org/repo`",
        at_key=True,
        rests_on=((*here, "hf"),),
    )


def _draft_alone(here: Path) -> Problem:
    """Measured with b10434 and b11434: they download the one only on the way to the other, and then do not start."""
    return Problem(
        code="E0317",
        summary="llama-server downloads a draft model only for a model that comes from Hugging Face too",
        path=(*here, "speculative", "hf"),
        hint="write `hf` for the model, or download the draft model and write `speculative.model`",
        at_key=True,
        rests_on=((*here, "hf"),),
    )
