"""Writing the log: durable or refused, together where callers come together, and one bad event alone."""

from __future__ import annotations

import asyncio
import threading
import time
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

import apsw
import pytest

from broker.audit import writer
from broker.audit.checkpoint import opened
from broker.audit.log import LogUnavailable
from broker.audit.stores import sqlite, sqlite_keystore
from broker.audit.stores.contract import Appended
from broker.audit.stores.sqlite_keystore import SqliteKeystore
from broker.audit.stores.sqlite_store import SqliteStore
from broker.audit.tree import Frontier
from tests.unit.audit.audit_samples import (
    ORIGIN,
    closed,
    everything_in,
    intent,
    open_log,
    reading,
    tamper,
    writing,
)


def signed_size(directory: Path) -> int:
    with reading(directory) as reader:
        return opened(reader.checkpoint(), reader.verifier).size


def file_modes(directory: Path) -> dict[str, int]:
    return {path.name: path.stat().st_mode for path in directory.iterdir() if path.is_file()}


class Commits:
    """Watches the transactions of entries, and can hold the first of them back, or fail them."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.sizes: list[int] = []
        self.fault: Exception | None = None
        append = SqliteStore.append

        def watched(store: SqliteStore, entries: Any, after: Frontier) -> Appended:
            if self.fault:
                raise self.fault
            appended = append(store, entries, after)
            self.sizes.append(len(entries))
            return appended

        monkeypatch.setattr(SqliteStore, "append", watched)


@pytest.fixture
def commits(monkeypatch: pytest.MonkeyPatch) -> Commits:
    return Commits(monkeypatch)


async def test_receipts_name_the_log_and_are_dense_from_zero(tmp_path: Path) -> None:
    async with writing(tmp_path) as log:
        receipts = await asyncio.gather(*(log.record(closed(f"q-{number}")) for number in range(200)))
    assert sorted(receipt.index for receipt in receipts) == list(range(200))
    assert {receipt.log for receipt in receipts} == {ORIGIN}
    assert len({receipt.leaf_hash for receipt in receipts}) == 200


async def test_what_was_recorded_is_read_by_another_connection_at_once(tmp_path: Path) -> None:
    async with writing(tmp_path) as log:
        await log.record(intent())
        with reading(tmp_path) as reader:
            assert [entry.kind for entry in reader.trace("q-1").entries] == ["query.intent"]


async def test_callers_who_come_together_share_commits_of_64_at_most(
    tmp_path: Path, commits: Commits
) -> None:
    async with writing(tmp_path) as log:
        await asyncio.gather(*(log.record(closed(f"q-{number}")) for number in range(640)))
    assert sum(commits.sizes) == 640
    assert max(commits.sizes) == 64
    assert len(commits.sizes) <= 20


async def test_one_caller_waits_for_no_others(tmp_path: Path, commits: Commits) -> None:
    async with writing(tmp_path) as log:
        for number in range(5):
            await log.record(closed(f"q-{number}"))
    assert commits.sizes == [1] * 5


async def test_keys_of_new_people_are_made_durable_once_a_commit(tmp_path: Path, commits: Commits) -> None:
    people = [
        replace(intent().people[0].identifiers, nhs_number=None, given_name=f"Anna {'i' * n}")
        for n in range(50)
    ]
    async with writing(tmp_path) as log:
        await asyncio.gather(*(log.record(intent(f"q-{n}", one)) for n, one in enumerate(people)))
    assert len(commits.sizes) <= 4
    with reading(tmp_path) as reader:
        assert all(entry.facts["person 1"] for n in range(50) for entry in reader.trace(f"q-{n}").entries[:1])


async def test_after_a_failed_commit_nothing_is_written_until_it_was_opened_again(
    tmp_path: Path, commits: Commits, caplog: pytest.LogCaptureFixture
) -> None:
    log = await open_log(tmp_path)
    await log.record(closed("q-1"))
    commits.fault = apsw.FullError("database or disk is full")
    with pytest.raises(LogUnavailable, match="Mend the disk"):
        await log.record(intent("q-2"))
    commits.fault = None
    assert not log.healthy
    for event in (intent("q-3"), closed("q-3")):
        with pytest.raises(LogUnavailable, match="start the broker again"):
            await log.record(event)
    with pytest.raises(LogUnavailable):
        await log.repeats("u-7", (), intent().at)
    await log.close()
    assert commits.sizes == [1]
    assert "Anna" not in caplog.text
    assert "FullError" in caplog.text
    async with writing(tmp_path) as again:
        assert (await again.record(closed("q-4"))).index == 1


async def test_a_keystore_that_cannot_be_written_stops_the_log(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(_keystore: SqliteKeystore, _people: Any, _epoch: str) -> list[Any]:
        raise apsw.IOError("disk I/O error")

    log = await open_log(tmp_path)
    monkeypatch.setattr(SqliteKeystore, "keys_for", fails)
    with pytest.raises(LogUnavailable):
        await log.record(intent())
    assert not log.healthy
    await log.close()


class Committing(ExitStack):
    """The end of a keystore's transaction: late, or failed."""

    fault: Exception | None = None

    def __exit__(self, *failed: Any) -> bool | None:
        if threading.current_thread().name.startswith("audit keystore"):
            time.sleep(0.2)
            if self.fault:
                super().__exit__(type(self.fault), self.fault, None)
                raise self.fault
        return super().__exit__(*failed)


async def test_a_new_persons_key_is_kept_before_an_entry_that_uses_it_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    keys_when_written, append = [], SqliteStore.append

    def watched(store: SqliteStore, entries: Any, after: Frontier) -> Appended:
        with apsw.Connection(str(tmp_path / "keys" / "keystore.db")) as beside:
            keys_when_written.append(beside.execute("SELECT count(*) FROM person_key").get)
        return append(store, entries, after)

    monkeypatch.setattr(sqlite_keystore, "ExitStack", Committing)
    monkeypatch.setattr(SqliteStore, "append", watched)
    async with writing(tmp_path) as log:
        await log.record(intent())
    assert keys_when_written == [1]


async def test_nothing_is_written_where_a_new_persons_key_could_not_be_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, commits: Commits
) -> None:
    monkeypatch.setattr(sqlite_keystore, "ExitStack", Committing)
    monkeypatch.setattr(Committing, "fault", apsw.IOError("disk I/O error"))
    log = await open_log(tmp_path)
    with pytest.raises(LogUnavailable):
        await log.record(intent())
    assert (log.healthy, commits.sizes) == (False, [])
    await log.close()


async def test_everybody_who_waits_for_a_failed_commit_is_told(tmp_path: Path, commits: Commits) -> None:
    log = await open_log(tmp_path)
    commits.fault = apsw.IOError("disk I/O error")
    outcomes = await asyncio.gather(
        *(log.record(closed(f"q-{n}")) for n in range(100)), return_exceptions=True
    )
    assert {type(outcome) for outcome in outcomes} == {LogUnavailable}
    await log.close()


async def test_a_checkpoint_that_cannot_be_written_stops_the_log(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writer, "CHECKPOINT_ENTRIES", 1)
    log = await open_log(tmp_path)

    def fails(_store: SqliteStore, _note: str) -> None:
        raise apsw.IOError("disk I/O error")

    monkeypatch.setattr(SqliteStore, "keep_note", fails)
    await log.record(closed())
    outcomes = [await asyncio.gather(log.record(closed()), return_exceptions=True) for _ in range(3)]
    assert isinstance(outcomes[-1][0], LogUnavailable)
    assert not log.healthy
    await log.close()


async def test_an_event_that_no_entry_can_hold_fails_alone(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    too_long, impossible = intent("q-l", reason="Quill " * 10_000), intent("q-i", reason=object())
    async with writing(tmp_path) as log:
        outcomes = await asyncio.gather(
            log.record(too_long), log.record(closed()), log.record(impossible), return_exceptions=True
        )
        assert [isinstance(outcome, LogUnavailable) for outcome in outcomes] == [True, False, True]
        assert "Quill" not in f"{outcomes} {caplog.text}"
        assert log.healthy
        assert (await log.record(closed())).index == 1
    with reading(tmp_path) as reader:
        assert reader.verify().good


async def test_a_caller_who_goes_away_has_the_entry_written_all_the_same(tmp_path: Path) -> None:
    async with writing(tmp_path) as log:
        asking = asyncio.ensure_future(log.record(intent()))
        await asyncio.sleep(0)
        asking.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asking
        assert (await log.record(closed())).index == 1
    with reading(tmp_path) as reader:
        assert len(reader.trace("q-1").entries) == 2


async def test_callers_in_other_threads_are_told_in_their_own_loops(tmp_path: Path) -> None:
    async with writing(tmp_path) as log:
        elsewhere = asyncio.to_thread(asyncio.run, log.record(closed("q-1")))
        receipts = await asyncio.gather(elsewhere, log.record(closed("q-2")))
    assert {receipt.index for receipt in receipts} == {0, 1}


async def test_a_caller_whose_loop_is_gone_stops_nobody_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    gone, append = threading.Event(), SqliteStore.append

    def held_back(store: SqliteStore, entries: Any, after: Frontier) -> Appended:
        assert gone.wait(10)
        return append(store, entries, after)

    async def begins() -> None:
        begun = asyncio.ensure_future(log.record(closed("q-1")))
        await asyncio.sleep(0)
        assert not begun.done()

    monkeypatch.setattr(SqliteStore, "append", held_back)
    async with writing(tmp_path) as log:
        await asyncio.to_thread(asyncio.run, begins())
        gone.set()
        assert (await log.record(closed("q-2"))).index == 1


async def test_closing_writes_what_waits_and_signs_it(tmp_path: Path) -> None:
    log = await open_log(tmp_path)
    asking = [asyncio.ensure_future(log.record(closed(f"q-{n}"))) for n in range(100)]
    await asyncio.sleep(0)
    await log.close()
    assert [receipt.index for receipt in await asyncio.gather(*asking)] == list(range(100))
    assert signed_size(tmp_path) == 100
    with pytest.raises(LogUnavailable):
        await log.record(closed())
    await log.close()


async def test_a_log_is_signed_before_its_first_entry(tmp_path: Path) -> None:
    async with writing(tmp_path):
        assert signed_size(tmp_path) == 0


async def test_every_256_entries_are_signed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writer, "CHECKPOINT_SECONDS", 1000.0)
    async with writing(tmp_path) as log:
        for _ in range(2):
            await asyncio.gather(*(log.record(closed()) for _ in range(150)))
        await log.record(closed())
        assert signed_size(tmp_path) >= 256


async def test_an_entry_is_signed_in_time_though_no_other_follows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writer, "CHECKPOINT_SECONDS", 0.05)
    async with writing(tmp_path) as log:
        await log.record(closed())
        await asyncio.sleep(0.3)
        assert signed_size(tmp_path) == 1


async def test_a_second_broker_is_refused_with_a_sentence(tmp_path: Path) -> None:
    async with writing(tmp_path) as log:
        with pytest.raises(LogUnavailable, match=r"Another broker writes .*Stop it first"):
            await open_log(tmp_path)
        assert (await log.record(closed())).index == 0
    async with writing(tmp_path) as again:
        assert (await again.record(closed())).index == 1


async def test_a_disk_that_does_not_keep_its_settings_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sqlite, "_DURABLE", {"journal_mode": "wal", "synchronous": 7})
    with pytest.raises(LogUnavailable, match=r"put audit\.db on a local disk"):
        await open_log(tmp_path)


async def test_settings_are_what_survives_a_power_cut(tmp_path: Path) -> None:
    async with writing(tmp_path) as log:
        store = log._writer._store
        assert isinstance(store, SqliteStore)
        connection = store.connection
        assert (connection.pragma("journal_mode"), connection.pragma("synchronous")) == ("wal", 2)
        assert isinstance(log._keys.keystore, SqliteKeystore)
        keystore = log._keys.keystore.connection
        assert (keystore.pragma("journal_mode"), keystore.pragma("synchronous")) == ("wal", 2)
        assert keystore.pragma("secure_delete") == 1


async def test_a_place_that_cannot_be_written_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "audit.db").mkdir()
    with pytest.raises(LogUnavailable, match="cannot be opened safely"):
        await open_log(tmp_path)


async def test_a_file_of_another_version_is_left_alone(tmp_path: Path) -> None:
    async with writing(tmp_path):
        pass
    tamper(tmp_path, "PRAGMA user_version = 1")
    with pytest.raises(LogUnavailable, match="another version"):
        await open_log(tmp_path)


async def test_no_identifier_stands_readable_in_the_log_beside_it_or_in_the_keystore(tmp_path: Path) -> None:
    async with writing(tmp_path) as log:
        await log.record(intent())
        await log.record(intent("q-2", intent().people[0].identifiers, reason="Anna again"))
        while_writing = everything_in(tmp_path)
    kept = while_writing + everything_in(tmp_path)
    # Long enough that random bytes, written as text, do not hold them by chance.
    canary = (b"histlewoo", b"9990000018", b"NS1 4AB", b"2016-02-29", b"arlowe", b"Quill", b"Anna again")
    assert len(kept) > 10_000
    assert [word for word in canary if word in kept] == []


async def test_only_the_broker_s_account_reads_the_log(tmp_path: Path) -> None:
    async with writing(tmp_path) as log:
        await log.record(closed())
        modes = file_modes(tmp_path)
    assert set(modes) >= {"audit.db", "audit.db-wal", "audit.db.lock"}
    assert {mode & 0o077 for mode in modes.values()} == {0}
