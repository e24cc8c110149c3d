"""The state of a configuration in git."""

from reconciler.domain.frozen import frozen


@frozen
class Revision:
    """
    What git knows of the files that a fleet was declared in.

    Attributes:
        commit: the name of the commit that is checked out; empty when git did not say it.
        branch: empty when none is checked out (detached HEAD).
        dirty: whether the files say something else than the commit, one that it does not have included.
        author: `Name <address>` of the commit.
        committed_at: seconds since the epoch.
        problem: why git did not say the commit; empty when it did.
    """

    commit: str = ""
    branch: str = ""
    dirty: bool = False
    author: str = ""
    committed_at: float | None = None
    problem: str = ""
