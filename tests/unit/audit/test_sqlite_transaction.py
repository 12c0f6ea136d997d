"""A transaction of the log: whole or not there, and nobody else of the process stands still while it commits."""

from __future__ import annotations

import threading
from pathlib import Path

import apsw
import pytest

from broker.audit.stores.sqlite_transaction import transaction


@pytest.fixture
def db(tmp_path: Path) -> apsw.Connection:
    made = apsw.Connection(str(tmp_path / "some.db"))
    made.pragma("journal_mode", "wal")
    made.execute("CREATE TABLE kept (what BLOB)")
    return made


def count(db: apsw.Connection) -> int:
    return int(db.execute("SELECT count(*) FROM kept").get)


def test_what_failed_is_not_there(db: apsw.Connection) -> None:
    with pytest.raises(apsw.SQLError), transaction(db):
        db.execute("INSERT INTO kept VALUES (1); INSERT INTO nowhere VALUES (1)")
    assert (count(db), db.in_transaction) == (0, False)
    with transaction(db):
        db.execute("INSERT INTO kept VALUES (2)")
    assert (count(db), db.in_transaction) == (1, False)


def test_a_second_writer_is_refused_from_the_beginning(db: apsw.Connection) -> None:
    other = apsw.Connection(db.filename)
    with transaction(db):
        with pytest.raises(apsw.BusyError), transaction(other):
            pytest.fail("two write at once")
        assert not other.in_transaction
    other.close()


def test_other_threads_go_on_while_it_commits(db: apsw.Connection) -> None:
    ticks, ended = 0, threading.Event()

    def tick() -> None:
        nonlocal ticks
        while not ended.wait(0.001):
            ticks += 1

    db.pragma("cache_size", -200_000)  # so that nothing is written before the end
    ticking = threading.Thread(target=tick)
    with transaction(db):
        db.execute("INSERT INTO kept VALUES (?)", (bytes(100_000_000),))
        ticking.start()
        ticks = 0
    assert ticks > 20  # with apsw's own end of it there are one or two
    ended.set()
    ticking.join()
