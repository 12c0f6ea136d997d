"""The connector of kind ``odbc``: read-only sessions, one round trip a question, a deadline that holds.

How a session survives a driver that does not come back is in ``odbc_session``.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import pyodbc

from connectors.candidate_query import CandidateQuery, Question
from connectors.connection import OdbcConnection, Secrets
from connectors.contract import Candidates, Search, SourceFault, SourceMisfit, SourceUnavailable
from connectors.deadline import LeftBehind, within
from connectors.marks import mark
from connectors.odbc_columns import live_columns
from connectors.odbc_databases import Database, allow, database_of
from connectors.odbc_faults import fault_of, fault_of_connecting, is_of_an_old_plan
from connectors.odbc_keywords import is_a_file, keywords_of
from connectors.odbc_pool import Pool
from connectors.odbc_reader import Reader
from connectors.odbc_session import Session
from connectors.odbc_string import connection_string
from connectors.odbc_values import plain_rows
from connectors.read_rows import candidates_of
from connectors.source_file import SourceFile

T = TypeVar("T")

OPENING_SECONDS = 10.0
CLOSING_SECONDS = 2.0

_NOT_IN_A_COMMENT = re.compile(r"[^A-Za-z0-9_.:-]")

# What a driver raises for a statement: its own fault, or Python's for a value that it has no type for.
_DRIVER_FAULTS = (pyodbc.Error, ValueError, OverflowError)


class OdbcConnector:
    """A connector (see ``contract.Connector``) for one database behind an ODBC driver.

    Raises SourceMisfit for a connection that this driver can't be told.
    """

    def __init__(self, source: SourceFile, settings: OdbcConnection, secrets: Secrets, base: Path) -> None:
        self.source = source
        self._settings = settings
        self._secrets = secrets
        self._base = base
        self._pool: Pool | None = None
        self._asking: _Asking | None = None
        self._left = LeftBehind()
        self._explained(lambda: keywords_of(settings, base))

    async def open(self) -> None:
        """As ``contract.Connector.open``."""
        self._asking = None
        await within(OPENING_SECONDS, self._ask(self._ready), _leave, self._left)

    async def candidates(self, search: Search) -> Candidates:
        """As ``contract.Connector.candidates``. Waiting for a session counts."""
        work = self._ask(lambda reader: self._ready(reader).candidates(reader, search))
        return await within(search.seconds, work, _leave, self._left)

    async def close(self) -> None:
        """As ``contract.Connector.close``."""
        pool, self._pool, self._asking = self._pool, None, None
        if pool is not None:
            await pool.close(CLOSING_SECONDS)
        await self._left.gone(CLOSING_SECONDS)

    async def _ask(self, work: Callable[[Reader], T]) -> T:
        """What the work gives in the thread of a session, with the driver's faults as the source's."""
        pool = self._current_pool()
        try:
            try:
                return await self._ask_once(pool, work)
            except _SessionLost:
                # Since the last question the server restarted, a firewall forgot us, or a column was changed:
                # nothing is wrong with a new session.
                pool.discard_idle()
                return await self._ask_once(pool, work)
        except SourceMisfit:
            self._asking = None  # looked at afresh by the next question, which then can say what is missing
            raise
        except SourceUnavailable:
            pool.discard_idle()
            raise

    async def _ask_once(self, pool: Pool, work: Callable[[Reader], T]) -> T:
        async with pool.session() as session:
            had_answered = session.has_answered
            try:
                return await session.ask(work)
            except _DRIVER_FAULTS as driver_fault:
                fault = self.fault_of(driver_fault)
                is_lost = isinstance(fault, SourceUnavailable) or is_of_an_old_plan(driver_fault)
                if had_answered and is_lost:
                    raise _SessionLost(*fault.args) from driver_fault
                raise fault from driver_fault

    def _current_pool(self) -> Pool:
        if self._pool is None:
            keeps = not is_a_file(self._settings)
            self._pool = Pool(self.begin, self._settings.pool_size, keeps=keeps)
        return self._pool

    async def begin(self, session: Session) -> None:
        """Connect a session of one's own, and have it proved to be read-only. Raises SourceFault."""
        text = self._explained(lambda: connection_string(self._settings, self._password(), self._base))
        try:
            await session.begin(text, self._prepare)
        except _DRIVER_FAULTS as fault:
            name, settings = self.source.source, self._settings
            raise fault_of_connecting(name, settings.driver, settings.password, fault) from fault

    def _prepare(self, reader: Reader) -> None:
        """Runs in the session's thread."""
        database = database_of(reader)
        if self._settings.dialect not in (None, database.name):
            raise SourceMisfit(
                f"{self.source.source}: the connection's dialect is {self._settings.dialect!r}, but the database"
                f" says that it is {database.name!r}"
            )
        database.prepare(reader)
        database.convert(reader.connection)

    def _ready(self, reader: Reader) -> _Asking:
        """How this database is asked, its columns checked. Runs in the session's thread."""
        asking = self._asking
        if asking is None:
            database = database_of(reader)
            allow(database, reader, OPENING_SECONDS)
            live = live_columns(reader, database, self.source)
            asking = _Asking(self.source, database, CandidateQuery(self.source, live, database.dialect()))
            self._asking = asking
        return asking

    def _password(self) -> str | None:
        """Read at every connection: a changed one needs no restart."""
        if self._settings.password is None:
            return None
        try:
            return self._secrets(self._settings.password)
        except Exception as fault:
            raise SourceUnavailable(f"the password {self._settings.password} could not be read") from fault

    def _explained(self, make: Callable[[], T]) -> T:
        try:
            return make()
        except SourceMisfit as fault:
            sentence = f"{self.source.source}: {fault}"
        raise SourceMisfit(sentence)

    def fault_of(self, fault: Exception) -> SourceFault:
        """The source's fault that a driver's is."""
        dialect = None if self._asking is None else self._asking.database.name
        return fault_of(self.source.source, dialect, fault)


class _SessionLost(SourceUnavailable):
    """A session that had answered before does not any more."""


@dataclass(frozen=True, slots=True)
class _Asking:
    """A source whose database and columns are known. Used by all its sessions, each in its own thread."""

    source: SourceFile
    database: Database
    query: CandidateQuery

    def candidates(self, reader: Reader, search: Search) -> Candidates:
        question = self.query.question(search)
        if question is None:
            return Candidates(())
        allow(self.database, reader, search.seconds)
        self.database.begin(reader, search.query_id)
        rows = reader.rows(self._signed(question, search), *question.values)
        columns = [kind for _, kind in reader.columns()]
        self.database.end(reader)
        plain = plain_rows(columns, rows)
        return candidates_of(self.source, question.columns, plain)

    def _signed(self, question: Question, search: Search) -> str:
        if not self.database.signed:
            return question.text
        return f"{question.text} /* {mark(_NOT_IN_A_COMMENT.sub('', search.query_id))} */"


def _leave() -> None:
    """Nothing has to be cut: when the work is cancelled, its session ends by itself."""
