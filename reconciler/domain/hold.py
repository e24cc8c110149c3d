"""A generation that is held although the files may say something else."""

from reconciler.domain.frozen import frozen


@frozen
class Hold:
    """
    What a rollback leaves behind until the files are applied again.

    Attributes:
        generation: the one that is held.
        who: who asked for it.
        since: seconds since the epoch.
        spec: digest of the fleet spec that is held, as the files said it.
        files: digest of what the files declared then; empty when they could not be read.
    """

    generation: int
    who: str
    since: float
    spec: str
    files: str = ""

    def is_same(self, other: "Hold | None") -> bool:
        """Whether both hold the same against the same files, whoever asked for it and when."""
        return other is not None and (self.generation, self.spec, self.files) == (
            other.generation,
            other.spec,
            other.files,
        )

    def is_over(self, files: str) -> bool:
        """Whether the files (by their digest) say something else than then; never when nobody knows what they said."""
        return bool(files and self.files) and files != self.files
