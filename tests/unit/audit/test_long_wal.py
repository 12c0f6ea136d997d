"""A write-ahead log that has become long is copied once nobody waits for it, and never within a commit."""

from __future__ import annotations

from pathlib import Path

import apsw
import pytest

from broker.audit.stores import sqlite_wal
from broker.audit.stores.sqlite_wal import LongWal
from tests.unit.audit.audit_samples import closed, intent, writing

SHORT, LONG = b"x", bytes(8_000_000)


def test_a_commit_that_makes_it_long_copies_nothing_and_whoever_is_asked_does(tmp_path: Path) -> None:
    path = tmp_path / "log.db"
    db = apsw.Connection(str(path))
    db.pragma("journal_mode", "wal")
    wal = LongWal.watched(db)
    db.execute("CREATE TABLE kept (what BLOB)")
    db.execute("INSERT INTO kept VALUES (?)", (SHORT,))
    assert not wal.is_too_long
    db.execute("INSERT INTO kept VALUES (?)", (LONG,))
    assert wal.is_too_long
    assert path.stat().st_size < len(LONG)
    wal.copied(db)
    assert not wal.is_too_long
    assert path.stat().st_size > len(LONG)
    db.close()


def test_one_that_somebody_reads_is_copied_after_a_later_commit(tmp_path: Path) -> None:
    path = tmp_path / "log.db"
    db = apsw.Connection(str(path))
    db.pragma("journal_mode", "wal")
    wal = LongWal.watched(db)
    db.execute("CREATE TABLE kept (what BLOB)")
    reader = apsw.Connection(str(path))
    reader.execute("BEGIN; SELECT count(*) FROM kept").fetchall()
    db.execute("INSERT INTO kept VALUES (?)", (LONG,))
    wal.copied(db)
    assert path.stat().st_size < len(LONG)
    reader.execute("COMMIT")
    db.execute("INSERT INTO kept VALUES (?)", (SHORT,))
    wal.copied(db)
    assert path.stat().st_size > len(LONG)
    reader.close()
    db.close()


async def test_a_log_under_way_copies_those_of_its_entries_and_of_its_keystore(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sqlite_wal, "_PAGES", 1)
    async with writing(tmp_path) as log:
        await log.record(intent("q-0"))
        await log.record(closed("q-0"))  # whatever followed the first is over by now
        for file, counted in (
            ("audit.db", "SELECT count(*) FROM entry"),
            ("keys/keystore.db", "SELECT count(*) FROM person_key"),
        ):
            # Without the write-ahead log beside it: what was copied out of it.
            copy = tmp_path / "copied.db"
            copy.write_bytes((tmp_path / file).read_bytes())
            with apsw.Connection(str(copy)) as copied:
                assert copied.execute(counted).get > 0
            copied.close()
            copy.unlink()
