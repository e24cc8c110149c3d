"""Where a model comes from: the one source that it can have, and what is wrong with it."""

import re
from collections.abc import Callable, Mapping

from reconciler.domain.frozen import frozen
from reconciler.legacy.conversion import refusal
from reconciler.legacy.report import Code
from reconciler.legacy.values import shown
from reconciler.legacy.vault import Vault, without_credentials

PLACEHOLDER = "no-file-in-the-old-database.gguf"
"""Stands where a model must have a source and has none; it is declared and stopped."""

_ORDER = ("path", "docker", "hf", "url")
"""The old program went by the path; of the others llama-server takes the first."""

_GGUF = ".gguf"
_WINDOWS = re.compile(r"[A-Za-z]:[\\/]|\\\\")

Say = Callable[[Code, str, str], None]
"""Takes a code, what is said, and the column."""

_COLUMNS = {"path": "model_path", "docker": "docker_repo", "hf": "hf_repo", "url": "model_url", "hf_file": "hf_file"}


@frozen
class Origin:
    """
    Attributes:
        key: of the language; empty where there is no usable source.
        lost: sources that the source had beside it, and what they said.
    """

    key: str
    value: str
    file: str = ""
    lost: tuple[tuple[str, str], ...] = ()


def column_of(key: str) -> str:
    """The place in the source of a key of the language, or of a column itself."""
    return f"models.{_COLUMNS.get(key, key)}"


def origin_of(sources: Mapping[str, str], vault: Vault, model: str, say: Say) -> Origin:
    """The first usable source; everything that is wrong is said."""
    usable: dict[str, str] = {}
    lost: list[tuple[str, str]] = []
    for key in _ORDER:
        if not (value := sources.get(key, "").strip("\0") if key == "path" else sources.get(key, "").strip()):
            continue
        plain = without_credentials(value) if vault.within(value) and "://" in value else value
        if vault.within(plain):
            say(Code.NOT_CARRIED, f"`{_COLUMNS[key]}` of `{model}` is not carried: there is a secret in it", key)
            lost.append((_COLUMNS[key], "there is a secret in it"))
        elif key == "path" and "://" in plain and not refusal("url", plain):
            say(
                Code.PATH_NOT_A_FILE,
                f"`model_path` of `{model}` is an address, {shown(plain)}: it is the `url`",
                "path",
            )
            usable.setdefault("url", plain)
        elif key != "path" and (reason := refusal(key, plain)):
            say(Code.BAD_TYPE, f"`{_COLUMNS[key]}` of `{model}` is not used: {reason}", key)
            lost.append((f"{_COLUMNS[key]}: {shown(plain)}", reason))
        else:
            usable.setdefault(key, plain)
    file = sources.get("hf_file", "").strip()
    if vault.within(file):
        say(Code.NOT_CARRIED, f"`hf_file` of `{model}` is not carried: there is a secret in it", "hf_file")
        file = ""
    return _chosen(usable, file, lost, model, say)


def _chosen(usable: Mapping[str, str], file: str, lost: list[tuple[str, str]], model: str, say: Say) -> Origin:
    key = next((one for one in _ORDER if one in usable), "")
    for other in usable:
        if other != key:
            said = f"`{_COLUMNS[other]}` of `{model}` is not carried: a model has one source"
            say(Code.NOT_CARRIED, f"{said}, and `{_COLUMNS[key]}` is it", other)
            lost.append((f"{_COLUMNS[other]}: {shown(usable[other])}", "a model has one source"))
    if file and key != "hf":
        say(Code.NOT_CARRIED, f"`hf_file` of `{model}` is not carried: there is no `hf_repo` that is used", "hf_file")
        lost.append((f"hf_file: {shown(file)}", "there is no repository that it is a file of"))
    if not key:
        said = f"`{model}` has no file, address or repository: it is declared with a placeholder, and stopped"
        say(Code.NO_SOURCE, said, "path")
    elif key == "path":
        _judge(usable[key], model, say)
    return Origin(key=key, value=usable.get(key, ""), file=file if key == "hf" else "", lost=tuple(lost))


def _judge(path: str, model: str, say: Say) -> None:
    if path.startswith(("/", "~/")):
        return
    is_file = path.lower().endswith(_GGUF)
    if _WINDOWS.match(path):
        reason = "a path of another system: write where the file is"
    elif "://" in path:
        reason = "an address of a kind that llama-server does not load: write `path`, `hf` or `url`"
    elif path.startswith("~"):
        reason = "in a home directory that nothing here looks up: write the whole path"
    elif "/" not in path and not is_file:
        reason = "a name and no file: write where the file is"
    elif not is_file and not refusal("hf", path):
        reason = f"no file by its name: write where it is, or `hf: {path}` if it is that repository"
    else:
        said = f"`model_path` of `{model}` is {shown(path)}, relative to the directory of the old program"
        say(Code.RELATIVE_PATH, f"{said}; here it is relative to the configuration", "path")
        return
    say(Code.PATH_NOT_A_FILE, f"`model_path` of `{model}` is {shown(path)}, {reason}", "path")
