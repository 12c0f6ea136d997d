"""Several brokers write one tree in PostgreSQL: no index twice, none left out, and each signs what all wrote."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import AsyncExitStack

import pytest

from broker.audit.events import CLOSED
from broker.audit.log import AuditLog, LogUnavailable, Receipt
from tests.spec.audit.kept import Kept
from tests.unit.audit.audit_samples import closed, disclosure, intent

WRITERS = 3


async def entries_of(log: AuditLog, name: str, count: int) -> list[Receipt]:
    return [await log.record(closed(f"q-{name}-{number}")) for number in range(count)]


async def written_by_all(logs: Sequence[AuditLog], callers: int, count: int) -> list[Receipt]:
    """So many callers at each log, each with so many entries one after the other."""
    names = [(log, f"{place}-{caller}") for place, log in enumerate(logs) for caller in range(callers)]
    receipts = await asyncio.gather(*(entries_of(log, name, count) for log, name in names))
    return [one for of_caller in receipts for one in of_caller]


async def test_indexes_are_dense_and_the_log_verifies(in_database: Kept) -> None:
    async with AsyncExitStack() as open_until:
        logs = [await open_until.enter_async_context(in_database.writing()) for _ in range(WRITERS)]
        receipts = await written_by_all(logs, 5, 20)
        assert all(log.healthy for log in logs)
    assert sorted(one.index for one in receipts) == list(range(WRITERS * 100))
    with in_database.reading() as reader:
        found = reader.verify()
        leaves = {index: leaf for index, leaf, _ in reader.store.rows()}
    assert (found.fault, found.size, found.checkpoint_size) == (None, 300, 300)
    assert len(set(leaves.values())) == 300


async def test_who_starts_meanwhile_goes_on_where_the_others_are(in_database: Kept) -> None:
    async with in_database.writing() as first:
        for number in range(5):
            await first.record(closed(f"a-{number}"))
            async with in_database.writing() as other:
                assert (await other.record(closed(f"b-{number}"))).index == 2 * number + 1
    with in_database.reading() as reader:
        assert reader.verify().good


async def test_brokers_that_make_the_log_together_make_one(in_database: Kept) -> None:
    logs = await asyncio.gather(*(in_database.open() for _ in range(WRITERS)))
    receipts = await asyncio.gather(*(log.record(closed(f"q-{n}")) for n, log in enumerate(logs)))
    await asyncio.gather(*(log.close() for log in logs))
    assert sorted(one.index for one in receipts) == list(range(WRITERS))


async def test_a_checkpoint_never_gets_smaller(in_database: Kept) -> None:
    def signed() -> str:
        with in_database.reading() as reader:
            return reader.checkpoint()

    async with in_database.writing() as log:
        small = signed()
        await entries_of(log, "a", 3)
    large = signed()
    store = in_database.place.open_to_write()
    store.keep_note(small)
    store.close()
    assert small != large == signed()


async def test_only_queries_of_brokers_that_are_gone_are_closed_as_aborted(in_database: Kept) -> None:
    async with in_database.writing() as living, in_database.writing() as dying:
        await living.record(intent("q-living"))
        await dying.record(intent("q-dying"))
        async with in_database.writing():
            pass
        await dying.close()
        async with in_database.writing():
            pass
        await living.record(disclosure("q-living"))
        await living.record(closed("q-living"))
    with in_database.reading() as reader:
        ends = {one.facts["query_id"]: one.facts["state"] for one in reader.entries() if one.kind == CLOSED}
        assert reader.verify().good
    assert ends == {"q-dying": "aborted", "q-living": "answered"}


async def test_brokers_that_start_together_close_an_orphan_once(in_database: Kept) -> None:
    async with in_database.writing() as log:
        for number in range(10):
            await log.record(intent(f"q-{number}"))
    logs = await asyncio.gather(*(in_database.open() for _ in range(WRITERS)))
    await asyncio.gather(*(log.close() for log in logs))
    with in_database.reading() as reader:
        ends = [one.facts["query_id"] for one in reader.entries() if one.kind == CLOSED]
    assert sorted(ends) == [f"q-{number}" for number in range(10)]


async def test_a_repeat_is_counted_whichever_broker_was_asked_before(in_database: Kept) -> None:
    async with in_database.writing() as one, in_database.writing() as other:
        await one.record(intent("q-1"))
        assert (
            await other.repeats("u-7", [person.identifiers for person in intent().people], intent().at) == 1
        )


async def test_a_broker_signs_no_tree_that_is_not_the_one_it_checked(in_database: Kept) -> None:
    log = await in_database.open()
    await entries_of(log, "a", 3)
    async with in_database.writing() as other:
        await entries_of(other, "b", 3)
    in_database.change("UPDATE entry SET leaf = sha256(leaf) WHERE idx = 4")
    outcome = await asyncio.gather(log.record(closed()), return_exceptions=True)
    assert isinstance(outcome[0], LogUnavailable)
    assert not log.healthy
    await log.close()
    with in_database.reading() as reader:
        assert reader.store.size() == 6
        assert "Entry 4 was changed" in (reader.verify().fault or "")


@pytest.mark.parametrize("change", ["size = 2", "roots = sha256(roots)"])
async def test_a_head_that_somebody_moved_stops_the_log_and_is_named(change: str, in_database: Kept) -> None:
    log = await in_database.open()
    await entries_of(log, "a", 3)
    in_database.change(f"UPDATE head SET {change}")  # noqa: S608 -- of the two above
    outcome = await asyncio.gather(log.record(closed()), return_exceptions=True)
    assert isinstance(outcome[0], LogUnavailable)
    await log.close()
    with in_database.reading() as reader:
        assert reader.store.size() == 3
        assert "head of the tree" in (reader.verify().fault or "")
    with pytest.raises(LogUnavailable, match="head of the tree"):
        await in_database.open()
