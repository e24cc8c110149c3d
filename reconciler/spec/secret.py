"""Secrets stand in files as references only; a value never enters a spec."""

import re
from typing import Annotated

from reconciler.spec.base import Spec
from reconciler.spec.marks import Checked, Limit

_NAME = "[A-Za-z_][A-Za-z0-9_]*"
_WRITTEN_OUT = "(hf|sk|gh[a-z])_[A-Za-z0-9]{16,}"
"""How those begin that people put where the name of their variable belongs."""


def _variable(value: str) -> str:
    if not re.fullmatch(_NAME, value) or re.fullmatch(_WRITTEN_OUT, value):
        raise ValueError("expected the name of an environment variable")
    return value


class SecretRef(Spec):
    """Where a secret is read from at the moment when a server is started: exactly one of the two."""

    env: Annotated[str, Limit(json_schema_extra={"pattern": f"^{_NAME}$"}), Checked(_variable)] | None = None
    """Name of an environment variable of `reconcile`."""

    file: str | None = None
    """A file that holds nothing else; one line end at its end does not count."""

    def problem(self) -> str | None:
        """Both say two things, none says nothing."""
        return (
            None
            if (self.env is None) != (self.file is None)
            else "expected exactly one of `env: NAME` and `file: PATH`"
        )

    @property
    def reference(self) -> str:
        """The text by which observations and fingerprints are keyed: `env:NAME` or `file:PATH`."""
        return f"env:{self.env}" if self.env is not None else f"file:{self.file}"
