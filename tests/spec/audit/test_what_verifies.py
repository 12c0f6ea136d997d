"""A log verifies, or says where it does not: whole, and from its last entries when it is opened."""

from __future__ import annotations

import asyncio

import pytest

from broker.audit import writer
from broker.audit.checkpoint import opened
from broker.audit.log import LogUnavailable
from broker.audit.stores.postgresql import PostgresqlStore
from tests.spec.audit.kept import Kept
from tests.unit.audit.audit_samples import closed, disclosure, intent


async def write_some(kept: Kept, queries: int = 100) -> None:
    """Three entries a query."""
    async with kept.writing() as log:
        for event in (intent, disclosure, closed):
            await asyncio.gather(*(log.record(event(f"q-{number}")) for number in range(queries)))


async def test_a_log_that_nobody_touched_verifies_to_its_last_entry(kept: Kept) -> None:
    await write_some(kept)
    told: list[tuple[int, int]] = []
    with kept.reading() as reader:
        found = reader.verify(progress=lambda done, total: told.append((done, total)))
    assert (found.fault, found.size, found.checkpoint_size) == (None, 300, 300)
    assert told[-1] == (300, 300)


async def test_an_empty_log_verifies(kept: Kept) -> None:
    async with kept.writing():
        pass
    with kept.reading() as reader:
        assert (reader.verify().fault, reader.store.size()) == (None, 0)


@pytest.mark.parametrize(
    ("statement", "where"),
    [
        ("DELETE FROM entry WHERE idx = 17", "Entry 17 is missing"),
        ("DELETE FROM entry WHERE idx >= 290", "Entries 290 to 299 are missing at the end"),
        ("UPDATE entry SET raw = leaf WHERE idx = 41", "Entry 41 was changed"),
        ("UPDATE query SET kind = 'query.opened' WHERE idx = 5", "does not list entry 5 as it is"),
        ("DELETE FROM query WHERE idx = 299", "does not list entry 299 as it is"),
        ("DELETE FROM tag WHERE idx = 3", "does not list entry 3 as it is"),
        ("INSERT INTO tag SELECT leaf, 4 FROM entry WHERE idx = 9", "under what they don't have"),
        (
            "UPDATE subtree SET root = (SELECT leaf FROM entry WHERE idx = 0)",
            "does not list entry 255 as it is",
        ),
        ("UPDATE checkpoint SET note = 'none'", "is not signed with this log's key"),
        ("DELETE FROM checkpoint", "the signed checkpoint is missing"),
    ],
)
async def test_what_was_changed_is_found_and_named(statement: str, where: str, kept: Kept) -> None:
    await write_some(kept)
    kept.change(statement)
    with kept.reading() as reader:
        assert where in (reader.verify().fault or "")


async def test_an_older_checkpoint_finds_a_log_that_was_begun_anew(kept: Kept) -> None:
    await write_some(kept)
    with kept.reading() as reader:
        older = reader.checkpoint()
    for table in ("entry", "subtree", "query", "tag", "checkpoint"):
        kept.change(f"DELETE FROM {table}")  # noqa: S608 -- the names above
    if kept.store is PostgresqlStore:
        kept.change("UPDATE head SET size = 0, roots = ''")
    await write_some(kept, 200)
    with kept.reading() as reader:
        assert reader.verify().fault is None
        assert "are not those that were signed" in (reader.verify(older).fault or "")


@pytest.mark.parametrize(
    "statement", ["DELETE FROM entry WHERE idx >= 290", "UPDATE entry SET raw = leaf WHERE idx = 41"]
)
async def test_a_log_that_does_not_verify_is_not_opened_to_write(statement: str, kept: Kept) -> None:
    await write_some(kept)
    kept.change(statement)
    with pytest.raises(LogUnavailable, match=r"does not verify.*information governance"):
        await kept.open()


async def test_a_log_is_signed_before_its_first_entry_after_256_and_within_a_second(
    kept: Kept, monkeypatch: pytest.MonkeyPatch
) -> None:
    def signed() -> int:
        with kept.reading() as reader:
            return opened(reader.checkpoint(), reader.verifier).size

    monkeypatch.setattr(writer, "CHECKPOINT_SECONDS", 1000.0)
    async with kept.writing() as log:
        assert signed() == 0
        for _ in range(2):
            await asyncio.gather(*(log.record(closed()) for _ in range(150)))
        await log.record(closed())
        assert signed() >= 256
        monkeypatch.setattr(writer, "CHECKPOINT_SECONDS", 0.05)
        await log.record(closed())
        await asyncio.sleep(0.5)
        assert signed() == 302


async def test_there_is_no_log_before_a_broker_made_it(kept: Kept) -> None:
    with pytest.raises(Exception, match="There is no audit log"):
        kept.reading()
