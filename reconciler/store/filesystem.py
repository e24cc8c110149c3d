"""Whether a directory lies on a disk of this host, as proc_pid_mountinfo(5) tells it."""

from pathlib import Path

LOCAL = frozenset(
    {"bcachefs", "btrfs", "ext2", "ext3", "ext4", "f2fs", "jfs", "overlay", "ramfs", "reiserfs", "tmpfs", "xfs", "zfs"}
)
"""Types known to be local. All others (nfs, cifs, fuse, 9p, …) are not, and those of tomorrow neither."""

_MOUNTS = Path("/proc/self/mountinfo")


def is_local(directory: Path) -> bool:
    """Whether it is certain that no other host can open the same files."""
    try:
        mounts = _MOUNTS.read_text(errors="surrogateescape")
    except OSError:
        # Not Linux, or /proc is hidden: nothing is certain.
        return False
    return filesystem_of(directory.resolve(), mounts) in LOCAL


def filesystem_of(path: Path, mountinfo: str) -> str:
    """The type of the file system that holds a path: that of the deepest mount, and of the uppermost there."""
    found, depth = "", -1
    for line in mountinfo.splitlines():
        fields = line.split(" ")
        point = Path(_unescaped(fields[4]))
        if path.is_relative_to(point) and len(point.parts) >= depth:
            found, depth = fields[fields.index("-") + 1], len(point.parts)
    return found


def _unescaped(text: str) -> str:
    r"""Blanks, tabs, line ends and backslashes stand in the file as `\040` and so on."""
    for character in " \t\n\\":
        text = text.replace(f"\\{ord(character):03o}", character)
    return text
