"""A log in either store, and what a test does to it: the same words for an SQLite file and for PostgreSQL."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import apsw
import pytest

from broker.audit.keys import Keys, load_keys
from broker.audit.log import AuditLog
from broker.audit.reader import AuditReader
from broker.audit.stores.contract import Appended, StoreFault
from broker.audit.stores.postgresql import PostgresqlDatabase, PostgresqlStore
from broker.audit.stores.postgresql_keystore import PostgresqlKeystore
from broker.audit.stores.postgresql_session import Address
from broker.audit.stores.sqlite import SqliteFile
from broker.audit.stores.sqlite_store import SqliteStore
from deploy.demo.postgres import SUPERUSER, PostgresCluster
from tests.unit.audit.audit_samples import NOW, ORIGIN, keys_in


@dataclass(frozen=True, slots=True)
class Kept:
    """A log in one store. ``change`` runs a statement behind the broker's back, as whoever runs it could."""

    place: SqliteFile | PostgresqlDatabase
    directory: Path
    store: type[SqliteStore] | type[PostgresqlStore]
    change: Callable[[str], list[list[str]]]

    def keys(self) -> Keys:
        """The keys, made when there are none, with the keystore where brokers on this store have it."""
        opens = (
            None if isinstance(self.place, SqliteFile) else partial(PostgresqlKeystore, self.place.address)
        )
        return load_keys(keys_in(self.directory), keystore=opens)

    async def open(self, *, in_passing: bool = False) -> AuditLog:
        keys = self.keys()
        try:
            return await AuditLog.open(self.place, keys, ORIGIN, now=lambda: NOW, in_passing=in_passing)
        except BaseException:
            keys.close()
            raise

    @asynccontextmanager
    async def writing(self) -> AsyncIterator[AuditLog]:
        """The log, open until the context ends."""
        log = await self.open()
        try:
            yield log
        finally:
            await log.close()

    def reading(self) -> AuditReader:
        return AuditReader.open(self.place, self.keys(), ORIGIN)


def in_sqlite(directory: Path) -> Kept:
    path = directory / "audit.db"

    def change(statement: str) -> list[list[str]]:
        with apsw.Connection(str(path)) as behind:
            found = [[str(value) for value in row] for row in behind.execute(statement)]
        behind.close()
        return found

    return Kept(SqliteFile(path), directory, SqliteStore, change)


def in_postgresql(cluster: PostgresCluster, database: str, directory: Path) -> Kept:
    address = Address("127.0.0.1", cluster.port, database, SUPERUSER, cluster.password, tls=False)

    def change(statement: str) -> list[list[str]]:
        return cluster.run(f"SET search_path = audit_log; {statement}", database)

    return Kept(PostgresqlDatabase(address), directory, PostgresqlStore, change)


@dataclass(slots=True)
class Commits:
    """How many entries each transaction had; and a fault that the next ones meet."""

    sizes: list[int] = field(default_factory=list)
    fault: StoreFault | None = None

    @classmethod
    def of(cls, kept: Kept, monkeypatch: pytest.MonkeyPatch) -> Commits:
        """From now on, those of every log in this kind of store."""
        seen, append = cls(), kept.store.append

        def watched(store: Any, entries: Any, after: Any) -> Appended:
            if seen.fault:
                raise seen.fault
            appended = append(store, entries, after)
            seen.sizes.append(len(entries))
            return appended

        monkeypatch.setattr(kept.store, "append", watched)
        return seen
