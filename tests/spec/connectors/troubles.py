"""What can happen to a table while a source reads it, on each engine that it can happen to.

Everything is put right again when the context ends.
"""

from __future__ import annotations

import csv
import sys
from asyncio import create_subprocess_exec
from asyncio.subprocess import PIPE
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import (
    AbstractAsyncContextManager,
    AbstractContextManager,
    asynccontextmanager,
    contextmanager,
)
from pathlib import Path
from typing import Literal, Protocol

import apsw
import asyncpg

from deploy.demo.postgres import PostgresCluster
from tests.fakes.extracts import write_csv
from tests.fakes.mariadb import MariadbServer
from tests.spec.connectors.engines import PASSWORD, READER, TABLE

Refused = Literal["changed", "expired", "locked"]


class Troubles(Protocol):
    """An engine on which every one of them can happen. Some have fewer: ``quality.yaml`` says why."""

    def rename(self, column: str, to: str) -> None:
        """Another name for a column."""

    def locked(self) -> AbstractAsyncContextManager[None]:
        """The table held by another session, which lets nobody read it."""

    def refusing(self, why: Refused) -> AbstractContextManager[None]:
        """A log-in that is refused: its password is another, has expired, or the account is locked."""

    def revoked(self) -> AbstractContextManager[None]:
        """A user without the right to the table."""

    def drop_connections(self) -> None:
        """The server ends every session of the user."""

    def frozen(self) -> AbstractContextManager[None]:
        """A server that stays connected and answers nothing."""

    def elsewhere(self) -> AbstractContextManager[None]:
        """A server that gives every session of the user another time zone and another set of characters."""


class InPostgresql:
    """A real server, and its superuser."""

    def __init__(self, cluster: PostgresCluster) -> None:
        self._cluster = cluster

    def rename(self, column: str, to: str) -> None:
        self._cluster.run(f"ALTER TABLE {TABLE} RENAME COLUMN {column} TO {to}")

    @asynccontextmanager
    async def locked(self) -> AsyncIterator[None]:
        keeper = await asyncpg.connect(self._cluster.dsn())
        try:
            async with keeper.transaction():
                await keeper.execute(f"LOCK TABLE {TABLE} IN ACCESS EXCLUSIVE MODE")
                yield
        finally:
            await keeper.close()

    def refusing(self, why: Refused) -> AbstractContextManager[None]:
        ways: Mapping[Refused, tuple[str, str]] = {
            "changed": ("PASSWORD 'another one'", f"PASSWORD '{PASSWORD.replace(chr(39), chr(39) * 2)}'"),
            "expired": ("VALID UNTIL '2020-01-01'", "VALID UNTIL 'infinity'"),
            "locked": ("NOLOGIN", "LOGIN"),
        }
        return self._for_now(*(f"ALTER ROLE {READER} {way}" for way in ways[why]))

    def revoked(self) -> AbstractContextManager[None]:
        return self._for_now(f"REVOKE ALL ON {TABLE} FROM {READER}", f"GRANT SELECT ON {TABLE} TO {READER}")

    def drop_connections(self) -> None:
        readers = f"FROM pg_stat_activity WHERE usename = '{READER}'"
        self._cluster.run(f"SELECT pg_terminate_backend(pid) {readers}")

    def frozen(self) -> AbstractContextManager[None]:
        return self._cluster.frozen()

    def elsewhere(self) -> AbstractContextManager[None]:
        to = ("timezone = 'Asia/Tokyo'", "client_encoding = 'LATIN1'", "datestyle = 'SQL, MDY'")
        return self._for_now(
            "; ".join(f"ALTER ROLE {READER} SET {one}" for one in to), f"ALTER ROLE {READER} RESET ALL"
        )

    def _for_now(self, before: str, after: str) -> AbstractContextManager[None]:
        return _for_now(self._cluster.run, before, after)


class InMariadb:
    """A real server, and somebody who may do anything."""

    def __init__(self, server: MariadbServer) -> None:
        self._server = server
        self._reader = f"{READER}@'127.0.0.1'"

    def rename(self, column: str, to: str) -> None:
        self._server.run(f"ALTER TABLE {TABLE} RENAME COLUMN {column} TO {to}")

    @asynccontextmanager
    async def locked(self) -> AsyncIterator[None]:
        with self._server.connected() as keeper:
            keeper.execute(f"LOCK TABLES {TABLE} WRITE")
            yield

    def refusing(self, why: Refused) -> AbstractContextManager[None]:
        own = f"ALTER USER {self._reader} IDENTIFIED BY '{PASSWORD.replace(chr(39), chr(39) * 2)}'"
        ways: Mapping[Refused, tuple[str, str]] = {
            "changed": (f"ALTER USER {self._reader} IDENTIFIED BY 'another one'", own),
            "expired": (f"ALTER USER {self._reader} PASSWORD EXPIRE", own),
            "locked": (
                f"ALTER USER {self._reader} ACCOUNT LOCK",
                f"ALTER USER {self._reader} ACCOUNT UNLOCK",
            ),
        }
        return _for_now(self._server.run, *ways[why])

    def revoked(self) -> AbstractContextManager[None]:
        rights = f"SELECT ON {self._server.database}.*"
        return _for_now(
            self._server.run, f"REVOKE {rights} FROM {self._reader}", f"GRANT {rights} TO {self._reader}"
        )

    def drop_connections(self) -> None:
        self._server.run(f"KILL CONNECTION USER {self._reader}")

    def frozen(self) -> AbstractContextManager[None]:
        return self._server.frozen()

    def elsewhere(self) -> AbstractContextManager[None]:
        to = "SET NAMES latin1, time_zone = ''+09:00''"
        return _for_now(self._server.run, f"SET GLOBAL init_connect = '{to}'", "SET GLOBAL init_connect = ''")


_KEEP = """
import sqlite3, sys
database = sqlite3.connect(sys.argv[1], isolation_level=None)
database.execute("BEGIN EXCLUSIVE")
print("locked", flush=True)
sys.stdin.read()
"""


class InSqlite:
    """A file, which has no users and no sessions of a server."""

    def __init__(self, directory: Path) -> None:
        self._file = str(directory / "people.db")

    def rename(self, column: str, to: str) -> None:
        with self._opened() as database:
            database.execute(f"ALTER TABLE {TABLE} RENAME COLUMN {column} TO {to}")

    @asynccontextmanager
    async def locked(self) -> AsyncIterator[None]:
        """By another process: two copies of SQLite in one, ours and the driver's, don't see each other's locks."""
        keeper = await create_subprocess_exec(
            sys.executable, "-c", _KEEP, self._file, stdin=PIPE, stdout=PIPE
        )
        assert keeper.stdout is not None
        assert await keeper.stdout.readline() == b"locked\n"
        try:
            yield
        finally:
            await keeper.communicate(b"")  # its input ends, and so does it

    @contextmanager
    def _opened(self) -> Iterator[apsw.Connection]:
        database = apsw.Connection(self._file)
        database.set_busy_timeout(500)  # a question that was broken off needs a moment to let go
        try:
            yield database
        finally:
            database.close()


class InExtract:
    """A CSV file, whose first line names the columns."""

    def __init__(self, directory: Path) -> None:
        self._file = directory / f"{TABLE}.csv"

    def rename(self, column: str, to: str) -> None:
        """As a new export does it: by another file in its place."""
        first, *rest = csv.reader(self._file.read_text().splitlines())
        write_csv(self._file, [[to if one == column else one for one in first], *rest])


@contextmanager
def _for_now(run: Callable[[str], object], before: str, after: str) -> Iterator[None]:
    run(before)
    try:
        yield
    finally:
        run(after)
