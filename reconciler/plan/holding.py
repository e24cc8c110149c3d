"""What a plan says of the generation that is held: first of all, since it is why the files do not run."""

from collections.abc import Iterator
from datetime import UTC, datetime

from reconciler.domain.hold import Hold


def notices(hold: Hold, declared: str) -> Iterator[str]:
    """
    That it is held, what ends that, and whether it makes a difference.

    Args:
        declared: the digest of what the files say.
    """
    since = f"{datetime.fromtimestamp(hold.since, UTC):%Y-%m-%d %H:%M} UTC"
    yield (
        f"generation {hold.generation} is held since {since} by {hold.who or 'somebody'}; "
        "`reconcile apply` of the files ends that, and so does `reconcile resume`"
    )
    if declared == hold.spec:
        yield "the files say the same as what is held"
    elif hold.is_over(declared):
        yield "the files differ from what is held, and have changed since"
    else:
        yield "the files differ from what is held"
