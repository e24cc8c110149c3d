"""Secrets stand in files as references only; a value never enters a spec."""

from typing import Self

from pydantic import model_validator

from reconciler.spec.base import Spec


class SecretRef(Spec):
    """Where a secret is read from at the moment when a server is started: exactly one of the two."""

    env: str | None = None
    """Name of an environment variable of `reconcile`."""

    file: str | None = None
    """A file that holds nothing else; one line end at its end does not count."""

    @model_validator(mode="after")
    def _one_source(self) -> Self:
        if (self.env is None) == (self.file is None):
            msg = "expected exactly one of `env: NAME` and `file: PATH`"
            raise ValueError(msg)
        return self

    @property
    def reference(self) -> str:
        """The text by which observations and fingerprints are keyed: `env:NAME` or `file:PATH`."""
        return f"env:{self.env}" if self.env is not None else f"file:{self.file}"
