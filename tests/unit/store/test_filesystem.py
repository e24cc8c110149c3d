from pathlib import Path

import pytest

from reconciler.store.filesystem import LOCAL, filesystem_of, is_local

MOUNTS = r"""24 1 254:0 / / rw,relatime shared:1 - ext4 /dev/vda rw
30 24 0:26 / /proc rw - proc proc rw
41 24 0:40 / /home rw shared:7 master:2 - nfs4 server:/home rw
42 41 254:1 / /home/ann rw - xfs /dev/vdb rw
43 24 0:41 / /mnt/with\040blank rw - cifs //server/share rw
44 24 0:42 / /mnt/ssh rw - fuse.sshfs ann@server: rw
45 24 254:2 / /srv rw - ext4 /dev/vdc rw
46 45 0:43 / /srv rw - 9p share rw
"""


@pytest.mark.parametrize(
    ("path", "kind"),
    {
        "/var/lib": "ext4",
        "/home": "nfs4",
        "/home/bob/state": "nfs4",
        "/homes": "ext4",
        "/home/ann/state": "xfs",
        "/mnt/with blank/state": "cifs",
        "/mnt/ssh/state": "fuse.sshfs",
        "/srv/state": "9p",
    }.items(),
)
def test_the_deepest_mount_says_what_a_path_lies_on(path: str, kind: str) -> None:
    assert filesystem_of(Path(path), MOUNTS) == kind


@pytest.mark.invariant("I33")
def test_file_systems_of_a_network_are_not_local() -> None:
    assert not LOCAL & {"nfs", "nfs4", "cifs", "smb3", "9p", "fuse.sshfs", "fuse", "ceph", "virtiofs", ""}


@pytest.mark.invariant("I33")
def test_a_file_system_that_nobody_knows_is_not_local() -> None:
    assert not is_local(Path("/proc"))
