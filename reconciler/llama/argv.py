"""Single values out of a command line that is already running."""

from itertools import pairwise

from reconciler.llama.excluded import SECRET_FLAGS
from reconciler.spec.sources import tells_a_secret

SECRETS = frozenset({*SECRET_FLAGS, "-hft"} - {"--api-key-file"})
"""Flags whose value is a secret, which the name of a file is not; our own servers get theirs by the environment."""

HIDDEN = "…"


def after(flag: str, argv: tuple[str, ...]) -> str:
    """The value of a flag; the last one counts, as for llama-server; empty when it is not there."""
    return next((value for name, value in reversed(list(pairwise(argv))) if name == flag), "")


def without_secrets(argv: tuple[str, ...]) -> tuple[str, ...]:
    """A command line that may be shown and kept: that of somebody else's server may carry a key."""
    return tuple(
        HIDDEN if before in SECRETS or tells_a_secret(word) else word
        for before, word in zip(("", *argv), argv, strict=False)
    )


def port_of(argv: tuple[str, ...]) -> int | None:
    """The port in a command line."""
    text = after("--port", argv)
    return int(text) if text.isdecimal() else None


def model_of(argv: tuple[str, ...]) -> str:
    """The name under which a server serves its model, which is the first of `--alias`."""
    return after("--alias", argv).split(",")[0]


def host_of(argv: tuple[str, ...]) -> str:
    """The address in a command line; llama-server's own default where it says none."""
    return after("--host", argv) or "127.0.0.1"


def is_llama_server(argv: tuple[str, ...]) -> bool:
    """Whether a command line looks like one; only ever used to offer `adopt`, never as a proof."""
    return bool(argv) and "llama-server" in argv[0].rpartition("/")[2]
