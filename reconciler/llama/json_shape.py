"""
Typed access to a JSON answer of llama-server: what is missing or something else is named with its endpoint.

An answer that carries llama-server's own `error` object is passed on with the server's words.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass

from reconciler.errors import LlamaApiError

OK = 200
"""The HTTP status of an answer that was meant."""

EXCERPT = 200


@dataclass(frozen=True, slots=True)
class Shape:
    """A value inside an answer, with the way to it (`/models`, `data[0].status.value`)."""

    endpoint: str
    value: object
    path: str = ""

    def member(self, key: str) -> "Shape":
        """A member that must be there."""
        found = self.maybe(key)
        if found is None:
            raise self.unexpected(expected=f"an object with `{key}`")
        return found

    def maybe(self, key: str) -> "Shape | None":
        """A member that a build, or a state, may leave out; null is left out too."""
        if not isinstance(self.value, dict):
            raise self.unexpected(expected="an object")
        value = self.value.get(key)
        return None if value is None else Shape(self.endpoint, value, f"{self.path}.{key}".lstrip("."))

    def items(self) -> "Iterator[Shape]":
        """The elements of a list."""
        if not isinstance(self.value, list):
            raise self.unexpected(expected="a list")
        return (Shape(self.endpoint, item, f"{self.path}[{n}]") for n, item in enumerate(self.value))

    def text(self) -> str:
        """The value as a string."""
        if not isinstance(self.value, str):
            raise self.unexpected(expected="a string")
        return self.value

    def texts(self) -> tuple[str, ...]:
        """The value as a list of strings."""
        if isinstance(self.value, list) and all(isinstance(item, str) for item in self.value):
            # A router of a thousand models says twenty thousand of them.
            return tuple(self.value)
        return tuple(item.text() for item in self.items())

    def integer(self) -> int:
        """The value as a whole number."""
        if not isinstance(self.value, int) or isinstance(self.value, bool):
            raise self.unexpected(expected="a whole number")
        return self.value

    def maybe_integer(self, key: str) -> int | None:
        """A member that is a whole number, if it is there."""
        member = self.maybe(key)
        return None if member is None else member.integer()

    def maybe_text(self, key: str) -> str | None:
        """A member that is a string, if it is there."""
        member = self.maybe(key)
        return None if member is None else member.text()

    def maybe_texts(self, key: str) -> tuple[str, ...]:
        """A member that is a list of strings; empty if it is not there."""
        member = self.maybe(key)
        return () if member is None else member.texts()

    def claims(self, key: str) -> bool:
        """A member that is true or false; false if it is not there."""
        member = self.maybe(key)
        return member is not None and member.truth()

    def number(self) -> float:
        """The value as a number."""
        if not isinstance(self.value, int | float) or isinstance(self.value, bool):
            raise self.unexpected(expected="a number")
        return float(self.value)

    def truth(self) -> bool:
        """The value as true or false."""
        if not isinstance(self.value, bool):
            raise self.unexpected(expected="true or false")
        return self.value

    def unexpected(self, *, expected: str) -> LlamaApiError:
        """The error for a value that is not what the endpoint is known for."""
        got = json.dumps(self.value)[:EXCERPT]
        return wrong_answer(
            endpoint=self.endpoint, detail=f"expected {expected} at `{self.path or 'the top'}`, got {got}"
        )


def shape_of(endpoint: str, body: bytes) -> Shape:
    """
    Parse the body of an answer.

    Raises:
        LlamaApiError: it is not JSON, or it is llama-server's error object.
    """
    try:
        value = json.loads(body)
    except (ValueError, RecursionError) as error:
        excerpt = body[:EXCERPT].decode("utf-8", "replace")
        raise wrong_answer(endpoint=endpoint, detail=f"expected JSON, got {excerpt!r}") from error
    message = error_message(value)
    if message is not None:
        raise wrong_answer(endpoint=endpoint, detail=f"llama-server says: {message}")
    return Shape(endpoint, value)


def error_message(value: object) -> str | None:
    """What llama-server's error object says; None if the value is not one."""
    error = value.get("error") if isinstance(value, dict) else None
    if not isinstance(error, dict):
        return None
    return str(error.get("message", ""))


def wrong_answer(*, endpoint: str, detail: str) -> LlamaApiError:
    """The error for an answer that cannot be used."""
    return LlamaApiError(
        f"the answer of `{endpoint}` cannot be used",
        detail=detail,
        hint="check with `reconcile doctor` that a llama-server of a known build listens there",
    )
