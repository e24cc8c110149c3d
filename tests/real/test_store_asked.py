"""The store after real runs: what users ask it, and a store that an older program left behind."""

from reconciler import Store
from reconciler.domain.status import State
from tests.support.first_version import put_back
from tests.support.sandbox import Sandbox


def test_what_was_applied_can_be_asked_for(sandbox: Sandbox) -> None:
    sandbox.dedicated("own", sampling={"temperature": 0.7})
    sandbox.routed("shared", load="on-demand", aliases=["other"])
    sandbox.apply()

    with Store.open(sandbox.store) as store:
        own, shared = store.models()
        assert [one.name for one in store.models(status="running", type="llama")] == ["own"]
        server, router, logging = store.server(), store.router(), store.logging()
    assert (own.status, own.sampling.temperature, own.port) == (State.RUNNING, 0.7, sandbox.pool[0])
    assert (shared.status, shared.serve, shared.spec.aliases) == (State.UNLOADED, "router", ("other",))
    assert (own.type, own.memory.ctx_size, own.generation) == ("llama", 256, 1)
    assert server
    assert router
    assert logging
    assert (router.port, logging.file.max_files) == (sandbox.router_port, 7)
    assert server.ports == sandbox.document["server"]["ports"]


def test_a_change_of_logging_alone_is_recorded_without_a_run(sandbox: Sandbox) -> None:
    sandbox.dedicated("own")
    sandbox.apply()
    sandbox.document["logging"] = {"file": {"max_files": 2}}
    again = sandbox.apply()

    assert "No changes" in again.stdout
    with Store.open(sandbox.store) as store:
        logging = store.logging()
        assert logging
        assert (logging.file.max_files, len(store.generations())) == (2, 1)


def test_a_store_of_the_first_version_plans_no_change_and_is_migrated_by_the_next_apply(sandbox: Sandbox) -> None:
    sandbox.dedicated("own", sampling={"temperature": 0.7}, env={"X": "ü"}, health={"stop_grace": "3s"})
    sandbox.routed("a", memory={"ctx_size": 128, "cache_type_k": "f32"}, aliases=["é"])
    sandbox.routed("b", load="on-demand")
    sandbox.apply()
    before = sandbox.pids()
    put_back(sandbox.store)

    planned = sandbox.plan("--detailed-exitcode")
    again = sandbox.apply()

    assert {one["action"] for one in planned["changes"]} == {"keep"}
    assert not any(one["fields"] for one in planned["changes"])
    assert "No changes" in again.stdout
    assert "migrates the store" not in sandbox.run("plan").stdout
    (backup,) = (sandbox.store / "backups").iterdir()
    assert backup.name[:9] == "store-v1-"
    assert f"The store was migrated. As it was before: {backup}" in again.stderr
    assert sandbox.pids() == before
    with Store.open(sandbox.store) as store:
        assert {one.name: one.type for one in store.models()} == {"own": "llama", "a": "llama", "b": "llama"}
        assert {other for (other,) in store._database.rows("SELECT other FROM models")} == {None}
