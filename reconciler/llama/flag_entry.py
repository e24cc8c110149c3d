"""
One entry of llama-server's `--help`: a flag with its spellings, its value, its variable and its fate.

    -kvo,  --kv-offload, -nkvo, --no-kv-offload
                                            whether to enable KV cache offloading (default: enabled)
                                            (env: LLAMA_ARG_KV_OFFLOAD)
"""

import re

from reconciler.domain.frozen import frozen

HELP_COLUMN = 40
"""Where the help text begins; an entry's head that is longer has a line of its own."""

SPELLING = re.compile(r"(--?[A-Za-z0-9][\w.-]*)(?:,\s+(?=-)|\s+|$)")
ENVIRONMENT = re.compile(r"\s*\(env: (\w+)\)\s*$")
REMOVED = "the argument has been removed"
REPLACEMENT = re.compile(r"(?:\buse (?:the respective )?|in favor of )`?(--[\w*-]+)")
DEPRECATED = re.compile(r"DEPRECATED[^:)]*")
CHOICES = re.compile(r"[\[{]([\w-]+(?:[|,][\w-]+)+)[\]}]|<(\w+(?:\|\w+)+)>")
WORDS = re.compile(r"[a-z][\w-]*(?:,[a-z][\w-]*)+")
ALLOWED = re.compile(r"allowed values: ([^\n(]+)")
BULLET = re.compile(r"^\s*- ([a-z][a-z0-9+-]*)(?: \(default\))?: ", re.MULTILINE)
DEFAULT = re.compile(r"\(default: ([a-z]\w*)\)")


@frozen
class FlagEntry:
    """
    What `--help` says about one flag.

    Attributes:
        flag: the spelling to use: the first long one, which is where llama.cpp puts the newest name.
        aliases: every spelling, as listed: short, long and negative ones.
        negatives: those that switch the flag off (`--no-mmap`, `-nkvo`).
        value: the hint at the value (`N`, `[on|off|auto]`); None for a flag without one.
        choices: the values that the help names, in its order. The server may take synonyms of them.
        env: the variable that acts like the flag.
        removed: the build lists the flag only to say that it is gone.
        replacement: what to use instead, as the help says it (`--spec-ngram-*-size-n` is possible).
        deprecated: the words about it, where the flag still works and will not for long.
        help: the text as it is printed, without its indent and without the variable.
        section: the heading above it (`common params`).
    """

    flag: str
    aliases: tuple[str, ...]
    negatives: tuple[str, ...]
    value: str | None
    choices: tuple[str, ...]
    env: str | None
    removed: bool
    replacement: str | None
    deprecated: str | None
    help: str
    section: str


def parse_entry(lines: list[str], section: str) -> FlagEntry:
    """Parse the lines of one entry; the first begins with a dash."""
    head, first = _split_head(lines[0])
    text = "\n".join([first, *(line[HELP_COLUMN:].rstrip() for line in lines[1:])]).strip()
    aliases, value = _spellings(head)
    environment = ENVIRONMENT.search(text)
    text = ENVIRONMENT.sub("", text).strip()
    removed = REMOVED in text
    deprecated = DEPRECATED.search(text)
    flowing = " ".join(text.split())
    replacement = REPLACEMENT.search(flowing) if removed or deprecated else None
    return FlagEntry(
        flag=next((alias for alias in aliases if alias.startswith("--")), aliases[0]),
        aliases=aliases,
        negatives=_negatives(aliases),
        value=value,
        choices=_choices(value, text),
        env=environment and environment[1],
        removed=removed,
        replacement=replacement and replacement[1],
        deprecated=deprecated and " ".join(deprecated[0].split()),
        help=text,
        section=section,
    )


def _split_head(line: str) -> tuple[str, str]:
    if len(line) > HELP_COLUMN and line[HELP_COLUMN - 2 : HELP_COLUMN].isspace():
        return line[:HELP_COLUMN].rstrip(), line[HELP_COLUMN:].rstrip()
    return line.rstrip(), ""


def _spellings(head: str) -> tuple[tuple[str, ...], str | None]:
    """Split `-n,    --predict, --n-predict N` into the spellings and the hint at the value."""
    aliases, position = [], 0
    while match := SPELLING.match(head, position):
        aliases.append(match[1])
        position = match.end()
        if not match[0].rstrip().endswith(","):
            break
    return tuple(aliases), head[position:].strip() or None


def _negatives(aliases: tuple[str, ...]) -> tuple[str, ...]:
    """
    Pick the spellings that switch off.

    They are listed last, short before long. `--no-host` alone is a flag of its own: it negates nothing.
    """
    long = [alias for alias in aliases if alias.startswith("--")]
    if all(alias.startswith("--no-") for alias in long):
        return ()
    if not any(alias.startswith("--no-") for alias in long):
        return ()
    behind = aliases[aliases.index(long[0]) + 1 :]
    return tuple(alias for alias in behind if alias.startswith(("--no-", "-n")))


def _choices(value: str | None, text: str) -> tuple[str, ...]:
    """The values that the hint or the help lists; a list of explanations counts with its default."""
    if value is None:
        return ()
    if match := CHOICES.fullmatch(value):
        return tuple(re.split(r"[|,]", match[1] or match[2]))
    if WORDS.fullmatch(value):
        return tuple(value.split(","))
    if match := ALLOWED.search(text):
        return tuple(word.strip() for word in match[1].split(","))
    bullets = tuple(BULLET.findall(text))
    default = DEFAULT.search(text)
    if bullets and default and default[1] not in bullets:
        return (default[1], *bullets)
    return bullets


def legible(flag: str) -> str:
    """A flag that somebody wrote, fit for one line of a terminal."""
    return flag if flag.isprintable() else repr(flag)[1:-1]
