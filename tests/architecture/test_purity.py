"""
The core does no I/O and is told the time.

Imports of `os`, `time` and the like are forbidden by import-linter; this finds what needs no such import.
"""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.architecture.source import ROOT, modules, tree

PURE = ("errors.py", "domain", "spec", "llama", "plan", "render", "supervise/policy.py")

FUNCTIONS = frozenset({"open", "print", "input", "exec", "eval", "compile", "breakpoint", "__import__"})
OF_PATH = frozenset(
    {
        *("open", "read_text", "read_bytes", "write_text", "write_bytes", "touch", "unlink", "mkdir", "rmdir"),
        *("exists", "is_file", "is_dir", "is_symlink", "stat", "lstat", "chmod", "iterdir", "glob", "rglob", "walk"),
        *("resolve", "absolute", "expanduser", "cwd", "home", "readlink", "symlink_to", "hardlink_to", "samefile"),
    }
)
OF_CLOCK = frozenset({"now", "utcnow", "today"})
MODULES = frozenset({"logging", "time", "random", "os", "sys", "importlib", "builtins"})


def violations(module: ast.Module) -> Iterator[str]:
    """What a pure module may not do, with its line."""
    for node in ast.walk(module):
        match node:
            case ast.Call(func=ast.Name(id=name)) if name in FUNCTIONS:
                yield f"{node.lineno}: {name}()"
            case ast.Call(func=ast.Attribute(value=value, attr=name)) if name in OF_PATH or (
                name in OF_CLOCK and _names_a_clock(value)
            ):
                yield f"{node.lineno}: .{name}()"
            case ast.Import(names=names) if found := {one.name.partition(".")[0] for one in names} & MODULES:
                yield f"{node.lineno}: import {', '.join(sorted(found))}"
            case ast.ImportFrom(module=str(name), level=0) if name.partition(".")[0] in MODULES:
                yield f"{node.lineno}: from {name} import"


def _names_a_clock(value: ast.expr) -> bool:
    return ast.unparse(value).rpartition(".")[2] in {"datetime", "date"}


@pytest.mark.parametrize("file", modules(*PURE), ids=lambda file: str(file.relative_to(ROOT)))
def test_a_pure_module_touches_nothing_outside(file: Path) -> None:
    assert list(violations(tree(file))) == []


@pytest.mark.parametrize(
    "planted",
    [
        "def f(p):\n    return open(p)",
        "def f(p):\n    return p.read_text()",
        "def f(p):\n    with p.open() as file:\n        return file",
        "def f(p):\n    return p.exists()",
        "import datetime\nNOW = datetime.datetime.now(datetime.UTC)",
        "from datetime import date\nTODAY = date.today()",
        "import time\nNOW = time.time()",
        "import logging",
        "from random import choice",
        "print('hello')",
    ],
)
def test_a_planted_violation_is_found(planted: str) -> None:
    assert list(violations(ast.parse(planted)))


def test_values_of_the_outside_are_no_violation() -> None:
    pure = """
from datetime import UTC, datetime
from pathlib import Path

def f(seen, path):
    return datetime.fromtimestamp(seen.now, UTC), Path(path).name, seen.text.replace("a", "b")
"""

    assert list(violations(ast.parse(pure))) == []
