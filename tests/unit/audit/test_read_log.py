"""Reading the log: a query traced through its entries, also beside a broker that writes."""

from __future__ import annotations

from pathlib import Path

import pytest

from broker.audit.keys import load_keys
from broker.audit.reader import AuditReader
from broker.audit.stores.contract import UnsafeStore
from tests.unit.audit.audit_samples import (
    ANNA,
    ORIGIN,
    closed,
    disclosure,
    intent,
    keys_in,
    open_log,
    reading,
    tamper,
    writing,
)


async def test_a_trace_has_every_entry_of_its_query_in_order_and_no_other(tmp_path: Path) -> None:
    async with writing(tmp_path) as log:
        for query_id in ("q-1", "q-2"):
            for event in (intent(query_id), disclosure(query_id), closed(query_id)):
                await log.record(event)
        with reading(tmp_path) as reader:
            trace = reader.trace("q-2")
    assert [(one.index, one.kind) for one in trace.entries] == [
        (3, "query.intent"),
        (4, "disclosure"),
        (5, "query.closed"),
    ]
    asked, disclosed, ended = trace.as_json()["entries"]
    assert asked["person 1"]["identifiers"]["given_name"] == "Anna"
    assert disclosed["disclosed"]["outcomes"][0]["outcome"] == "nothing_to_share"
    assert (ended["state"], ended["at"]) == ("answered", "2026-06-01T09:00:00.000+00:00")


async def test_a_query_that_nobody_asked_has_an_empty_trace(tmp_path: Path) -> None:
    async with writing(tmp_path):
        pass
    with reading(tmp_path) as reader:
        assert reader.trace("q-9").entries == ()


async def test_entries_are_read_from_one_index_to_another(tmp_path: Path) -> None:
    async with writing(tmp_path) as log:
        for number in range(5):
            await log.record(closed(f"q-{number}"))
    with reading(tmp_path) as reader:
        assert [one.facts["query_id"] for one in reader.entries(1, 3)] == ["q-1", "q-2"]
        assert [one.index for one in reader.entries()] == [0, 1, 2, 3, 4]
        assert list(reader.entries(2, 2)) == []


async def test_what_a_crash_left_open_is_closed_as_aborted_by_the_next_start(tmp_path: Path) -> None:
    log = await open_log(tmp_path)
    for event in (
        intent("q-1"),
        disclosure("q-1"),
        intent("q-2"),
        closed("q-2"),
        intent("q-3", opened_from="q-2"),
    ):
        await log.record(event)
    await log.close()
    async with writing(tmp_path):
        pass
    async with writing(tmp_path):
        pass
    with reading(tmp_path) as reader:
        states = {
            query_id: [
                one.facts["state"] for one in reader.trace(query_id).entries if one.kind == "query.closed"
            ]
            for query_id in ("q-1", "q-2", "q-3")
        }
        assert reader.verify().good
    assert states == {"q-1": ["aborted"], "q-2": ["answered"], "q-3": ["aborted"]}


async def test_a_destroyed_key_leaves_the_person_unreadable_and_the_log_whole(tmp_path: Path) -> None:
    async with writing(tmp_path) as log:
        await log.record(intent())
        keys = load_keys(keys_in(tmp_path))
        assert keys.destroy_person_key(ANNA) == 1
        keys.close()
        await log.record(intent("q-2"))
    with reading(tmp_path) as reader:
        assert reader.trace("q-1").entries[0].facts["person 1"] is None
        assert reader.trace("q-2").entries[0].facts["person 1"] is not None
        assert reader.verify().good


async def test_other_keys_open_nothing_and_no_signature(tmp_path: Path) -> None:
    async with writing(tmp_path) as log:
        await log.record(intent())
        await log.record(disclosure())
    others = load_keys(keys_in(tmp_path / "other"))
    with AuditReader.open(tmp_path / "audit.db", others, ORIGIN) as reader:
        asked, disclosed = reader.trace("q-1").entries
        assert (asked.facts["request"], asked.facts["person 1"], disclosed.facts["disclosed"]) == (
            None,
            None,
            None,
        )
        assert not reader.verify().good


def test_there_is_nothing_to_read_where_no_log_is(tmp_path: Path) -> None:
    with pytest.raises(UnsafeStore, match="no audit log"):
        reading(tmp_path)
    (tmp_path / "audit.db").write_bytes(b"something else, and long enough to be no header of SQLite's" * 9)
    with pytest.raises(UnsafeStore, match="no audit log"):
        reading(tmp_path)


async def test_a_reader_cannot_write(tmp_path: Path) -> None:
    async with writing(tmp_path):
        pass
    with reading(tmp_path) as reader, pytest.raises(Exception, match="readonly"):
        reader.store.keep_note("forged")
    tamper(tmp_path)
