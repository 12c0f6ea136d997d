"""Durable appends at 64 callers, by the log and by a bare group commit of the same bytes.

A caller records one query after the other, each entry when the one before is durable. The bare commit is what a
log without keys, tree, index and encryption would cost at best: it drains its queue while the last commit runs, at
most 64 at once, inserts each entry's bytes as they are, is as durable (SQLite: WAL, synchronous=FULL; PostgreSQL:
synchronous_commit=on), and wakes the callers' loop once a commit.
"""

from __future__ import annotations

import asyncio
import queue
import statistics
import threading
import time
from collections.abc import Awaitable, Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import apsw
import asyncpg

T = TypeVar("T")
CALLERS = TOGETHER = 64
_WARM_UP = 0.1
"""Of the entries: so many go before the clock starts."""


@dataclass(frozen=True, slots=True)
class Rate:
    """Appends a second; the wait of one, in ms; CPU of this process (not of a server's), in us an entry."""

    a_second: float
    p50: float
    p99: float
    cpu: float


def middle(rates: Sequence[Rate]) -> Rate:
    """The median of several runs, each value by itself."""
    return Rate(*(statistics.median(getattr(one, name) for one in rates) for name in Rate.__slots__))


async def rate(record: Callable[[T], Awaitable[object]], work: Sequence[Sequence[T]]) -> Rate:
    """What is reached when 64 callers share this work, a sequence at a time."""
    warm = int(len(work) * _WARM_UP)
    await _shared(record, iter(work[:warm]))
    cpu, began = time.process_time(), time.perf_counter()
    waited = sorted(await _shared(record, iter(work[warm:])))
    cpu, took, count = time.process_time() - cpu, time.perf_counter() - began, len(waited)
    return Rate(count / took, waited[count // 2] * 1e3, waited[count * 99 // 100] * 1e3, cpu / count * 1e6)


async def _shared(record: Callable[[T], Awaitable[object]], work: Iterator[Iterable[T]]) -> list[float]:
    waited: list[float] = []

    async def caller() -> None:
        for together in work:
            for one in together:
                began = time.perf_counter()
                await record(one)
                waited.append(time.perf_counter() - began)

    async with asyncio.TaskGroup() as group:
        for _ in range(CALLERS):
            group.create_task(caller())
    return waited


@dataclass(frozen=True, slots=True)
class _Waiting:
    raw: bytes
    done: asyncio.Future[None]


def _settle(batch: Iterable[_Waiting]) -> None:
    for one in batch:
        one.done.set_result(None)


class BareSqlite:
    """A group commit in SQLite, by one thread."""

    def __init__(self, path: Path) -> None:
        self._path, self._queue = path, queue.SimpleQueue[_Waiting | None]()
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    async def record(self, raw: bytes) -> None:
        waiting = _Waiting(raw, asyncio.get_running_loop().create_future())
        self._queue.put(waiting)
        await waiting.done

    def close(self) -> None:
        self._queue.put(None)
        self._thread.join()

    def _run(self) -> None:
        with apsw.Connection(str(self._path)) as db:
            pass
        db.pragma("journal_mode", "wal")
        db.pragma("synchronous", 2)
        db.execute("CREATE TABLE entry (idx INTEGER PRIMARY KEY, raw BLOB NOT NULL)")
        size = 0
        while batch := self._gathered():
            with db:
                db.executemany(
                    "INSERT INTO entry VALUES (?, ?)", [(size + n, one.raw) for n, one in enumerate(batch)]
                )
            size += len(batch)
            batch[0].done.get_loop().call_soon_threadsafe(_settle, batch)
        db.close()

    def _gathered(self) -> list[_Waiting]:
        batch: list[_Waiting] = []
        while len(batch) < TOGETHER and not (batch and self._queue.empty()):
            if (one := self._queue.get()) is None:
                return []
            batch.append(one)
        return batch


class BarePostgresql:
    """A group commit in PostgreSQL, by one task."""

    def __init__(self, connection: asyncpg.Connection[asyncpg.Record]) -> None:
        self._connection, self._queue = connection, asyncio.Queue[_Waiting]()

    async def record(self, raw: bytes) -> None:
        waiting = _Waiting(raw, asyncio.get_running_loop().create_future())
        self._queue.put_nowait(waiting)
        await waiting.done

    async def run(self) -> None:
        await self._connection.execute("DROP TABLE IF EXISTS bare")
        await self._connection.execute("CREATE TABLE bare (idx bigint PRIMARY KEY, raw bytea NOT NULL)")
        await self._connection.execute("ALTER TABLE bare ALTER raw SET STORAGE EXTERNAL")
        size = 0
        while True:
            batch = [await self._queue.get()]
            while len(batch) < TOGETHER and not self._queue.empty():
                batch.append(self._queue.get_nowait())
            await self._connection.executemany(
                "INSERT INTO bare VALUES ($1, $2)", [(size + n, one.raw) for n, one in enumerate(batch)]
            )
            size += len(batch)
            _settle(batch)
