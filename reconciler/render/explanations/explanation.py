"""What is said of one code."""

from reconciler.domain.frozen import frozen


@frozen
class Explanation:
    """
    One code in sentences. Values are markdown, without line breaks.

    Attributes:
        meaning: what was found.
        reason: why it is refused, or told.
        remedy: what to do.
        wrong: a configuration that gives the code, without the keys that do not matter; a line `# file: NAME` begins a file,
            and a first line `# run: COMMAND` says with which environment and options it is read.
        right: the same, mended.
    """

    meaning: str
    reason: str
    remedy: str
    wrong: str = ""
    right: str = ""


Explanations = dict[str, Explanation]
