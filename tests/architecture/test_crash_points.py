"""The table of crash points is true: each is in the code, and the code has no other."""

import ast

from reconciler.apply.crashpoint import POINTS
from tests.architecture.source import modules, tree


def test_every_crash_point_of_the_table_is_called_and_every_call_names_one() -> None:
    calls = [call for file in modules() for call in ast.walk(tree(file)) if _is_crashpoint(call)]
    assert [ast.unparse(call) for call in calls if not _names(call)] == []
    assert {name for call in calls for name in _names(call)} == set(POINTS)


def _is_crashpoint(node: ast.AST) -> bool:
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "crashpoint"


def _names(call: ast.AST) -> set[str]:
    return {node.value for node in ast.walk(call) if isinstance(node, ast.Constant) and isinstance(node.value, str)}
