"""What stands beside models: declarations, endpoints, secrets, logs, metadata. Written, read, replaced and let go."""

import sqlite3
from dataclasses import replace
from pathlib import Path

import pytest

from reconciler.domain.names import ROUTER, SlotUid, model_id
from reconciler.spec.fleet import FleetSpec
from reconciler.spec.record import ResourceRecord
from reconciler.spec.validating import validate
from reconciler.store import LogLine, Store, logs
from tests.support import applied
from tests.support.stores import ENDPOINT, FLEET, LOG_LINE, NOW, SECRET, begin_run, fill, open_writer, report


def fleet(**said: object) -> FleetSpec:
    return validate(FleetSpec, {"version": 1, "fleet": "homelab", **said})


def test_what_is_declared_for_the_fleet_is_known_after_a_run(tmp_path: Path) -> None:
    with open_writer(tmp_path) as writer:
        run = begin_run(writer)
        writer.finish_run(run, report(run), NOW, fleet=FLEET)
    with Store.open(tmp_path) as store:
        assert (store.server(), store.logging()) == (FLEET.server, FLEET.logging)


def test_a_declaration_is_written_when_it_is_new_and_else_nothing_is(tmp_path: Path) -> None:
    with open_writer(tmp_path) as writer, open_writer(tmp_path) as other:
        changes = "PRAGMA data_version"
        before = other._database.rows(changes)
        writer.note_fleet(FLEET, NOW)
        first = other._database.rows(changes)
        writer.note_fleet(FLEET, NOW)
        second = other._database.rows(changes)
        writer.note_fleet(fleet(logging={"level": "error"}), NOW)

        assert before != first == second
        declared = writer.logging(), writer.server()
    assert [one and one.complete() for one in declared] == [
        {"level": "error", "file": {"max_size": 10485760, "max_files": 7}, "console": True, "database": True},
        {"host": "127.0.0.1", "ports": "8100-8199"},
    ]


def test_the_server_section_outlives_all_models(tmp_path: Path) -> None:
    with open_writer(tmp_path) as writer:
        writer.note_fleet(FLEET, NOW)
        writer.put(
            ResourceRecord(resource=model_id("m"), uid=SlotUid("u"), applied=applied.model({"server.timeout": 5})), NOW
        )
        writer.forget(model_id("m"))

        assert writer.server() == FLEET.server
    raw = sqlite3.connect(tmp_path / "store.db")
    assert raw.execute("SELECT current, timeout FROM model_server_config").fetchall() == [(1, 600)]
    raw.close()


def test_server_sections_that_no_process_has_any_more_are_let_go_by_the_end_of_a_run(tmp_path: Path) -> None:
    with open_writer(tmp_path) as writer:
        for timeout in (1, 2, 3):
            line = ResourceRecord(
                resource=ROUTER, uid=SlotUid("u"), applied=applied.router({"server.timeout": timeout})
            )
            writer.put(line, NOW)
        run = begin_run(writer)
        writer.finish_run(run, report(run), NOW)
    raw = sqlite3.connect(tmp_path / "store.db")
    assert raw.execute("SELECT timeout FROM model_server_config").fetchall() == [(3,)]
    raw.close()


def test_endpoints_and_secrets_are_kept_replaced_and_forgotten(tmp_path: Path) -> None:
    with open_writer(tmp_path) as writer:
        fill(writer)

        assert (writer.endpoints(), writer.secrets()) == ((ENDPOINT,), (SECRET,))

        other, rotated = replace(ENDPOINT, health_interval=None), replace(SECRET, key_id="k2")
        writer.put_endpoint(other)
        writer.put_secret(rotated)

        assert (writer.endpoints(), writer.secrets()) == ((other,), (rotated,))

        writer.forget_endpoint(ENDPOINT.name)
        writer.forget_secret(SECRET.name)

        assert (writer.endpoints(), writer.secrets()) == ((), ())


def test_a_secret_does_not_show_what_it_holds() -> None:
    assert "sealed" not in repr(SECRET)


def test_messages_are_asked_for_by_level_and_resource(tmp_path: Path) -> None:
    with open_writer(tmp_path) as writer:
        writer.log([replace(LOG_LINE, level=one, message=one) for one in ("debug", "info", "warning", "error")])
        writer.log([LogLine(at=NOW, level="info", message="of nobody")])

        assert [one.message for one in writer.logs(level="warning")] == ["error", "warning"]
        assert [one.message for one in writer.logs(resource="")] == ["of nobody"]
        assert [one.message for one in writer.logs(limit=2)] == ["of nobody", "error"]


def test_old_messages_are_let_go(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(logs, "KEPT_LOGS", 3)
    with open_writer(tmp_path) as writer:
        for number in range(5):
            writer.log([replace(LOG_LINE, message=f"{number}")])

        assert [one.message for one in writer.logs()] == ["4", "3", "2"]


def test_an_import_adds_facts_and_cannot_replace_those_that_the_store_lives_by(tmp_path: Path) -> None:
    with open_writer(tmp_path) as writer:
        before = writer.metadata()
        writer.note_facts({"lineage": "stolen", "legacy.version": "2.0"}, "import legacy", NOW)

        assert writer.metadata() == before | {"legacy.version": "2.0"}
