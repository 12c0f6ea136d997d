"""When the write-ahead log (WAL) is copied into an SQLite file: once the callers of a commit were told.

SQLite does it within the commit that makes the WAL too long, and whoever waits for that one waits three times as
long. Here that commit takes a note, and the copying is done when nobody waits for it.
"""

from __future__ import annotations

from dataclasses import dataclass

import apsw

_PAGES = 1000
"""So long a WAL is copied, as SQLite would: 4 MB."""


@dataclass(slots=True)
class LongWal:
    """Whether a connection's WAL has become too long. Give it every commit, with ``watched``."""

    is_too_long: bool = False

    @classmethod
    def watched(cls, connection: apsw.Connection) -> LongWal:
        """Of this connection, which from now on copies nothing by itself."""
        wal = cls()
        connection.set_wal_hook(wal._committed)
        return wal

    def copied(self, connection: apsw.Connection) -> None:
        """Copy it where it is too long, as far as nobody reads it. Raises apsw.Error."""
        if self.is_too_long:
            self.is_too_long = False
            connection.wal_checkpoint()

    def _committed(self, _connection: apsw.Connection, _name: str, pages: int) -> int:
        self.is_too_long = pages >= _PAGES
        return apsw.SQLITE_OK
