"""A setting without a column, or a column that refuses what a setting takes, is a migration that somebody forgot."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from reconciler.domain.change import FieldChange
from reconciler.plan.differ import field_changes
from reconciler.spec.base import Spec
from reconciler.spec.setting import setting
from reconciler.store.database import Database
from reconciler.store.declared import columns_of, declared_columns, missing
from reconciler.store.documents import Documents, put_document
from reconciler.store.migrations import MIGRATIONS, Migration
from reconciler.store.tables import GROUPS, tables_of
from tests.support import applied
from tests.support.stores import EMBED, NOW, open_writer


class MemoryTomorrow(Spec):
    """The section as it may become."""

    # fmt: off
    keep: int | None = setting("--keep", ge=-1, help="Tokens of the first prompt that stay.")
    brand_new: float | None = setting("--brand-new", ge=0, le=1, help="What nobody has thought of yet.")
    # fmt: on


@pytest.fixture(name="database")
def a_new_store(tmp_path: Path) -> Iterator[Database]:
    open_writer(tmp_path).close()
    database = Database.for_reading(tmp_path)
    yield database
    database.close()


def test_the_newest_tables_hold_every_setting_that_is_declared(database: Database) -> None:
    statements = missing(database)
    assert not statements, "\n".join(("add a migration with these statements:", *map(repr, statements)))


def test_a_setting_more_is_a_statement_that_is_missing(database: Database) -> None:
    tomorrow = tuple(columns_of("model_memory_config", MemoryTomorrow))

    assert missing(database, tomorrow) == (
        "ALTER TABLE model_memory_config ADD COLUMN brand_new REAL CHECK (brand_new >= 0 AND brand_new <= 1)",
    )


class LoggingTomorrow(Spec):
    """A range that is wider than it was."""

    max_size: int | None = setting("--x", ge=-1, help="Another range.")


def test_another_range_makes_the_table_anew_and_its_statements_work(tmp_path: Path) -> None:
    open_writer(tmp_path).close()
    database = Database.for_reading(tmp_path)
    wanted = tuple(columns_of("logging_config", LoggingTomorrow, "file_"))
    statements = missing(database, wanted)
    database.close()

    assert [one.split(" (")[0] for one in statements] == [
        "CREATE TABLE logging_config_new",
        "INSERT INTO logging_config_new SELECT * FROM logging_config",
        "DROP TABLE logging_config",
        "ALTER TABLE logging_config_new RENAME TO logging_config",
    ]
    after = Database.for_writing(tmp_path, now=NOW, migrations=(*MIGRATIONS, Migration("wider", statements)))
    assert missing(after, wanted) == ()
    after.close()


def test_every_column_of_a_document_has_the_place_of_its_setting(database: Database) -> None:
    tables = tables_of(database)
    declared = {(one.table, one.name) for one in declared_columns()}
    held = {(name, column) for name, table in tables.by_name.items() for column in table.kinds if name != "model_files"}

    assert declared - held == {("models", "serve")}
    assert held - declared == {
        ("models", "download"),
        *(("processes", one) for one in ("environment", "secrets")),
        *(("processes", f"llama_server_{one}") for one in ("path", "size", "version")),
    }
    assert {one for groups in GROUPS.values() for one in groups} == {
        "health",
        "restart",
        "api_key",
        "hf_token",
        "file",
        "llama_server",
    }


def test_a_setting_that_is_gone_is_read_kept_and_shown(tmp_path: Path) -> None:
    gone = Migration(
        "gone",
        ("ALTER TABLE model_memory_config ADD COLUMN old_trick INTEGER CHECK (old_trick IN (0, 1))",),
    )
    open_writer(tmp_path).close()
    database = Database.for_writing(tmp_path, now=NOW, migrations=(*MIGRATIONS, gone))
    before = applied.model({"memory.ctx_size": 512, "memory.old_trick": True})
    with database.writing():
        database.execute(
            "INSERT INTO resources (uid, resource, desired_running, protected, restarts, load_seconds) "
            "VALUES (?, 'model/embed', 1, 0, 0, '[]')",
            (EMBED.uid,),
        )
        put_document(database, EMBED.uid, EMBED.resource, before)
    found = Documents(database).get(EMBED.uid)
    kept = database.rows("SELECT old_trick FROM model_memory_config")
    database.close()

    assert (found, kept) == (before, [(1,)])
    [change] = field_changes(found, applied.model({"memory.ctx_size": 512}))
    assert change == FieldChange(path="memory.old_trick", before=True, after=None, effect=change.effect)
