"""Where every value of the merged configuration was said, also one that a model inherited."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from reconciler.config.edits import Edit, fix_at
from reconciler.config.node import Entry, Path, Sections, entries_of
from reconciler.config.problem import WITHOUT_QUOTES, Problem, dotted
from reconciler.config.text import Place, printable, problem_at
from reconciler.domain.diagnostic import Applicability, Diagnostic, Fix, Position

INHERITED = ("defaults", "server")
"""Sections that lie under every model, the stronger first."""


OWN = 2
"""Parts of the path of a model itself: `models`, name."""


def candidates(path: Path) -> Iterator[Path]:
    """Where a value may be said, the strongest place first."""
    yield path
    if path[:1] == ("models",) and len(path) > OWN:
        for section in INHERITED:
            yield (section, *path[OWN:])


@dataclass(frozen=True, slots=True)
class Places:
    """
    The merged sections of all files.

    Attributes:
        sections: the top level, each with the place that said it; models of several files stand together.
        files: the beginning of each file, for what is missing altogether.
    """

    sections: Sections
    files: tuple[Place, ...]

    def said_at(self, path: Path) -> tuple[Path, Entry] | None:
        """Who says this value: the path itself, or the section that the model has it from."""
        for candidate in candidates(path):
            if entry := self._walk(candidate):
                return candidate, entry
        return None

    def locate(self, path: Path | str) -> Position | None:
        """The place of a value, or of the nearest part of its path that is written somewhere."""
        parts = self.parts(path) if isinstance(path, str) else path
        while parts:
            if found := self.said_at(parts):
                return _pointer(found[1], at_key=False).position
            parts = parts[:-1]
        return self.files[0].position if self.files else None

    def parts(self, path: str) -> Path:
        """A dotted path taken apart; a model's name may have dots of its own."""
        section, _, rest = path.partition(".")
        if section != "models" or not rest:
            return tuple(path.split(".")) if path else ()
        pieces = rest.split(".")
        longest_first = (".".join(pieces[:end]) for end in range(len(pieces), 0, -1))
        known = entries_of(self.sections, "models")
        name = next((one for one in longest_first if one in known), pieces[0])
        behind = rest[len(name) + 1 :]
        return ("models", name, *behind.split(".")) if behind else ("models", name)

    def diagnose(self, problems: Iterable[Problem]) -> Iterator[Diagnostic]:
        """Problems with their places; what many models inherit is reported once, where it was said."""
        seen = set[tuple[str, Path]]()
        for problem in problems:
            found = self.said_at(problem.path)
            path = found[0] if found else problem.path
            if (problem.code, path) not in seen:
                seen.add((problem.code, path))
                yield self._diagnostic(problem, path, found[1] if found else None)

    def place(self, diagnostic: Diagnostic) -> Diagnostic:
        """A diagnostic of another room, which knows a dotted path only, with its place and line."""
        if diagnostic.position is not None or not diagnostic.path:
            return diagnostic
        parts = self.parts(diagnostic.path)
        found = self.said_at(parts)
        place = _pointer(found[1], at_key=diagnostic.at_key) if found else self._above(parts)
        if place is None:
            return diagnostic
        path = dotted(found[0]) if found else diagnostic.path
        fix = None
        if found and diagnostic.fix:
            certain = diagnostic.fix.applicability is Applicability.CERTAIN
            edit = Edit(written=str(parts[-1]), replacement=diagnostic.fix.replacement, is_text=True, certain=certain)
            fix = fix_at(place, edit)
        snippet = place.text.snippet(place.line)
        return replace(diagnostic, path=path, position=place.position, snippet=snippet, fix=fix, at_key=False)

    def _diagnostic(self, problem: Problem, path: Path, entry: Entry | None) -> Diagnostic:
        place = _pointer(entry, at_key=problem.at_key) if entry else self._above(path)
        hint = _hint(problem, place.written) if place else problem.hint
        others = (found[1].place for one in problem.others if (found := self.said_at(one)))
        detail = problem.detail + "".join(f"; the other one is at {other}" for other in others)
        built = problem_at(
            place or self.files[0],
            problem.code,
            problem.summary,
            detail=detail.removeprefix("; "),
            hint=hint,
            path=dotted(path),
        )
        fix = self._fix(path, entry, problem) if entry else None
        return replace(built, severity=problem.severity, fix=fix, snippet="" if problem.secret else built.snippet)

    def _fix(self, path: Path, entry: Entry, problem: Problem) -> Fix | None:
        """The edit of a problem; none that would write a key a second time."""
        if problem.edit is None or not problem.at_key:
            return fix_at(entry.node.place, problem.edit) if problem.edit else None
        above = self._walk(path[:-1])
        beside = self.sections if len(path) == 1 else (above.node.entries if above else None)
        return None if problem.edit.replacement in (beside or ()) else fix_at(entry.place, problem.edit)

    def _above(self, path: Path) -> Place | None:
        for end in range(len(path) - 1, 0, -1):
            if found := self.said_at(path[:end]):
                return found[1].place
        return self.files[0]._replace(line=1, column=1) if self.files else None

    def _walk(self, path: Path) -> Entry | None:
        entry = self.sections.get(str(path[0])) if path else None
        for part in path[1:]:
            if entry is None:
                return None
            entry = entry.node.child(part)
        return entry


def _hint(problem: Problem, written: str) -> str:
    """The way out; where a variable gave the value, the line has the variable and not what it came to."""
    if "${" not in written or problem.at_key or problem.edit is None:
        # Within `{ }` it could not stand so.
        alone = "${" in written and problem.hint.startswith(WITHOUT_QUOTES)
        return f"{WITHOUT_QUOTES}, on a line of its own" if alone else problem.hint
    if not problem.edit.replacement:
        return f'put it in quotes: `"{printable(written)}"`'
    if problem.edit.replacement.lower() == problem.edit.written.lower():
        return f"{WITHOUT_QUOTES}, on a line of its own"
    return f"write `{printable(problem.edit.replacement)}`, or give the variable another value"


def _pointer(entry: Entry, *, at_key: bool) -> Place:
    """A mapping or list begins somewhere below; its key is what a reader looks for."""
    return entry.place if at_key or entry.node.entries is not None else entry.node.place
