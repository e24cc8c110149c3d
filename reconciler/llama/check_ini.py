"""
What names and sections cannot hold.

The router cuts a value at the first `;` or `#`, strips blanks at its edges and ends it with the line; nothing can be
quoted or escaped. `--alias` takes names joined by commas, so that a comma ends a name. In the name of a section the
router writes what follows the last `:` in capitals, as it does with the tag of a Hugging Face repository.
"""

import string
from collections import Counter
from collections.abc import Iterable, Iterator

from reconciler.domain.diagnostic import Diagnostic
from reconciler.domain.names import ResourceId
from reconciler.errors import LlamaServerError
from reconciler.llama.arguments import Argument
from reconciler.llama.argv import SECRETS
from reconciler.llama.catalogue import Catalogue
from reconciler.llama.command import section_arguments, section_of
from reconciler.llama.flag_entry import legible
from reconciler.spec.model import ModelSpec
from reconciler.spec.registry import by_flag, model_settings
from reconciler.spec.sources import tells_a_secret

CUTS = ";#\r\n"
MAX_SHOWN = 200
"""Characters of a value that a problem repeats."""

CAPITALS = str.maketrans(string.ascii_lowercase, string.ascii_uppercase)


def check_names(name: str, model: ModelSpec, prefix: str, resource: ResourceId) -> Iterator[Diagnostic]:
    """Names that would arrive as two, or as another one."""
    named = ((f"{prefix}aliases.{index}", alias) for index, alias in enumerate(model.aliases))
    own = [(prefix.removesuffix("."), name)] if model.serve == "dedicated" else []
    for path, one in (*own, *named):
        if "," in one:
            yield Diagnostic(
                code="E0409",
                summary=f"`{one}` cannot be served as one name: llama-server takes names joined by commas",
                path=path,
                resource=resource,
                hint="take a name without a comma",
            )
    if model.serve == "router" and (served := as_section(name)) != name:
        plain = name.replace(":", "-")
        yield Diagnostic(
            code="E0410",
            summary=f"the router would serve `{name}` as `{served}`",
            detail="it writes what follows the last `:` in capitals",
            path=prefix.removesuffix("."),
            resource=resource,
            hint=f"name it `{plain}` and add `aliases: [{name}]`: an alias is served as it is written",
        )


def check_section(model: ModelSpec, catalogue: Catalogue, prefix: str, resource: ResourceId) -> Iterator[Diagnostic]:
    """Values of a router model that its section would not carry whole, and lists that it cannot hold."""
    try:
        arguments = section_arguments(model, catalogue)
    except LlamaServerError:
        return  # `check_flags` says more about a setting that cannot be rendered at all.
    for key, value in section_of(model, arguments).items():
        if problem := _lost(value):
            yield Diagnostic(
                code="E0407",
                summary=f"`{legible(key)}` cannot be written into a section of the router: {problem}",
                detail=_shown(key, value),
                path=prefix + _path(key),
                resource=resource,
                hint=f"{_other_way(_path(key))}, or write `serve: dedicated`",
            )
    yield from _lists(arguments, catalogue, prefix, resource)


def _lists(
    arguments: Iterable[Argument], catalogue: Catalogue, prefix: str, resource: ResourceId
) -> Iterator[Diagnostic]:
    for key, times in Counter(argument.key for argument in arguments).items():
        if times > 1 and not _is_joined(key, catalogue):
            yield Diagnostic(
                code="E0407",
                summary=f"`{legible(key)}` is given several times, which a section of the router cannot hold",
                path=prefix + _path(key),
                resource=resource,
                hint="keep one value, or write `serve: dedicated`",
            )


def _is_joined(flag: str, catalogue: Catalogue) -> bool:
    """Whether the build takes several values at once, as a section gives them."""
    entry = catalogue.entry(flag)
    return entry is not None and "comma-separated" in " ".join(entry.help.split())


def as_section(name: str) -> str:
    """The name under which the router serves a model."""
    head, colon, tag = name.rpartition(":")
    return head + colon + tag.translate(CAPITALS) if colon else name


def _lost(value: str) -> str:
    if cut := next((one for one in value if one in CUTS), None):
        return "it would end at the line" if cut in "\r\n" else f"it would be cut at `{cut}`"
    return "blanks at its edges would be stripped" if value != value.strip(" \t") else ""


def _shown(key: str, value: str) -> str:
    if f"--{key}" in SECRETS or f"-{key}" in SECRETS or tells_a_secret(value):
        return ""
    return f"value {value[:MAX_SHOWN]!r}" + ("…" if len(value) > MAX_SHOWN else "")


def _other_way(path: str) -> str:
    """The setting that says the same without what a section cannot hold."""
    if path == "sampling.samplers":
        return "write `sampler_seq`, which has a letter for each sampler"
    if f"{path}_file" in model_settings():
        return f"write `{path.rpartition('.')[2]}_file`"
    return "change the value"


def _path(key: str) -> str:
    """Where a key of a section comes from in the file of the user."""
    flag = f"--{key.lstrip('-')}"
    if flag in {"--model", "--alias"}:
        return {"--model": "path", "--alias": "aliases"}[flag]
    path = by_flag()[flag][0].path if flag in by_flag() else ""
    return path if path in model_settings() else f"extra_args.{flag}"
