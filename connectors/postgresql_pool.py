"""Connections to one PostgreSQL database: bounded, read-only, and thrown away at the least doubt.

asyncpg's own pool waits for a server when it takes a connection back (it resets it, in a round trip more). A
connection here has run SELECTs only, so there is nothing to reset; after anything else it is cut off.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias, cast

import asyncpg

from connectors.connection import PostgresqlConnection, Secrets, path_below
from connectors.contract import SourceMisfit, SourceUnavailable
from connectors.deadline import step_for
from connectors.host_names import SystemNames
from connectors.postgresql_frames import CheckingLoop

APPLICATION = "family-context"
_CLOSING_SECONDS = 0.5
_ORPHAN_CHECK = "250ms"

AsyncpgConnection: TypeAlias = "asyncpg.Connection[asyncpg.Record]"


@dataclass(slots=True)
class Session:
    """A connection, and how long its statements may take on the server (None: not told yet)."""

    connection: AsyncpgConnection
    allowed: float | None = None
    has_answered: bool = False

    async def allow(self, seconds: float) -> None:
        """Let the server itself break off a statement that takes longer, also when waiting for a lock.

        In steps, so that a round trip is needed only when the step changes: this is the second line, which
        keeps the server from working on for nobody. The deadline itself is held outside.
        """
        step = step_for(seconds)
        if step != self.allowed:
            await self.connection.execute(
                f"SET statement_timeout = {int(step * 1000)}; SET lock_timeout = {int(step * 1000)}"
            )
            self.allowed = step


@dataclass(slots=True)
class Lease:
    """The session that one question has just now, so that it can be cut off from outside."""

    session: Session | None = None

    def cut(self) -> None:
        """Close the socket, without a word to the server. Returns at once."""
        if self.session is not None:
            self.session.connection.terminate()


class Pool:
    """At most ``size`` sessions at a time; whoever comes later waits."""

    def __init__(self, connect: Callable[[], Awaitable[AsyncpgConnection]], size: int) -> None:
        self._connect = connect
        self._slots = asyncio.Semaphore(size)
        self._idle: list[Session] = []
        self._in_use: dict[int, Session] = {}
        self._closed = False

    @asynccontextmanager
    async def session(self, lease: Lease) -> AsyncIterator[Session]:
        """A session for one question. Kept for the next one only when nothing at all was raised."""
        async with self._slots:
            session = self._an_idle_one() or Session(await self._connect())
            lease.session = self._in_use[id(session)] = session
            try:
                yield session
            except BaseException:
                session.connection.terminate()
                raise
            finally:
                lease.session = None
                del self._in_use[id(session)]
                self._take_back(session)

    def discard_idle(self) -> None:
        """Cut every idle connection: its server has just been found gone."""
        while self._idle:
            self._idle.pop().connection.terminate()

    async def close(self) -> None:
        """Cut what is in use, say goodbye on what is idle, and take nothing back."""
        self._closed = True
        for session in self._in_use.values():
            session.connection.terminate()
        idle, self._idle = self._idle, []
        await asyncio.gather(*(_goodbye(session.connection) for session in idle))

    def _an_idle_one(self) -> Session | None:
        while self._idle:
            session = self._idle.pop()
            if not session.connection.is_closed():
                return session
        return None

    def _take_back(self, session: Session) -> None:
        if self._closed:
            session.connection.terminate()
        elif not session.connection.is_closed():
            self._idle.append(session)


async def _goodbye(connection: AsyncpgConnection) -> None:
    with suppress(asyncpg.PostgresError, asyncpg.InterfaceError, OSError, TimeoutError):
        await connection.close(timeout=_CLOSING_SECONDS)


async def connected(
    settings: PostgresqlConnection, secrets: Secrets, base: Path, names: SystemNames | None = None
) -> AsyncpgConnection:
    """A connection whose session is proved to be read-only. Raises asyncpg's faults and SourceFault.

    ``names`` looks its host up; without, threads that are there for this once.
    """
    connection = await _authenticated(settings, secrets, base, CheckingLoop(names or SystemNames()))
    try:
        await _prove_read_only(connection)
        await _leave_no_orphans(connection)
    except BaseException:
        connection.terminate()
        raise
    return connection


async def _authenticated(
    settings: PostgresqlConnection, secrets: Secrets, base: Path, loop: CheckingLoop
) -> AsyncpgConnection:
    try:
        connection: AsyncpgConnection = await asyncpg.connect(
            loop=cast("asyncio.AbstractEventLoop", loop),
            host=settings.host,
            port=settings.port,
            database=settings.database,
            user=settings.user,
            password=_password(settings, secrets),
            ssl=_tls(settings, base),
            max_cacheable_statement_size=0,  # no limit: twelve people's statement is long, and asked again
            server_settings={
                "application_name": APPLICATION,
                "default_transaction_read_only": "on",
                "timezone": "UTC",
            },
        )
    except BaseException:
        loop.abort()
        raise
    return connection


async def _prove_read_only(connection: AsyncpgConnection) -> None:
    """A pooler between us and the database may have dropped the setting; and a superuser gets round it."""
    asked = "SELECT current_setting('transaction_read_only'), current_setting('is_superuser')"
    match tuple(await connection.fetchrow(asked) or ()):
        case ("on", "off"):
            return
        case ("on", _):
            raise SourceMisfit("the connection's user is a superuser: give it one that may only read")
        case _:
            raise SourceMisfit("the database session is not read-only, though it was asked to be")


async def _leave_no_orphans(connection: AsyncpgConnection) -> None:
    """Have the server look, while it works, whether we are still there (PostgreSQL 14, most systems)."""
    with suppress(asyncpg.UndefinedObjectError, asyncpg.InvalidParameterValueError):
        await connection.execute(f"SET client_connection_check_interval = '{_ORPHAN_CHECK}'")


def _password(settings: PostgresqlConnection, secrets: Secrets) -> str:
    """Read at every connection: a changed one needs no restart. Empty, so that asyncpg looks nowhere else."""
    if settings.password is None:
        return ""
    try:
        return secrets(settings.password)
    except Exception as fault:
        raise SourceUnavailable(f"the password {settings.password} could not be read") from fault


def _tls(settings: PostgresqlConnection, base: Path) -> ssl.SSLContext | bool:
    if settings.ssl == "disable":
        return False
    trusted = str(path_below(base, settings.ca_file)) if settings.ca_file else None
    context = ssl.create_default_context(cafile=trusted)
    context.check_hostname = settings.ssl == "verify-full"
    if settings.ssl == "require":
        # nosemgrep: certificates-unchecked -- what PostgreSQL calls require: encrypted, nobody checked
        context.verify_mode = ssl.CERT_NONE
    return context
