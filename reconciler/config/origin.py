"""Where a configuration came from, as one text: the repository's address, else the directory."""

import re
from pathlib import Path

REMOTE = re.compile(r'^\s*\[remote "origin"\]\s*$(?P<body>(?:\n(?!\s*\[).*)*)', re.MULTILINE)
URL = re.compile(r"^\s*url\s*=\s*(?P<url>\S.*?)\s*$", re.MULTILINE)
CREDENTIALS = re.compile(r"^(?P<scheme>https?://)[^/@]*@")


def origin_of(directory: Path) -> str:
    """
    The address of remote `origin` of the repository around a directory, without credentials; else the directory.

    git itself is not asked: its configuration could run a program, and starting one would cost more than the rest.
    """
    for parent in (directory, *directory.parents):
        if (parent / ".git").exists():
            return _remote(parent / ".git") or str(directory)
    return str(directory)


def _remote(marker: Path) -> str | None:
    try:
        text = (_common_directory(marker) / "config").read_text(encoding="utf-8", errors="replace")
    except OSError:
        # Somebody else's repository: the directory still says where the files are.
        return None
    remote = REMOTE.search(text)
    url = URL.search(remote["body"]) if remote else None
    return CREDENTIALS.sub(r"\g<scheme>", url["url"]).partition("?")[0] if url else None


def _common_directory(marker: Path) -> Path:
    """Of a worktree or submodule `.git` is a file that names the real directory."""
    if marker.is_dir():
        return marker
    named = marker.read_text(encoding="utf-8", errors="replace").removeprefix("gitdir:").strip()
    real = marker.parent / named
    common = real / "commondir"
    return real / common.read_text(encoding="utf-8").strip() if common.exists() else real
