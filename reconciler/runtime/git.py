"""
What git knows of the files of a configuration, asked of git itself.

MUST run nothing that the repository brings along: only plumbing that reads objects is called, so that no hook, filter,
monitor or pager of its configuration is started, and nothing is fetched. Whether the files are those of the commit is
told by their bytes, not by `git status`, which would run filters and write the index.
"""

import hashlib
import os
import subprocess
import time
from collections.abc import Iterable, Mapping
from pathlib import Path

from reconciler.domain.revision import Revision

SECONDS = 5.0
"""For all that git is asked; a repository on a disk that hangs must not hold up a run."""

YAML = (b".yaml", b".yml")
LONGEST = 200
"""Characters of an author or a branch: a commit may say anything there."""

LAST = 253_402_300_799
"""The end of the year 9999 in seconds since the epoch; no calendar has a time that a commit claims beyond it."""

_SHA1 = 40
_SAFE = (
    "--no-pager",
    "--no-replace-objects",
    "--literal-pathspecs",
    *("-c", "core.fsmonitor=false"),
    *("-c", "core.hooksPath=/dev/null"),
    *("-c", "protocol.allow=never"),
    *("-c", "safe.bareRepository=explicit"),
)

Contents = Mapping[Path, bytes]
Tree = Mapping[bytes, str]
"""Names of git's objects by the names of files."""


class _Unanswered(Exception):  # noqa: N818 - no failure of a command: the answer is kept without a commit
    """Why git did not say it, as its one argument."""


def revision_of(files: Contents, environ: Mapping[str, str] | None = None) -> Revision | None:
    """
    The commit of the repository around these files, and whether it has them as they are here.

    Of a submodule it is that of the submodule. Never fails: what git does not say is a problem in the answer.

    Args:
        files: their bytes as they were read, by path.

    Returns:
        Nothing when they are in no repository.
    """
    real = {path.resolve(): data for path, data in files.items()}
    first = next(iter(real), None)
    if first is None or not any((parent / ".git").exists() for parent in first.parents):
        return None
    try:
        return _asked(_Git(first.parent, os.environ if environ is None else environ), real)
    except _Unanswered as problem:
        return Revision(problem=str(problem))
    except ValueError:
        return Revision(problem="git answers something else than it should")


class _Git:
    """git in one directory, with what is left of the time."""

    def __init__(self, directory: Path, environ: Mapping[str, str]) -> None:
        self.directory, self._until = directory, time.monotonic() + SECONDS
        self._environ = {name: value for name, value in environ.items() if not name.startswith("GIT_")} | {
            "GIT_OPTIONAL_LOCKS": "0",
            "GIT_NO_LAZY_FETCH": "1",
            # An older git does not know that; this outweighs what a repository allows itself by `protocol.ext.allow`.
            "GIT_ALLOW_PROTOCOL": "none",
            "GIT_TERMINAL_PROMPT": "0",
            "LC_ALL": "C",
        }

    def __call__(self, *words: str, stdin: bytes = b"") -> bytes:
        try:
            done = subprocess.run(
                ["git", *_SAFE, "-C", self.directory, *words],  # noqa: S607 - the git of the user's PATH
                env=self._environ,
                input=stdin,
                capture_output=True,
                timeout=max(self._until - time.monotonic(), 0.1),
                check=False,
            )
        except FileNotFoundError as error:
            raise _Unanswered("git is not installed") from error
        except subprocess.TimeoutExpired as error:
            raise _Unanswered(f"git did not answer within {SECONDS:g} s") from error
        except OSError as error:
            raise _Unanswered(f"git cannot be run: {error.strerror}") from error
        if done.returncode:
            raise _Unanswered(_refusal(done.stderr.decode(errors="replace"), self.directory))
        return done.stdout


def _refusal(said: str, directory: Path) -> str:
    if "dubious ownership" in said:
        return f"git refuses the repository of another user: `git config --global --add safe.directory {directory}`"
    if "ambiguous argument 'HEAD'" in said or "bad revision" in said:
        return "the repository has no commit yet"
    lines = [line for line in said.splitlines() if line.strip()] or ["it says nothing"]
    return f"git: {lines[0][:200]}"


def _asked(git: _Git, files: Contents) -> Revision:
    top, head, *_ = git("rev-parse", "--show-toplevel", "--symbolic-full-name", "HEAD").split(b"\n")
    git.directory = Path(os.fsdecode(top))
    branch = head.decode(errors="replace").removeprefix("refs/heads/")[:LONGEST]
    inside = {path.relative_to(git.directory): data for path, data in files.items() if _is_in(path, git.directory)}
    folders = sorted({path.parent for path in inside if "\n" not in str(path)})
    wanted = b"".join(b"HEAD:%b\n" % (b"" if str(one) == "." else os.fsencode(one)) for one in folders)
    commit, header, objects = _objects(git("cat-file", "--batch", stdin=b"HEAD\n" + wanted))
    if not commit:
        raise _Unanswered("git does not find the commit that is checked out")
    trees = {folder: _tree(body, commit) for folder, body in zip(folders, objects, strict=True)}
    author, committed_at = _signed(header)
    return Revision(
        commit=commit,
        branch="" if branch == "HEAD" else branch,
        dirty=len(inside) < len(files) or not _are_those_of(trees, inside, git.directory, commit),
        author=author,
        committed_at=committed_at,
    )


def _is_in(path: Path, directory: Path) -> bool:
    return path.is_relative_to(directory)


def _objects(answer: bytes) -> tuple[str, bytes, list[bytes]]:
    """The commit's name and text, and the bytes of each tree; empty for one that the commit does not have."""
    found: list[tuple[str, bytes]] = []
    while answer:
        line, _, answer = answer.partition(b"\n")
        name, *rest = line.split(b" ")
        if not rest[-1:] or not rest[-1].isdigit():
            found.append(("", b""))
            continue
        size = int(rest[-1])
        found.append((name.decode(), answer[:size]))
        answer = answer[size + 1 :]
    (commit, header), *trees = found
    return commit, header, [body for _, body in trees]


def _tree(body: bytes, commit: str) -> Tree:
    """A tree as git keeps it: mode, blank, name, NUL, then the bytes of the object's name."""
    width, found, at = len(commit) // 2, {}, 0
    while at < len(body):
        # By places, since a copy of the rest for each of a hundred thousand names takes minutes.
        name, end = body.index(b" ", at) + 1, body.index(b"\0", at)
        at = end + 1 + width
        found[body[name:end]] = body[end + 1 : at].hex()
    return found


def _signed(header: bytes) -> tuple[str, float | None]:
    """The author, and the time of the commit."""
    lines = header.partition(b"\n\n")[0].decode(errors="replace").splitlines()
    said = {key: value for key, _, value in (line.partition(" ") for line in reversed(lines))}
    author = said.get("author", "").rpartition(">")[0]
    when = said.get("committer", "").rpartition(">")[2].split()
    seconds = float(when[0]) if when and when[0].isdigit() else None
    return f"{author[:LONGEST]}>" if author else "", seconds if seconds is not None and seconds <= LAST else None


def _are_those_of(trees: Mapping[Path, Tree], files: Contents, top: Path, commit: str) -> bool:
    """Whether the commit has each file as it is here, and no file beside them that is not here any more."""
    for path, data in files.items():
        known = trees.get(path.parent, {}).get(os.fsencode(path.name))
        # What git has is told by its name; with `eol=crlf` the file has other ends of lines than git.
        if known not in {_name(data, commit), _name(data.replace(b"\r\n", b"\n"), commit)}:
            return False
    return not any(_missing(tree, top / folder) for folder, tree in trees.items())


def _missing(tree: Iterable[bytes], folder: Path) -> bool:
    return any(name.endswith(YAML) and not os.path.lexists(folder / os.fsdecode(name)) for name in tree)


def _name(data: bytes, commit: str) -> str:
    """The name that git gives to a file with these bytes."""
    digest = hashlib.sha1 if len(commit) == _SHA1 else hashlib.sha256
    return digest(b"blob %d\0%b" % (len(data), data)).hexdigest()
