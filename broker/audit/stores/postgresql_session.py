"""One connection to PostgreSQL for ordinary threads: it lives in a thread with an event loop of its own.

The log's writer and its readers are threads that wait. asyncpg needs an event loop, and a deadline that holds has
to be kept outside it (``connectors.deadline``): at the deadline the connection is cut, and nobody waits for it.
"""

from __future__ import annotations

import asyncio
import ssl
import threading
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any, TypeAlias, TypeVar

import asyncpg

from broker.audit.stores.contract import StoreFault
from connectors.contract import SourceTimedOut
from connectors.deadline import LeftBehind, within

T = TypeVar("T")
Connection: TypeAlias = "asyncpg.Connection[asyncpg.Record]"
Row: TypeAlias = "asyncpg.Record"

SCHEMA = "audit_log"
_CLOSING_SECONDS = 0.5
_FAULTS = (
    asyncpg.PostgresError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,
    OSError,
    TimeoutError,
    SourceTimedOut,
)
_WHAT_TO_DO: Mapping[str, str] = {
    "28P01": "It refuses the user or the password: correct them under audit, postgresql in broker.yaml.",
    "28000": "It does not let this user in: have its administrator let the user log in from here.",
    "3D000": "There is no database of this name: make it, or correct the name in broker.yaml.",
    "42501": "The user lacks a right: give it those that the how-to on several brokers lists.",
    "42P01": "There is no audit log in it yet: a broker makes it at its first start.",
    "53300": "It has no connection left: raise max_connections, a broker needs four.",
}


@dataclass(frozen=True, slots=True)
class Address:
    """Where the database is, and as whom it is asked. ``tls``: False for none."""

    host: str
    port: int
    database: str
    user: str
    password: str = field(repr=False)
    tls: ssl.SSLContext | bool = True

    def __str__(self) -> str:
        return f"The audit database {self.database} at {self.host}:{self.port}"


@dataclass(frozen=True, slots=True)
class Manner:
    """How a session is used. ``seconds``: how long one question may take, after which the connection is cut.

    ``comes_back``: a lost connection is made again by the next question. ``settings`` are the session's.
    """

    seconds: float
    comes_back: bool
    settings: Mapping[str, str]


WRITES = Manner(
    seconds=10,
    comes_back=False,  # nobody would know what was the last that arrived
    settings={
        "synchronous_commit": "on",
        "statement_timeout": "8s",
        "idle_session_timeout": "0",  # nobody asks at night, and the connection is all that shows who lives
        # A broker that was halted in the middle of a transaction must not halt all others.
        "idle_in_transaction_session_timeout": "5s",
    },
)
READS = Manner(
    seconds=32,
    comes_back=True,
    settings={
        "default_transaction_read_only": "on",
        "statement_timeout": "30s",
        "idle_in_transaction_session_timeout": "10min",
    },
)


class Session:
    """A connection. One thread at a time may use it; every question raises StoreFault."""

    def __init__(self, address: Address, manner: Manner) -> None:
        """Connects. Raises StoreFault."""
        self._address, self._manner = address, manner
        self._connection: Connection | None = None
        self._held = False
        self._left = LeftBehind()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="audit database", daemon=True)
        self._thread.start()
        try:
            self.run(_connected)
        except BaseException:
            self.close()
            raise

    @property
    def alive(self) -> bool:
        """Whether the connection is not known to be lost."""
        return self._connection is not None and not self._connection.is_closed()

    def run(self, work: Callable[[Connection], Awaitable[T]]) -> T:
        """What the work returns, in time."""
        return self.begun(work)()

    def begun(self, work: Callable[[Connection], Awaitable[T]]) -> Callable[[], T]:
        """Begin the work, and go on; call what is returned for what the work returns, before anything else."""
        waiting = asyncio.run_coroutine_threadsafe(self._in_time(work), self._loop)

        def returned() -> T:
            try:
                return waiting.result()
            except _FAULTS as fault:
                raise _told(fault) from None  # PostgreSQL's own message may quote values

        return returned

    def rows(self, sql: str, *values: Any) -> list[Row]:
        """The rows of one statement."""
        return self.run(lambda connection: connection.fetch(sql, *values))

    def value(self, sql: str, *values: Any) -> Any:
        """The first value of one statement's first row; None without a row."""
        return self.run(lambda connection: connection.fetchval(sql, *values))

    @contextmanager
    def held(self, begin: str, end: str) -> Iterator[None]:
        """Between two statements, on this connection alone: when it is lost meanwhile, it does not come back."""
        self.run(lambda connection: connection.execute(begin))
        self._held = True
        try:
            yield
        finally:
            self._held = False
            if self.alive:
                self.run(lambda connection: connection.execute(end))

    def close(self) -> None:
        """Say goodbye, and end the thread. Waits no longer than half a second for the server."""
        if self._thread.is_alive():
            asyncio.run_coroutine_threadsafe(self._goodbye(), self._loop).result()
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join()
            self._loop.close()

    async def _in_time(self, work: Callable[[Connection], Awaitable[T]]) -> T:
        return await within(self._manner.seconds, self._asked(work), self._cut, self._left)

    async def _asked(self, work: Callable[[Connection], Awaitable[T]]) -> T:
        lost = self._connection is None or (self._connection.is_closed() and self._manner.comes_back)
        if self._connection is None or (lost and not self._held):
            self._connection = await self._new()
        return await work(self._connection)

    async def _new(self) -> Connection:
        address = self._address
        return await asyncpg.connect(
            host=address.host,
            port=address.port,
            database=address.database,
            user=address.user,
            password=address.password,
            ssl=address.tls,
            timeout=self._manner.seconds,
            server_settings={
                "application_name": "family-context audit log",
                "search_path": SCHEMA,
                "timezone": "UTC",
                "tcp_keepalives_idle": "60",  # else a firewall forgets a log that nobody writes at night
                **self._manner.settings,
            },
        )

    def _cut(self) -> None:
        if self._connection is not None:
            self._connection.terminate()

    async def _goodbye(self) -> None:
        if self._connection is not None:
            with suppress(*_FAULTS):
                await self._connection.close(timeout=_CLOSING_SECONDS)
            self._connection.terminate()
        await self._left.gone(_CLOSING_SECONDS)
        await asyncio.sleep(0)  # a turn of the loop, in which a socket that was cut is closed


async def _connected(_: Connection) -> None:
    """Nothing more than to be connected."""


def _told(fault: Exception) -> StoreFault:
    state = fault.sqlstate if isinstance(fault, asyncpg.PostgresError) else None
    name = f"{type(fault).__name__} {state}" if state else type(fault).__name__
    if what := _WHAT_TO_DO.get(state or ""):
        return StoreFault(f"{what} ({name})", name)
    if isinstance(fault, OSError | SourceTimedOut):
        return StoreFault(f"It does not answer: look at whether it runs and can be reached. ({name})", name)
    return StoreFault(f"PostgreSQL says: {name}.", name)
