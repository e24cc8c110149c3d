"""Secrets stand in files as references only; a value never enters a spec."""

from reconciler.spec.base import Spec


class SecretRef(Spec):
    """Where a secret is read from at the moment when a server is started: exactly one of the two."""

    env: str | None = None
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
