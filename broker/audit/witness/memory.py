"""What a witness remembers, on its disk: of each log the latest checkpoint that it cosigned, and contradictions.

SQLite, written so that what was answered survives a power cut. Looking, deciding and remembering are one
transaction, durable before the answer: no two requests, and no crash between, can make the witness sign two trees
of one size or go back to a smaller one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import apsw

from broker.audit.witness.deciding import Asked, Known, Reply
from broker.audit.written_anew import written_anew

_SCHEMA = """
CREATE TABLE witness (only INTEGER PRIMARY KEY CHECK (only = 1), key TEXT NOT NULL) STRICT;
CREATE TABLE log (origin TEXT PRIMARY KEY, size INTEGER NOT NULL, root BLOB NOT NULL, note TEXT NOT NULL) STRICT;
CREATE TABLE contradiction
    (note TEXT PRIMARY KEY, at TEXT NOT NULL, origin TEXT NOT NULL, known TEXT NOT NULL) STRICT;
"""
_DURABLE = {"journal_mode": "wal", "synchronous": 2, "fullfsync": 1, "checkpoint_fullfsync": 1}
_VERSION = 1
_MOST_CONTRADICTIONS = 1000
"""So many are kept of a log: whoever may sign for it can't fill the disk."""


class MemoryUnfit(Exception):
    """The memory may not be used as it is; the sentence says what to do."""


@dataclass(frozen=True, slots=True)
class Contradiction:
    """A signed checkpoint of a log that was refused, when, and the one that had been cosigned."""

    at: datetime
    origin: str
    refused: str
    known: str


@dataclass(frozen=True, slots=True)
class Memory:
    """An open memory. One thread at a time may use it."""

    connection: apsw.Connection

    @classmethod
    def create(cls, path: Path, key: str) -> None:
        """Begin the memory of the witness with this public key. Raises MemoryUnfit where there is one already."""
        if path.exists():
            raise MemoryUnfit(
                f"{path} is there already. A witness never begins anew: what it signed would be forgotten."
            )
        made = _opened(path, apsw.SQLITE_OPEN_READWRITE | apsw.SQLITE_OPEN_CREATE)
        with made as db:
            db.execute(_SCHEMA)
            db.execute("INSERT INTO witness VALUES (1, ?)", (key,))
            db.pragma("user_version", _VERSION)
        made.close()

    @classmethod
    def open(cls, path: Path, key: str) -> Memory:
        """The memory of the witness with this public key. Raises MemoryUnfit."""
        try:
            connection = _opened(path, apsw.SQLITE_OPEN_READWRITE)
            version, of = connection.pragma("user_version"), connection.execute("SELECT key FROM witness").get
            durable = written_anew(connection)  # else a power cut might make it sign a fork
        except apsw.Error:
            raise MemoryUnfit(_GONE.format(path=path)) from None
        if version != _VERSION or of != key:
            connection.close()
            raise MemoryUnfit(
                f"{path} is the memory of another witness, or of another version of this program."
            )
        if not durable:
            connection.close()
            raise MemoryUnfit(f"Somebody reads {path}: wait until they have done, then start again.")
        return cls(connection)

    def asked(self, request: Asked, decide: Callable[[Asked, Known | None], Reply], now: datetime) -> Reply:
        """The answer to a request, durably remembered when this returns. Raises apsw.Error: then nothing was."""
        origin = request.checkpoint.origin
        with self.connection:
            known = self.known(origin)
            reply = decide(request, known)
            if reply.remember is not None:
                self._remember(origin, reply.remember)
            if reply.evidence and known is not None:
                self._keep(Contradiction(now, origin, request.note, known.note))
        return reply

    def known(self, origin: str) -> Known | None:
        """The latest checkpoint of a log that was cosigned."""
        row = self.connection.execute(
            "SELECT size, root, note FROM log WHERE origin = ?", (origin,)
        ).fetchone()
        return Known(*row) if row else None

    def contradictions(self) -> Iterator[Contradiction]:
        """What was refused because it does not follow from what was cosigned, oldest first."""
        found = self.connection.execute("SELECT at, origin, note, known FROM contradiction ORDER BY at")
        return (Contradiction(datetime.fromisoformat(at), *rest) for at, *rest in found)

    def close(self) -> None:
        self.connection.close()

    def _remember(self, origin: str, known: Known) -> None:
        self.connection.execute(
            "INSERT OR REPLACE INTO log VALUES (?, ?, ?, ?)", (origin, known.size, known.root, known.note)
        )

    def _keep(self, one: Contradiction) -> None:
        self.connection.execute(
            "INSERT OR IGNORE INTO contradiction SELECT ?1, ?2, ?3, ?4"
            " WHERE (SELECT count(*) FROM contradiction WHERE origin = ?3) < ?5",
            (one.refused, one.at.astimezone(UTC).isoformat(), one.origin, one.known, _MOST_CONTRADICTIONS),
        )


_GONE = (
    "{path} is not there, or is no memory of a witness. A witness that has forgotten what it signed must sign"
    " nothing more: don't bring an old copy back, but make a new witness in another directory with broker audit"
    " witness init, and give its new key to whoever runs the logs."
)


def _opened(path: Path, flags: int) -> apsw.Connection:
    connection = apsw.Connection(str(path), flags=flags)
    connection.set_busy_timeout(5000)
    connection.transaction_mode = (
        "IMMEDIATE"  # whoever looks at what is known lets nobody else change it meanwhile
    )
    for name, value in _DURABLE.items():
        connection.pragma(name, value)
    for name, value in _DURABLE.items():  # read back: SQLite says nothing when it does not take a setting
        if (found := connection.pragma(name)) != value:
            connection.close()
            raise MemoryUnfit(
                f"{name} of {path} is {found} and not {value}: put the directory on a local disk."
            )
    return connection
