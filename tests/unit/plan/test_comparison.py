"""Two specs differ by resources and fields, in the words of a plan."""

from typing import Any

from reconciler.plan.comparison import differences

ONE = {"path": "/m.gguf", "serve": "dedicated"}


def spec(**facts: Any) -> dict[str, Any]:
    return {"version": 1, "fleet": "homelab", **facts}


def found(before: dict[str, Any], after: dict[str, Any]) -> list[tuple[str, str, list[tuple[Any, ...]]]]:
    return [
        (
            one.resource,
            one.change,
            [(field.path, field.before, field.after, field.effect.value) for field in one.fields],
        )
        for one in differences(before, after)
    ]


def test_the_same_differs_in_nothing_whatever_the_order() -> None:
    assert found(spec(models={"a": ONE, "b": ONE}), spec(models={"b": ONE, "a": ONE})) == []


def test_models_come_go_and_change() -> None:
    before = spec(models={"a": ONE, "gone": ONE, "routed": {"path": "/r.gguf", "memory": {"ctx_size": 1}}})
    after = spec(
        models={
            "a": {**ONE, "memory": {"ctx_size": 2}, "protect": True},
            "new": ONE,
            "routed": {"path": "/r.gguf", "memory": {"ctx_size": 2}},
        }
    )

    assert found(before, after) == [
        ("model/a", "changed", [("memory.ctx_size", None, 2, "restart"), ("protect", None, True, "none")]),
        ("model/gone", "removed", []),
        ("model/new", "added", []),
        ("model/routed", "changed", [("memory.ctx_size", 1, 2, "reload")]),
    ]


def test_a_rename_is_one_model() -> None:
    after = spec(models={"b": {**ONE, "moved_from": "a"}})

    assert found(spec(models={"a": ONE}), after) == [("model/b", "changed", [("name", "a", "b", "restart")])]


def test_the_router_and_the_fleet_as_a_whole_are_resources_too() -> None:
    before = spec(llama_server="one", safety={"max_stop": "20%"}, server={"timeout": 1}, logging={"level": "info"})
    after = spec(llama_server="two", server={"timeout": 2}, router={"port": 1}, logging={"level": "debug"})
    router = spec(router={"port": 2})

    assert found(before, after) == [
        ("fleet", "changed", [("llama_server", "one", "two", "restart"), ("safety.max_stop", "20%", None, "none")]),
        ("server", "changed", [("server.timeout", 1, 2, "restart")]),
        ("logging", "changed", [("logging.level", "info", "debug", "none")]),
        ("router", "added", []),
    ]
    assert found(after, spec(router={"port": 1}))[-1][:2] == ("logging", "changed")
    assert found(spec(router={"port": 1}), router) == [("router", "changed", [("router.port", 1, 2, "router-restart")])]
    assert found(router, spec()) == [("router", "removed", [])]
