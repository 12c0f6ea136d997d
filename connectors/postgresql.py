"""PostgreSQL, by asyncpg: read-only sessions, one round trip a question, a deadline that holds."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import asyncpg

from connectors.candidate_query import CandidateQuery
from connectors.connection import PostgresqlConnection, Secrets, connection_of
from connectors.contract import (
    Candidates,
    Connector,
    Search,
    SourceFault,
    SourceMisfit,
    SourceTimedOut,
    SourceUnavailable,
)
from connectors.deadline import LeftBehind, within
from connectors.dialects import postgresql_dialect
from connectors.host_names import SystemNames
from connectors.login_faults import BY_SQLSTATE, refused
from connectors.postgresql_catalogue import live_columns
from connectors.postgresql_pool import Lease, Pool, Session, connected
from connectors.read_rows import candidates_of
from connectors.source_file import SourceFile

OPENING_SECONDS = 10.0
CLOSING_SECONDS = 2.0

_TIMED_OUT = frozenset(["57014", "55P03"])  # statement_timeout, lock_timeout
_MISFIT_CLASSES = frozenset(["0A", "22", "25", "3F", "42"])
"""Feature not supported, bad value, read-only transaction, no such schema, no such name or no right to it."""


class PostgresqlConnector:
    """A connector (see ``contract.Connector``) for one PostgreSQL database.

    The query's id stands in ``application_name`` while its statement runs, and after it.
    """

    def __init__(
        self, source: SourceFile, settings: PostgresqlConnection, secrets: Secrets, base: Path
    ) -> None:
        self.source = source
        self._settings = settings
        self._secrets = secrets
        self._base = base
        self._pool: Pool | None = None
        self._query: CandidateQuery | None = None
        self._left = LeftBehind()

    async def open(self) -> None:
        """As ``contract.Connector.open``."""
        self._query = None
        lease = Lease()
        await within(OPENING_SECONDS, self._look(lease), lease.cut, self._left)

    async def candidates(self, search: Search) -> Candidates:
        """As ``contract.Connector.candidates``. Waiting for a connection counts."""
        lease = Lease()
        return await within(search.seconds, self._asked(search, lease), lease.cut, self._left)

    async def close(self) -> None:
        """As ``contract.Connector.close``."""
        pool, self._pool, self._query = self._pool, None, None
        if pool is not None:
            await pool.close()
        await self._left.gone(CLOSING_SECONDS)

    async def _look(self, lease: Lease) -> None:
        async with self._session(lease) as session:
            await session.allow(OPENING_SECONDS)
            await self._checked_query(session)

    async def _asked(self, search: Search, lease: Lease) -> Candidates:
        try:
            return await self._ask(search, lease)
        except _SessionLost:
            # Since the last question the server restarted, or a firewall forgot us: a new session is as good.
            return await self._ask(search, lease)

    async def _ask(self, search: Search, lease: Lease) -> Candidates:
        async with self._session(lease) as session:
            await session.allow(search.seconds)
            question = (await self._checked_query(session)).question(search)
            if question is None:
                return Candidates(())
            rows = await session.connection.fetch(question.text, *question.values)
            session.has_answered = True
        return candidates_of(self.source, question.columns, [tuple(row.values()) for row in rows])

    async def _checked_query(self, session: Session) -> CandidateQuery:
        if self._query is None:
            live = await live_columns(session.connection, self.source)
            self._query = CandidateQuery(self.source, live, postgresql_dialect())
        return self._query

    @asynccontextmanager
    async def _session(self, lease: Lease) -> AsyncIterator[Session]:
        """A session, whose faults come out as the source's."""
        pool, had_answered = self._current_pool(), False
        try:
            async with pool.session(lease) as session:
                had_answered = session.has_answered
                yield session
        except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError, TimeoutError) as driver_fault:
            fault = self.fault_of(driver_fault)
            if isinstance(fault, SourceMisfit):
                self._query = (
                    None  # looked at afresh by the next question, which then can say what is missing
                )
            elif isinstance(fault, SourceUnavailable):
                pool.discard_idle()
                if had_answered:
                    raise _SessionLost(*fault.args) from driver_fault
            raise fault from driver_fault

    def _current_pool(self) -> Pool:
        if self._pool is None:
            names = SystemNames()
            self._pool = Pool(
                lambda: connected(self._settings, self._secrets, self._base, names), self._settings.pool_size
            )
        return self._pool

    def fault_of(self, fault: Exception) -> SourceFault:
        """The source's fault that a driver's is. Its message quotes values, and is not repeated."""
        state = fault.sqlstate if isinstance(fault, asyncpg.PostgresError) else None
        name = f"{type(fault).__name__} {state}" if state else type(fault).__name__
        if state in _TIMED_OUT:
            return SourceTimedOut(f"{self.source.source}: the database broke off the statement ({name}).")
        if isinstance(fault, asyncpg.DataError) or (state and state[:2] in _MISFIT_CLASSES):
            return SourceMisfit(f"{self.source.source}: the database does not take the statement ({name}).")
        if state is not None and state in BY_SQLSTATE:
            why = refused(self.source.source, BY_SQLSTATE[state], self._settings.password)
            return SourceUnavailable(f"{why} ({name})")
        return SourceUnavailable(f"{self.source.source}: the database could not be reached ({name}).")


class _SessionLost(SourceUnavailable):
    """A session that had answered before does not any more."""


def postgresql_connector(source: SourceFile, secrets: Secrets, base: Path) -> Connector:
    """A connector for a source file of kind ``postgresql``. Raises SourceMisfit."""
    return PostgresqlConnector(source, connection_of(source, PostgresqlConnection), secrets, base)
