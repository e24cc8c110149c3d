"""What git says of the files of a configuration; nothing of a repository is ever run."""

import os
import stat
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from reconciler.domain.revision import Revision
from reconciler.runtime import git as door
from reconciler.runtime.git import revision_of

AUTHOR = "Ann Ü <ann@example.org>"
WHO = {
    "GIT_AUTHOR_NAME": "Ann Ü",
    "GIT_AUTHOR_EMAIL": "ann@example.org",
    "GIT_COMMITTER_NAME": "Bob",
    "GIT_COMMITTER_EMAIL": "bob@example.org",
    "GIT_COMMITTER_DATE": "2023-11-14T22:13:20Z",
    "GIT_CONFIG_GLOBAL": "/dev/null",
}


def git(directory: Path, *words: str) -> str:
    done = subprocess.run(
        ["git", *words], cwd=directory, env=os.environ | WHO, check=True, capture_output=True, text=True, timeout=30
    )
    return done.stdout.strip()


def commit(directory: Path) -> str:
    git(directory, "add", "-A")
    git(directory, "commit", "-q", "-m", "one")
    return git(directory, "rev-parse", "HEAD")


@pytest.fixture(name="repository")
def repository_with_a_fleet(tmp_path: Path) -> Path:
    directory = tmp_path / "fleet"
    (directory / "models").mkdir(parents=True)
    (directory / "fleet.yaml").write_text("fleet: a\n")
    (directory / "models/one.yaml").write_text("one\n")
    (directory / "README.md").write_text("read\n")
    git(directory, "init", "-q", "-b", "main")
    commit(directory)
    return directory


@pytest.fixture(name="nowhere")
def directory_in_no_repository() -> Iterator[Path]:
    """Those of the other tests may lie in the checkout that they test."""
    with tempfile.TemporaryDirectory() as name:
        directory = Path(name).resolve()
        assert not any((parent / ".git").exists() for parent in directory.parents), "set TMPDIR out of any repository"
        yield directory


def asked(*files: Path) -> Revision | None:
    return revision_of({file: file.read_bytes() for file in files})


def is_dirty(*files: Path) -> bool:
    found = asked(*files)
    assert found is not None
    assert found.commit
    return found.dirty


def test_a_clean_checkout_is_its_commit(repository: Path) -> None:
    assert asked(repository / "fleet.yaml", repository / "models/one.yaml") == Revision(
        commit=git(repository, "rev-parse", "HEAD"),
        branch="main",
        dirty=False,
        author=AUTHOR,
        committed_at=1_700_000_000.0,
    )


def test_files_without_a_repository_have_no_revision(nowhere: Path) -> None:
    (nowhere / "fleet.yaml").write_text("a")

    assert asked(nowhere / "fleet.yaml") is None
    assert revision_of({}) is None


def test_only_files_of_the_configuration_make_it_dirty(repository: Path) -> None:
    files = (repository / "fleet.yaml", repository / "models/one.yaml")
    (repository / "README.md").write_text("else\n")
    (repository / "models/note.txt").write_text("new\n")
    assert not is_dirty(*files)

    (repository / "models/one.yaml").write_text("two\n")
    assert is_dirty(*files)
    git(repository, "add", "models/one.yaml")
    assert is_dirty(*files)
    commit(repository)
    assert not is_dirty(*files)


def test_a_file_that_the_commit_does_not_have_makes_it_dirty(repository: Path, tmp_path: Path) -> None:
    (repository / "models/two.yaml").write_text("two\n")
    (tmp_path / "outside.yaml").write_text("out\n")

    assert is_dirty(repository / "fleet.yaml", repository / "models/two.yaml")
    assert is_dirty(repository / "fleet.yaml", tmp_path / "outside.yaml")
    (repository / "new").mkdir()
    (repository / "new/three.yaml").write_text("three\n")
    assert is_dirty(repository / "fleet.yaml", repository / "new/three.yaml")


def test_a_file_of_the_commit_that_is_gone_makes_it_dirty(repository: Path) -> None:
    (repository / "models/two.yaml").write_text("two\n")
    commit(repository)
    (repository / "models/two.yaml").unlink()

    assert is_dirty(repository / "fleet.yaml", repository / "models/one.yaml")


def test_the_bytes_that_were_read_count_and_not_those_of_later(repository: Path) -> None:
    file = repository / "fleet.yaml"
    found = revision_of({file: b"other\n"})

    assert found is not None
    assert found.dirty


def test_other_ends_of_lines_are_no_change(repository: Path) -> None:
    (repository / "fleet.yaml").write_bytes(b"fleet: a\r\n")

    assert not is_dirty(repository / "fleet.yaml")


def test_a_detached_head_has_no_branch(repository: Path) -> None:
    git(repository, "checkout", "-q", "--detach")
    found = asked(repository / "fleet.yaml")

    assert found is not None
    assert (found.branch, found.dirty, len(found.commit)) == ("", False, 40)


def test_a_branch_keeps_its_slashes(repository: Path) -> None:
    git(repository, "checkout", "-q", "-b", "feature/heads/x")
    found = asked(repository / "fleet.yaml")

    assert found is not None
    assert found.branch == "feature/heads/x"


def test_a_repository_without_a_commit_says_so(tmp_path: Path) -> None:
    git(tmp_path, "init", "-q")
    (tmp_path / "fleet.yaml").write_text("a")

    assert asked(tmp_path / "fleet.yaml") == Revision(problem="the repository has no commit yet")


def test_a_worktree_and_a_submodule_have_commits_of_their_own(repository: Path, tmp_path: Path) -> None:
    git(repository, "worktree", "add", "-q", "-b", "side", str(tmp_path / "side"))
    (tmp_path / "side/fleet.yaml").write_text("side\n")
    side = commit(tmp_path / "side")
    outer = tmp_path / "outer"
    outer.mkdir()
    git(outer, "init", "-q", "-b", "main")
    git(outer, "-c", "protocol.file.allow=always", "submodule", "add", "-q", str(repository), "inner")
    (outer / "more.yaml").write_text("more\n")
    commit(outer)

    found = asked(tmp_path / "side/fleet.yaml")
    inner = asked(outer / "inner/fleet.yaml")

    assert (found and found.commit, found and found.branch) == (side, "side")
    assert inner is not None
    assert (inner.commit, inner.dirty) == (git(repository, "rev-parse", "main"), False)


def test_a_link_leads_to_the_repository_of_its_file(repository: Path, tmp_path: Path) -> None:
    (tmp_path / "link.yaml").symlink_to(repository / "fleet.yaml")

    assert not is_dirty(tmp_path / "link.yaml")


def test_a_repository_with_longer_names_is_read_too(tmp_path: Path) -> None:
    git(tmp_path, "init", "-q", "--object-format=sha256")
    (tmp_path / "fleet.yaml").write_text("a")
    commit(tmp_path)

    assert not is_dirty(tmp_path / "fleet.yaml")


def test_odd_names_are_names(repository: Path) -> None:
    odd = [repository / "models" / name for name in ("a b\\ü.yaml", "-x.yaml", "*.yaml")]
    for file in odd:
        file.write_text("odd\n")
    commit(repository)

    assert not is_dirty(repository / "fleet.yaml", *odd)


def test_nothing_that_a_repository_brings_along_is_run(repository: Path, tmp_path: Path) -> None:
    trap = tmp_path / "trap"
    trap.write_text(f"#!/bin/sh\ntouch {tmp_path}/sprung\ncat\n")
    trap.chmod(0o755)
    (repository / ".gitattributes").write_text("*.yaml filter=evil diff=evil\n")
    commit(repository)
    for key in (
        "filter.evil.clean",
        "filter.evil.smudge",
        "filter.evil.process",
        "diff.evil.textconv",
        "diff.external",
        "core.fsmonitor",
        "core.pager",
        "core.sshCommand",
        "core.askPass",
        "gpg.program",
        "credential.helper",
    ):
        git(repository, "config", key, str(trap))
    git(repository, "config", "log.showSignature", "true")
    for hook in ("post-index-change", "reference-transaction", "post-checkout", "fsmonitor-watchman"):
        (repository / ".git/hooks" / hook).write_text(trap.read_text())
        (repository / ".git/hooks" / hook).chmod(0o755)
    (repository / "fleet.yaml").touch()
    before = {one: one.stat().st_mtime_ns for one in (repository / ".git").rglob("*") if one.is_file()}

    assert not is_dirty(repository / "fleet.yaml")
    assert not (tmp_path / "sprung").exists()
    assert {one: one.stat().st_mtime_ns for one in (repository / ".git").rglob("*") if one.is_file()} == before


def test_a_repository_that_lets_git_fetch_what_it_lacks_runs_nothing(repository: Path, tmp_path: Path) -> None:
    tree = git(repository, "rev-parse", "HEAD^{tree}")
    (repository / ".git/objects" / tree[:2] / tree[2:]).unlink()
    for key, value in (
        ("core.repositoryFormatVersion", "1"),
        ("extensions.partialClone", "evil"),
        ("protocol.ext.allow", "always"),
        ("remote.evil.url", f"ext::sh -c touch% {tmp_path}/sprung"),
        ("remote.evil.promisor", "true"),
    ):
        git(repository, "config", key, value)
    # What git 2.39.3 does: it does not know `GIT_NO_LAZY_FETCH`.
    old = tmp_path / "bin/git"
    old.parent.mkdir()
    old.write_text('#!/bin/sh\nunset GIT_NO_LAZY_FETCH\nPATH=${PATH#*:}\nexec git "$@"\n')
    old.chmod(0o755)
    environ = {**os.environ, "PATH": f"{old.parent}:{os.environ['PATH']}"}

    found = revision_of({repository / "fleet.yaml": b""}, environ)

    assert not (tmp_path / "sprung").exists()
    assert found is not None


def test_a_folder_of_very_many_files_is_read_in_no_time() -> None:
    names = [b"a file %d.txt" % number for number in range(300_000)]

    # With a copy of the rest for each of them this takes minutes, and the test its timeout.
    tree = door._tree(b"".join(b"100644 %b\0%b" % (name, b"x" * 20) for name in names), "0" * 40)

    assert list(tree) == names
    assert set(tree.values()) == {"78" * 20}


def test_what_a_commit_claims_is_kept_within_bounds(repository: Path) -> None:
    tree = git(repository, "rev-parse", "HEAD^{tree}")
    said = f"tree {tree}\nauthor {'A' * 5000} <a@b> 1 +0000\ncommitter A <a@b> {'9' * 17} +0000\n\nx\n"
    (repository / ".git/odd").write_text(said)
    name = git(repository, "hash-object", "-t", "commit", "-w", "--literally", ".git/odd")
    git(repository, "update-ref", "refs/heads/main", name)

    found = asked(repository / "fleet.yaml")

    assert found is not None
    assert (found.commit, found.committed_at, len(found.author)) == (name, None, door.LONGEST + 1)


def test_what_the_caller_told_git_by_its_environment_does_not_count(repository: Path, tmp_path: Path) -> None:
    environ = {**os.environ, "GIT_DIR": str(tmp_path), "GIT_WORK_TREE": str(tmp_path), "GIT_TRACE": str(tmp_path / "t")}
    file = repository / "fleet.yaml"
    found = revision_of({file: file.read_bytes()}, environ)

    assert found is not None
    assert (found.branch, found.dirty) == ("main", False)
    assert not (tmp_path / "t").exists()


def test_without_git_the_commit_is_unknown(repository: Path, tmp_path: Path) -> None:
    file = repository / "fleet.yaml"

    assert revision_of({file: b""}, {"PATH": str(tmp_path)}) == Revision(problem="git is not installed")


@pytest.mark.parametrize(
    ("script", "problem"),
    [
        ("sleep 20", "git did not answer within 0.3 s"),
        ("echo 'fatal: no' >&2; exit 128", "git: fatal: no"),
        ("echo hello", "git does not find the commit that is checked out"),
    ],
    ids=["hangs", "fails", "babbles"],
)
def test_a_git_that_does_not_answer_is_left(
    repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, script: str, problem: str
) -> None:
    monkeypatch.setattr(door, "SECONDS", 0.3)
    (tmp_path / "bin").mkdir()
    fake = tmp_path / "bin/git"
    fake.write_text(f"#!/bin/sh\nexec 3>&-\n{script.replace('sleep', 'exec sleep')}\n")
    fake.chmod(fake.stat().st_mode | stat.S_IXUSR)

    found = revision_of({repository / "fleet.yaml": b""}, {"PATH": f"{tmp_path}/bin:{os.environ['PATH']}"})

    assert found == Revision(problem=problem)


@pytest.mark.root
def test_the_repository_of_another_user_is_told_with_the_way_out(repository: Path) -> None:
    if os.geteuid():
        pytest.skip("needs root: gives a repository to another user")
    os.chown(repository, 65534, 65534)
    os.chown(repository / ".git", 65534, 65534)
    file = repository / "fleet.yaml"
    environ = {name: value for name, value in os.environ.items() if name != "SUDO_UID"}
    found = revision_of({file: b""}, {**environ, "HOME": "/nonexistent", "XDG_CONFIG_HOME": "/nonexistent"})

    assert found is not None
    assert (found.commit, "safe.directory" in found.problem) == ("", True)


def test_a_bare_repository_beside_the_files_is_not_asked(nowhere: Path) -> None:
    bare = nowhere / "bare"
    git(nowhere, "init", "-q", "--bare", str(bare))
    (bare / "fleet.yaml").write_text("a")

    assert asked(bare / "fleet.yaml") is None
