"""
What makes a process the one that we mean.

A pid with a start time is not enough: both can be the same again within one clock tick. The inode of a pidfd is unique
for the life of the kernel (Linux 6.9 and later, pidfs), and the marks in the environment say whose process it is.
"""

from reconciler.domain.frozen import frozen
from reconciler.domain.names import InstanceId, SlotUid


@frozen
class Marks:
    """
    The three variables in a child's environment that prove it ours.

    Attributes:
        instance: `RECONCILE_INSTANCE`, a uuid written to the journal before the spawn.
        fleet: `RECONCILE_FLEET`, the lineage of the store.
        slot: `RECONCILE_SLOT`, the uid of the resource.
    """

    instance: InstanceId
    fleet: str
    slot: SlotUid

    def environment(self) -> dict[str, str]:
        """The marks as a child carries them."""
        return {"RECONCILE_INSTANCE": self.instance, "RECONCILE_FLEET": self.fleet, "RECONCILE_SLOT": self.slot}


@frozen
class ProcessIdentity:
    """
    One process for the life of one boot.

    Attributes:
        boot_id: `/proc/sys/kernel/random/boot_id`; another one voids all that follows.
        pidfd_inode: from `fstat` of a pidfd; `None` on kernels before 6.9.
        start_ticks: field 22 of `/proc/PID/stat` (proc(5)).
        exe_inode: device and inode of the running executable, also when it was deleted since; `None` when unreadable.
    """

    boot_id: str
    pid: int
    start_ticks: int
    pidfd_inode: int | None = None
    exe_inode: tuple[int, int] | None = None

    def is_same_life(self, other: "ProcessIdentity") -> bool:
        """
        Whether both are one process from fork to exit, whatever it has executed since.

        A wrapper script that ends in `exec` changes its executable; for our own children the marks say the rest.
        """
        certain = (self.boot_id, self.pid, self.start_ticks) == (other.boot_id, other.pid, other.start_ticks)
        return certain and _agree(self.pidfd_inode, other.pidfd_inode)

    def matches(self, other: "ProcessIdentity") -> bool:
        """Whether it is the same life and the same program: what an adopted process, which has no marks, must pass."""
        return self.is_same_life(other) and _agree(self.exe_inode, other.exe_inode)


def _agree(one: object, two: object) -> bool:
    return one is None or two is None or one == two
