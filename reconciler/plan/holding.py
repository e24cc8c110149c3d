"""What a plan says of the generation that is held: first of all, since it is why the files do not run."""

from collections.abc import Iterator
from datetime import UTC, datetime

from reconciler.domain.hold import Hold


def headline(hold: Hold, ends: str) -> str:
    """What is held, since when and by whom, and what ends that."""
    since = f"{datetime.fromtimestamp(hold.since, UTC):%Y-%m-%d %H:%M} UTC"
    return f"generation {hold.generation} is held since {since} by {hold.who or 'somebody'}; {ends}"


def notices(hold: Hold, declared: str) -> Iterator[str]:
    """
    That it is held, what ends that, and whether it makes a difference.

    Args:
        declared: the digest of what the files say.
    """
    yield headline(hold, "`reconcile apply` of the files ends that, and so does `reconcile resume`")
    if declared == hold.spec:
        yield "the files say the same as what is held"
    elif hold.is_over(declared):
        yield "the files differ from what is held, and from what they said then"
    else:
        yield "the files differ from what is held"
