"""The source of the package as syntax trees: what the tests of its architecture look at."""

import ast
from collections.abc import Iterator
from pathlib import Path

import reconciler

ROOT = Path(reconciler.__file__).parent


def modules(*rooms: str) -> list[Path]:
    """The files of some rooms (`plan`, `errors.py`), of all rooms without a name."""
    places = [ROOT / room for room in rooms] or [ROOT]
    files = [file for place in places for file in (place.rglob("*.py") if place.is_dir() else [place])]
    return sorted(file for file in files if file.exists())


def tree(file: Path) -> ast.Module:
    return ast.parse(file.read_text(), filename=str(file))


def functions(module: ast.Module) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    return (node for node in ast.walk(module) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))
