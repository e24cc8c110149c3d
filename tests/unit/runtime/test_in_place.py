"""A file of the user is written anew and stays the file that it was."""

import os
import stat
from pathlib import Path

import pytest

from reconciler.errors import RuntimeFailure
from reconciler.runtime.in_place import write_in_place


def test_the_mode_and_the_link_stay(tmp_path: Path) -> None:
    real, link = tmp_path / "real.yaml", tmp_path / "fleet.yaml"
    real.write_text("a")
    real.chmod(0o640)
    link.symlink_to(real.name)

    write_in_place(link, b"b")

    assert link.is_symlink()
    assert (real.read_bytes(), stat.S_IMODE(real.stat().st_mode)) == (b"b", 0o640)
    assert sorted(one.name for one in tmp_path.iterdir()) == ["fleet.yaml", "real.yaml"]


@pytest.mark.root
@pytest.mark.skipif(os.geteuid() != 0, reason="only root may give files away")
def test_the_owner_stays(tmp_path: Path) -> None:
    file = tmp_path / "fleet.yaml"
    file.write_text("a")
    os.chown(file, 12345, 23456)

    write_in_place(file, b"b")

    assert (file.stat().st_uid, file.stat().st_gid) == (12345, 23456)


def test_what_cannot_be_written_stays_as_it_was(tmp_path: Path) -> None:
    with pytest.raises(RuntimeFailure, match="cannot write"):
        write_in_place(tmp_path / "none" / "fleet.yaml", b"b")

    assert list(tmp_path.iterdir()) == []


def test_other_names_of_the_file_keep_its_content(tmp_path: Path) -> None:
    file, other = tmp_path / "fleet.yaml", tmp_path / "other.yaml"
    file.write_text("longer")
    other.hardlink_to(file)

    write_in_place(file, b"b")

    assert (other.read_bytes(), other.stat().st_ino) == (b"b", file.stat().st_ino)


def test_a_file_that_is_not_to_be_written_stays(tmp_path: Path) -> None:
    file = tmp_path / "fleet.yaml"
    file.write_text("a")
    file.chmod(0o444)

    with pytest.raises(RuntimeFailure, match="not to be written") as caught:
        write_in_place(file, b"b")

    assert "chmod u+w" in caught.value.hint
    assert file.read_text() == "a"


def test_the_longest_name_can_be_written(tmp_path: Path) -> None:
    file = tmp_path / ("a" * 250 + ".yaml")
    file.write_text("a")

    write_in_place(file, b"b")

    assert file.read_bytes() == b"b"
