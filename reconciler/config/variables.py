"""
`${NAME}` and `${env:NAME}` in values are replaced, once all files are read and profiles are laid over.

Texts are put together as texts; a scalar that stands in its file without quotes is read again by the rules of YAML.
"""

import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from typing import NamedTuple

from reconciler.config.choice import Choice
from reconciler.config.keys import may_be_secret
from reconciler.config.node import MAX_DEPTH, PLAIN, Entry, Node, Path, Sections, entries_of, mapping, sequence
from reconciler.config.problem import dotted
from reconciler.config.scalars import BadScalarError, plain
from reconciler.config.source import MAX_LENGTH
from reconciler.config.syntax import forbidden_escape
from reconciler.config.text import Place, Refusal, printable, problem_at, quoted, way_round
from reconciler.config.wording import MOST_GUESSES, describe, nearest
from reconciler.domain.diagnostic import MOST_PROBLEMS, Diagnostic
from reconciler.spec.sources import names_a_secret

NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*")
TOKEN = re.compile(r"\$\$\{|\$\{(?P<inner>[^{}]*)\}|\$\{")
ENVIRONMENT = "env:"
MAX_TEXT = MAX_LENGTH
"""Characters of one text; variables that double each other grow fast."""

MAX_NAME = 256
HIDDEN = "write the name of a variable that is declared; a secret itself never stands in a file"
MAX_ALL_TEXT = 10 * MAX_TEXT
ONCE = frozenset({"E0108", "E0614"})
"""What goes too far in one place does so in many."""


class Substituted(NamedTuple):
    """
    The sections with every `${…}` replaced.

    Attributes:
        refused: paths of values that could not be; they are not in the sections.
        environment: names and values of the environment variables that went in.
    """

    sections: dict[str, Entry]
    problems: list[Diagnostic]
    refused: frozenset[Path]
    environment: dict[str, str]


class _Unreplaced(Exception):  # noqa: N818 - leaves a text, never this module
    """What is wrong with one `${…}`; nothing when it was said elsewhere. `about` is the variable to say it at."""

    def __init__(self, code: str = "", summary: str = "", hint: str = "", detail: str = "", about: str = "") -> None:
        self.code, self.summary, self.hint, self.detail, self.about = code, summary, hint, detail, about


def substitute(sections: Sections, choice: Choice, environ: Mapping[str, str], *, whole: bool = True) -> Substituted:
    """
    Replaces what stands for something else in all sections but `profiles`, which are parts of others.

    Args:
        whole: whether all files were understood; else a variable may be declared where nobody could read it.
    """
    work = _Substitution(sections, choice, environ, whole=whole)
    work.declare()
    done = {name: work.section(name, entry) for name, entry in sections.items()}
    kept = {name: entry for name, entry in done.items() if entry is not None}
    return Substituted(kept, work.problems, frozenset(work.refused), work.environment)


def unused(sections: Sections, choice: Choice) -> Iterator[Refusal]:
    """Variables that were given and are neither declared nor used anywhere: slips of the pen."""
    declared = entries_of(sections, "variables")
    asked = [name for name in choice.variables if name not in declared]
    used = {name for entry in sections.values() for name in _names_in(entry.node)} if asked else set()
    for name in asked:
        if name not in used:
            near = nearest(name, {*declared, *used})
            yield Refusal(
                code="E0613",
                summary=f"nothing uses the variable `{printable(name)}`",
                hint=f"did you mean `{near}`?" if near else f"leave the option out, or write `${{{printable(name)}}}`",
                path=f"--var {printable(name)}",
            )


class _Substitution:
    def __init__(self, sections: Sections, choice: Choice, environ: Mapping[str, str], *, whole: bool) -> None:
        self.declared = entries_of(sections, "variables")
        self.given, self.environ, self.whole = choice.variables, environ, whole
        self.secrets = frozenset(self.named_secrets(sections))
        self.values: dict[str, str | None] = dict(choice.variables)
        self.problems: list[Diagnostic] = []
        self.refused: set[Path] = set()
        self.environment: dict[str, str] = {}
        self.said_once: set[str] = set()
        self.guesses: dict[str, str] = {}
        self.length = 0

    def named_secrets(self, sections: Sections) -> Iterator[str]:
        """Names of environment variables that the fleet itself calls secrets, also in profiles that nobody chose."""
        profiles = (entry.node.entries or {} for entry in entries_of(sections, "profiles").values())
        for one in (sections, *profiles):
            for entry in entries_of(one, "server").values():
                said = entry.node.child("env")
                if said and isinstance(said.node.value, str):
                    yield self.name_of_secret(said.node)

    def name_of_secret(self, node: Node) -> str:
        """With variables put in, step by step and before any is judged."""
        name = node.value
        for _ in range(MAX_DEPTH if node.open else 0):
            name, before = TOKEN.sub(self.shallow, name), name
            if name == before or len(name) > MAX_NAME:
                break
        return str(name)

    def shallow(self, match: re.Match[str]) -> str:
        """One step of what a token stands for."""
        inner = match["inner"] or ""
        outside = self.environ.get(inner.removeprefix(ENVIRONMENT)) if inner.startswith(ENVIRONMENT) else None
        declared = self.declared.get(inner)
        value = declared.node.value if declared and isinstance(declared.node.value, str) else match[0]
        return outside or self.given.get(inner, value)

    # --- values in their places ---

    def section(self, name: str, entry: Entry) -> Entry | None:
        if name in {"profiles", "variables"}:
            return entry
        node = self.node(entry.node, (name,))
        return None if node is None else Entry(entry.place, node)

    def node(self, node: Node, path: Path) -> Node | None:
        """The node with everything replaced below it; nothing for a text that cannot be."""
        if not node.open:
            return node
        if node.entries is not None:
            inner = ((key, entry.place, self.node(entry.node, (*path, key))) for key, entry in node.entries.items())
            return mapping(node.place, {key: Entry(place, one) for key, place, one in inner if one is not None})
        if node.items is not None:
            return self.remaining(node, node.items, path)
        try:
            return self.scalar(node)
        except _Unreplaced as error:
            self.refused.add(path)
            self.note(error, node.place, path)
            return None

    def remaining(self, node: Node, items: list[Node], path: Path) -> Node:
        """What is left of it; the others have moved, so the list as a whole counts as refused."""
        kept = [one for index, item in enumerate(items) if (one := self.node(item, (*path, index))) is not None]
        if len(kept) < len(items):
            self.refused -= {(*path, index) for index in range(len(items))}
            self.refused.add(path)
        return sequence(node.place, kept)

    def scalar(self, node: Node) -> Node:
        text = self.text(node.value, ())
        if problem := forbidden_escape(node.place, text):
            raise _Unreplaced(problem.code, problem.summary, "mend the value of the variable")
        if node.open != PLAIN:
            return Node(text, node.place)
        try:
            return Node(plain(text.strip()), node.place)
        except BadScalarError as error:
            raise _Unreplaced("E0114", f"{quoted(node.value, node.place)} cannot be read: {error}") from error

    def note(self, error: _Unreplaced, place: Place, path: Path) -> None:
        if not error.code or error.code in self.said_once or len(self.problems) > MOST_PROBLEMS:
            return
        if may_be_secret(path):
            # What stands there may be the secret itself.
            error = _Unreplaced(
                error.code, f"`{printable(str(path[-1]))}` has a `${{…}}` that cannot be replaced", HIDDEN
            )
        built = problem_at(place, error.code, error.summary, detail=error.detail, hint=error.hint, path=dotted(path))
        if built not in self.problems:
            self.problems.append(built)
        self.said_once |= ONCE & {error.code}

    # --- what stands for what ---

    def declare(self) -> None:
        """Every variable gets its value first, so that each mistake in one is told once, where it was made."""
        for name, entry in self.declared.items():
            if NAME.fullmatch(name):
                with suppress(_Unreplaced):
                    self.variable(name, ())
            else:
                hint = "begin with a letter, and use letters, digits, `_` and `-`"
                summary = f"`{printable(name)}` cannot be a variable's name"
                self.note(_Unreplaced("E0302", summary, hint), entry.place, ("variables", name))

    def variable(self, name: str, chain: tuple[str, ...]) -> str:
        """Its value; one that cannot be had is told at the variable, and its users have no second problem."""
        if name in chain:
            raise self.circle((*chain[chain.index(name) :], name))
        if name not in self.values:
            if name not in self.declared:
                raise self.unknown(name)
            try:
                self.values[name] = self.said(name, chain)
            except _Unreplaced as error:
                self.values[name] = None
                about = error.about or name
                entry = self.declared[about]
                place = entry.place if entry.node.entries is not None else entry.node.place
                self.note(error, place, ("variables", about))
        if (value := self.values[name]) is None:
            raise _Unreplaced
        return value

    def said(self, name: str, chain: tuple[str, ...]) -> str:
        node = self.declared[name].node
        if node.value is None:
            summary, hint = f"the variable `{name}` has no value", f"give it one: `--var {name}=VALUE`"
            raise _Unreplaced("E0609", summary, hint, "`null` says that it must be given")
        if isinstance(node.value, list | dict):
            summary, hint = f"the variable `{name}` cannot be {describe(node.value)}", "write one value"
            raise _Unreplaced("E0201", summary, hint, "expected a text, a number, `true` or `false`")
        if len(chain) >= MAX_DEPTH:
            raise _Unreplaced("E0108", f"variables use each other more than {MAX_DEPTH} levels deep", "make it flatter")
        return self.text(node.value, (*chain, name)) if node.open else _written(node)

    def text(self, text: str, chain: tuple[str, ...]) -> str:
        """A text with everything replaced in it."""
        parts: list[str] = []
        length, end = len(text), 0
        for match in TOKEN.finditer(text):
            parts += (text[end : match.start()], self.token(match, chain))
            end = match.end()
            length += len(parts[-1]) - len(match[0])
            if length > MAX_TEXT:
                raise _Unreplaced("E0614", "the text becomes too long", "look for variables that repeat each other")
        self.length += length
        if self.length > MAX_ALL_TEXT:
            raise _Unreplaced("E0614", "variables make the configuration too long", "use shorter values")
        return "".join((*parts, text[end:]))

    def token(self, match: re.Match[str], chain: tuple[str, ...]) -> str:
        if match[0] == "$${":
            return "${"
        inner = match["inner"]
        if inner is None:
            raise _Unreplaced(
                "E0611", "`${` is not closed", "write `${NAME}`, or `$${` for the two characters themselves"
            )
        if inner.startswith(ENVIRONMENT) and NAME.fullmatch(name := inner.removeprefix(ENVIRONMENT)):
            return self.from_environment(name)
        if not NAME.fullmatch(inner):
            raise self.malformed(inner)
        return self.variable(inner, chain)

    def from_environment(self, name: str) -> str:
        if names_a_secret(name) or name in self.secrets:
            summary, hint = f"`{name}` looks like a secret", f"write `{{ env: {name} }}` where a secret belongs"
            raise _Unreplaced("E0612", summary, hint, "a replaced text ends up in command lines and plans")
        if name not in self.environ:
            near = nearest(name, self.environ)
            hint = f"did you mean `{near}`?" if near else f"set it: `export {name}=VALUE`"
            raise _Unreplaced("E0608", f"the environment variable `{name}` is not set", hint)
        self.environment[name] = self.environ[name]
        return self.environ[name]

    # --- what is wrong ---

    def unknown(self, name: str) -> _Unreplaced:
        if not self.whole or len(self.problems) > MOST_PROBLEMS:
            return _Unreplaced()
        if near := self.near(name):
            hint = f"did you mean `{near}`?"
        elif name in self.environ and not names_a_secret(name):
            hint = f"write `${{env:{name}}}` for the environment variable"
        else:
            hint = f"declare it: `variables: {{{name}: VALUE}}`, or give it: `--var {name}=VALUE`"
        return _Unreplaced("E0607", f"there is no variable `{name}`", hint)

    def near(self, name: str) -> str:
        if name not in self.guesses and len(self.guesses) < MOST_GUESSES:
            self.guesses[name] = nearest(name, {*self.declared, *self.given})
        return self.guesses.get(name, "")

    def circle(self, chain: tuple[str, ...]) -> _Unreplaced:
        summary = f"the variable `{chain[0]}` needs itself"
        return _Unreplaced("E0610", summary, "give one of them a value of its own", way_round(chain), chain[0])

    def malformed(self, inner: str) -> _Unreplaced:
        summary = f"`${{{printable(inner)}}}` cannot be read"
        hint = "write `${NAME}` or `${env:NAME}`, or `$${` for the two characters themselves"
        if match := re.match(rf"({NAME.pattern})\s*:?[-=?]", inner):
            hint = f"write the default in `variables: {{{match[1]}: VALUE}}`"
        elif NAME.fullmatch(inner.strip()):
            hint = f"write `${{{inner.strip()}}}`"
        return _Unreplaced("E0611", summary, hint, "expected the name of a variable, or `env:` and that of one outside")


def names_within(text: str) -> Iterator[str]:
    """What the tokens of a text name, `env:` with it."""
    return (match["inner"] for match in TOKEN.finditer(text) if match["inner"])


def _written(node: Node) -> str:
    """A number as its file has it: `1.10` stays `1.10`."""
    if isinstance(node.value, str):
        return node.value
    written = node.place.written
    return written if plain(written) == node.value else str(node.value).lower()


def _names_in(node: Node) -> Iterator[str]:
    if not node.open:
        return
    if node.entries is not None:
        for entry in node.entries.values():
            yield from _names_in(entry.node)
    elif node.items is not None:
        for item in node.items:
            yield from _names_in(item)
    else:
        yield from names_within(node.value)
