"""The Python API: what it offers, that it costs nothing until it is used, and that its example works."""

import ast
import asyncio
import inspect
import subprocess
import sys
from pathlib import Path

import reconciler
from reconciler import api
from tests.architecture.source import ROOT, functions, modules, tree

STEPS = ("load", "observe", "make_plan", "apply", "Store")


def imported_after(code: str) -> set[str]:
    script = f"{code}\nimport sys\nprint(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=30, check=True)
    return set(done.stdout.split())


def test_importing_the_package_imports_nothing_else() -> None:
    more = imported_after("import reconciler") - imported_after("")

    assert {name for name in more if not name.startswith("reconciler")} & {"pydantic", "asyncio", "sqlite3"} == set()
    assert {name for name in more if name.startswith("reconciler")} == {"reconciler"}


def test_the_api_is_there_when_somebody_asks() -> None:
    code = "import reconciler\nassert callable(reconciler.api.apply) and reconciler.__version__"

    assert "reconciler.api" in imported_after(code)


def test_a_package_of_the_same_name_does_not_hide_a_step() -> None:
    code = "import reconciler.apply.run, reconciler.observe.observer\nfrom reconciler.api import apply, observe\n"

    assert imported_after(f"{code}assert callable(apply) and callable(observe)")


def test_every_step_is_offered_typed_and_documented() -> None:
    assert set(STEPS) <= set(api.__all__)
    for name in api.__all__:
        assert inspect.getdoc(getattr(api, name)), name
    for name in STEPS[:-1]:
        signature = inspect.signature(getattr(api, name))
        untyped = [one.name for one in signature.parameters.values() if one.annotation is one.empty]
        assert (untyped, signature.return_annotation is signature.empty) == ([], False), name


def test_names_that_are_not_there_are_attribute_errors() -> None:
    assert not hasattr(reconciler, "no_such_name")
    assert {"api", "__version__"} <= set(dir(reconciler))


def test_every_module_and_every_public_function_says_what_it_is_for() -> None:
    silent = [str(file.relative_to(ROOT)) for file in modules() if not ast.get_docstring(tree(file))]
    silent += [
        f"{file.relative_to(ROOT)}:{one.lineno} {one.name}"
        for file in modules()
        for one in top_level(tree(file))
        if not one.name.startswith("_") and not ast.get_docstring(one)
    ]

    assert silent == []


def top_level(module: ast.Module) -> list[ast.FunctionDef | ast.AsyncFunctionDef]:
    return [one for one in functions(module) if one in module.body]


def test_the_steps_read_and_plan_a_fleet_without_a_store(tmp_path: Path) -> None:
    config = tmp_path / "fleet.yaml"
    config.write_text("version: 1\nfleet: nothing\nsafety: {allow_empty: true}\n")

    async def steps() -> tuple[api.Plan, api.RunReport]:
        fleet = api.load([config])
        world = api.open_world(fleet, tmp_path / "state", llama_server="bundled")
        with api.Store.open(world.directory) as store:
            look = await api.observe(world, store.record(), fleet.spec)
        plan = api.make_plan(fleet.spec, look.record, look.seen, api.PlanOptions(origin=fleet.origin))
        return plan, await api.apply(world, fleet, plan)

    plan, report = asyncio.run(steps())

    assert (plan.is_empty, report.exit_code) == (True, 0)
