"""Who does something, and from where, as far as the machine can tell."""

from reconciler.domain.frozen import frozen


@frozen
class Actor:
    """
    Whoever runs a command, for the audit.

    Attributes:
        who: the user, by name where there is one.
        user_id: the number of the user.
        sudo_user: whoever became that user by `sudo`; empty when nobody did.
        host: the name of the machine.
        via: how the command came here: a terminal, ssh, CI, a service.
        program: the version of this program.
    """

    who: str = ""
    user_id: int | None = None
    sudo_user: str = ""
    host: str = ""
    via: str = ""
    program: str = ""
