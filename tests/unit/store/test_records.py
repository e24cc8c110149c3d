"""What is written is what is read."""

import sqlite3
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Thread
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reconciler.domain.identity import ProcessIdentity
from reconciler.domain.names import InstanceId, ResourceId, SlotUid
from reconciler.domain.status import Condition
from reconciler.errors import StoreError
from reconciler.spec.record import Applied, Failure, InstanceRecord, ResourceRecord
from reconciler.store import Store, Writer
from tests.support.stores import CODER, EMBED, FILLED, NOW, apply_lines, fill, open_writer

texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=8)
names = texts.filter(bool)
unsigned = st.integers(0, 2**64 - 1)
signed = st.integers(0, 2**63 - 1)
times = st.floats(0, 2e9)
scalars: st.SearchStrategy[Any] = (
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8)
)
documents = st.dictionaries(texts, st.recursive(scalars, lambda inner: st.lists(inner) | st.dictionaries(texts, inner)))

instances = st.builds(
    InstanceRecord,
    instance=names.map(InstanceId),
    identity=st.builds(
        ProcessIdentity,
        boot_id=texts,
        pid=signed,
        start_ticks=signed,
        pidfd_inode=st.none() | unsigned,
        exe_inode=st.none() | st.tuples(unsigned, unsigned),
    ),
    port=st.none() | st.integers(1, 65535),
    started_at=times,
    adopted=st.booleans(),
    argv=st.lists(st.text(max_size=8)).map(tuple),
    log=texts,
)
conditions = st.lists(
    st.builds(
        Condition,
        type=texts,
        status=st.sampled_from(["True", "False", "Unknown"]),
        reason=texts,
        message=texts,
        last_transition=times,
        observed_generation=signed,
    ),
    unique_by=lambda one: one.type,
    max_size=3,
).map(lambda found: tuple(sorted(found, key=lambda one: one.type.encode())))
lines = st.builds(
    ResourceRecord,
    resource=texts.map(ResourceId),
    uid=names.map(SlotUid),
    applied=st.none()
    | st.builds(
        Applied,
        spec_version=st.just(1),
        serve=st.sampled_from(["dedicated", "router", "process"]),
        document=documents,
    ),
    instance=st.none() | instances,
    desired_running=st.booleans(),
    port=st.none() | st.integers(1, 65535),
    protected=st.booleans(),
    restarts=st.integers(0, 9),
    failure=st.none() | st.builds(Failure, digest=texts, message=texts, at=times),
    load_seconds=st.lists(times, max_size=3).map(tuple),
    conditions=conditions,
)


@settings(max_examples=60, deadline=None)
@given(lines, lines)
def test_a_line_is_read_as_it_was_written_and_replaced_whole(first: ResourceRecord, second: ResourceRecord) -> None:
    with TemporaryDirectory() as directory, open_writer(Path(directory)) as writer:
        writer.put(first, NOW)

        assert writer.record().resources == {first.resource: first}

        second = replace(second, uid=first.uid)
        writer.put(second, NOW)

        assert writer.record().resources == {second.resource: second}


def test_a_record_is_read_as_it_was_written(tmp_path: Path) -> None:
    with open_writer(tmp_path) as writer:
        fill(writer)

        assert writer.record() == FILLED
    with Store.open(tmp_path) as store:
        assert store.record() == FILLED


def test_bytes_of_an_environment_that_are_no_text_are_kept(tmp_path: Path) -> None:
    applied = Applied(spec_version=1, serve="process", document={"environment": {"HOME": "/h\udce4"}})
    with open_writer(tmp_path) as writer:
        writer.put(replace(CODER, applied=applied), NOW)

        assert writer.record().resources[CODER.resource].applied == applied


def test_a_document_of_a_newer_program_is_refused(tmp_path: Path) -> None:
    with open_writer(tmp_path) as writer:
        apply_lines(writer, EMBED)
    raw = sqlite3.connect(tmp_path / "store.db")
    raw.execute("UPDATE models SET spec_version = 99")
    raw.commit()
    raw.close()

    with Store.open(tmp_path) as store, pytest.raises(StoreError, match="version 99"):
        store.record()


def test_the_index_refuses_a_second_live_instance_of_a_slot(tmp_path: Path) -> None:
    with open_writer(tmp_path) as writer:
        apply_lines(writer, EMBED)
    raw = sqlite3.connect(tmp_path / "store.db")
    second = (
        "INSERT INTO instances SELECT 'second', uid, boot_id, 1, 1, NULL, NULL, NULL, port, 1.0, 0, '[]', '', ?, node "
    )

    with pytest.raises(sqlite3.IntegrityError, match=r"instances\.uid"):
        raw.execute(f"{second} FROM instances", (None,))
    raw.execute(f"{second} FROM instances", (2.0,))
    raw.close()


def test_two_models_that_swap_their_ports_meet_in_the_record(tmp_path: Path) -> None:
    with open_writer(tmp_path) as writer:
        apply_lines(writer, EMBED, CODER)
        writer.put(replace(EMBED, port=CODER.port), NOW)

        assert writer.record().resources[CODER.resource].port is None

        writer.put(replace(CODER, port=EMBED.port), NOW)

        assert {line.port for line in writer.record().resources.values()} == {8100, 8101}


def test_a_new_instance_ends_the_one_before(tmp_path: Path) -> None:
    assert EMBED.instance is not None
    second = replace(EMBED.instance, instance=InstanceId("second"))
    with open_writer(tmp_path) as writer:
        apply_lines(writer, EMBED)
        writer.put(replace(EMBED, instance=second), NOW + 9)

        assert writer.record().resources[EMBED.resource].instance == second
    raw = sqlite3.connect(tmp_path / "store.db")
    assert dict(raw.execute("SELECT instance, ended_at FROM instances")) == {"instance-embed": NOW + 9, "second": None}
    raw.close()


@pytest.mark.parametrize("ask", [Writer.record, Writer.models, Writer.close, lambda used: used.put(EMBED, NOW)])
def test_a_store_belongs_to_the_thread_that_opened_it(tmp_path: Path, ask: Callable[[Writer], object]) -> None:
    caught: list[StoreError] = []

    def elsewhere(used: Writer) -> None:
        try:
            ask(used)
        except StoreError as error:
            caught.append(error)

    with open_writer(tmp_path) as writer:
        thread = Thread(target=elsewhere, args=(writer,))
        thread.start()
        thread.join()

        assert [(error.summary[-28:], error.hint) for error in caught] == [
            ("was opened by another thread", "open it once in each thread that asks it")
        ]
