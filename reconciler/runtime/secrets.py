"""
Secrets by reference: `env:NAME` or `file:PATH`.

A value is read when a child needs it, and kept nowhere. What is recorded is a keyed hash, so that a change is
noticed and the store gives nothing away.
"""

import hashlib
import hmac
import os
from collections.abc import Mapping
from pathlib import Path

from reconciler.errors import RuntimeFailure

_KEY_BYTES = 32


class SecretSource:
    """
    Reads secrets when they are needed and keeps none.

    Args:
        environ: where `env:` references look.
        key: file of the key of the fingerprints, beside the store; made on first use, mode 0600.
    """

    def __init__(self, environ: Mapping[str, str], key: Path) -> None:
        self._environ = environ
        self._key = key

    def value(self, reference: str) -> str:
        """
        The value; of a file without the line end at its end.

        Raises:
            RuntimeFailure: when it is missing, empty or unreadable; names the reference, never the value.
        """
        kind, _, name = reference.partition(":")
        value = self._environ.get(name, "") if kind == "env" else _content(reference, Path(name))
        if not value:
            where = f"export {name}=…" if kind == "env" else f"put the secret into `{name}`"
            summary = f"the secret `{reference}` is missing or empty"
            raise RuntimeFailure(summary, hint=where)
        if "\0" in value or _undecoded(value):
            # Before anybody complains who would show it.
            raise RuntimeFailure(f"the secret `{reference}` cannot be used: it is not UTF-8, or has a NUL in it")
        return value

    def fingerprint(self, reference: str) -> str | None:
        """HMAC-SHA256 of the value in hexadecimal; `None` when the secret cannot be had."""
        try:
            found = self.value(reference)
        except RuntimeFailure:
            return None
        return hmac.new(self._hmac_key(), found.encode(), hashlib.sha256).hexdigest()

    def exposed(self, reference: str) -> bool:
        """Whether it is a file that others than its owner may read: worth a warning."""
        kind, _, name = reference.partition(":")
        try:
            return kind == "file" and bool(Path(name).stat().st_mode & 0o077)
        except OSError:
            return False

    def _hmac_key(self) -> bytes:
        try:
            return _made_key(self._key) or self._key.read_bytes()
        except OSError as error:
            summary = f"cannot use the key file `{self._key}`: {error.strerror}"
            raise RuntimeFailure(summary) from error


def _undecoded(value: str) -> bool:
    """Whether a variable holds bytes that are no text."""
    return any("\udc80" <= one <= "\udcff" for one in value)


def _content(reference: str, path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8").removesuffix("\n").removesuffix("\r")
    except FileNotFoundError:
        return ""
    except (OSError, UnicodeDecodeError) as error:
        # Without `from error`: a decoding error carries the bytes.
        why = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
        summary = f"the secret `{reference}` cannot be read: {why}"
        raise RuntimeFailure(summary) from None


def _made_key(path: Path) -> bytes | None:
    """A new key in a new file; `None` when there is one already."""
    if path.exists():
        return None
    key = os.urandom(_KEY_BYTES)
    # Written aside and linked: the name never stands for half a key, and the first of two makers wins.
    aside = path.with_name(f".{path.name}.{os.getpid()}")
    descriptor = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(key)
        os.link(aside, path)
    except FileExistsError:
        return None
    finally:
        aside.unlink()
    return key
