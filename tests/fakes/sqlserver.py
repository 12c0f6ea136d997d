"""What speaks SQL Server's protocol, TDS, on 127.0.0.1: enough for its drivers to log in, ask and be refused.

The protocol is pysqlbridge's. What it answers is canned: it knows no SQL. ``without_tls`` and ``frozen`` are
servers that never get so far.
"""

from __future__ import annotations

import socket
import struct
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

from pysqlbridge.certificate import Certificate
from pysqlbridge.logins import Login, LoginStore
from pysqlbridge.server import BridgeServer
from pysqlbridge.tds.result import Column, Integer, NVarChar, QueryError, QueryResult

Rows = Sequence[Mapping[str, str | None]]

_WORDS = NVarChar(100)
_CATALOGUE = (
    "TABLE_QUALIFIER", "TABLE_OWNER", "TABLE_NAME", "COLUMN_NAME", "DATA_TYPE", "TYPE_NAME", "PRECISION",
    "LENGTH", "SCALE", "RADIX", "NULLABLE", "REMARKS", "COLUMN_DEF", "SQL_DATA_TYPE", "SQL_DATETIME_SUB",
    "CHAR_OCTET_LENGTH", "ORDINAL_POSITION", "IS_NULLABLE",
)  # fmt: skip
_NUMBERS = frozenset(
    ["DATA_TYPE", "PRECISION", "LENGTH", "SCALE", "RADIX", "NULLABLE", "SQL_DATA_TYPE", "SQL_DATETIME_SUB",
     "CHAR_OCTET_LENGTH", "ORDINAL_POSITION"]
)  # fmt: skip
_NVARCHAR, _DATE = -9, 91


@dataclass(slots=True)
class Script:
    """What the server says. ``dates``: columns of that type. ``may_write``: whether its user may.
    ``before_answering`` may raise, or take its time.

    ``asked`` are the questions, with their values, in the order in which they came.
    """

    rows: Rows
    table: str = "tenancy"
    dates: frozenset[str] = frozenset(["dob"])
    may_write: bool = False
    before_answering: Callable[[], None] = lambda: None
    asked: list[tuple[str, list[object]]] = field(default_factory=list)

    def answer(self, query: Any) -> Any:
        """A statement's rows, as pysqlbridge wants them."""
        called = (query.procedure or "").rpartition(".")[2].strip("[]")
        if called.startswith("sp_columns"):
            return self._columns()
        if called.startswith("sp_tables"):
            return QueryResult([Column(one, _WORDS) for one in _CATALOGUE[:3]], [["spec", "dbo", self.table]])
        if called in {"sp_prep_exec", "sp_prepexec"}:
            return self._candidates(str(query.arguments[2]), query.arguments[3:])
        if "HAS_PERMS_BY_NAME" in query.sql:
            columns = [Column("updateable", _WORDS), *(Column(f"may_{one}", Integer(4)) for one in range(4))]
            return QueryResult(columns, [["READ_WRITE", *[int(self.may_write)] * 4]])
        return QueryResult([], [])

    def _candidates(self, statement: str, values: list[object]) -> Any:
        self.asked.append((statement, values))
        self.before_answering()
        names = [one.partition("]")[0] for one in statement.partition("FROM")[0].split("[")[1:]]
        return QueryResult(
            [Column(one, _WORDS) for one in names], [[row.get(one) for one in names] for row in self.rows]
        )

    def _columns(self) -> Any:
        names = list(dict.fromkeys(name for row in self.rows for name in row))
        types = [Column(one, Integer(4) if one in _NUMBERS else _WORDS) for one in _CATALOGUE]
        return QueryResult(types, [self._column(name, number) for number, name in enumerate(names, 1)])

    def _column(self, name: str, number: int) -> list[object]:
        kind, written = (_DATE, "date") if name in self.dates else (_NVARCHAR, "nvarchar")
        known: dict[str, object] = {
            "TABLE_QUALIFIER": "spec", "TABLE_OWNER": "dbo", "TABLE_NAME": self.table, "COLUMN_NAME": name,
            "DATA_TYPE": kind, "TYPE_NAME": written, "PRECISION": 100, "LENGTH": 200, "NULLABLE": 1,
            "SQL_DATA_TYPE": kind, "CHAR_OCTET_LENGTH": 200, "ORDINAL_POSITION": number, "IS_NULLABLE": "YES",
        }  # fmt: skip
        return [known.get(one) for one in _CATALOGUE]


def failing(*numbers: int) -> Callable[[], None]:
    """Statements that fail, each with the next of these numbers of SQL Server's."""
    left = iter(numbers)

    def fail() -> None:
        raise QueryError("It quotes a value: Ada Smith.", number=next(left))

    return fail


@contextmanager
def sql_server(
    script: Script, user: str, password: str, certificate: tuple[bytes, bytes] | None = None
) -> Iterator[int]:
    """Its port. ``certificate``: the server's and its key, PEM; None: one that it signs itself."""
    presented = None if certificate is None else Certificate(*certificate)
    logins = LoginStore([Login(user, password, hashed=False)])
    server = BridgeServer("127.0.0.1", 0, presented, script.answer, "spec", logins)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
    try:
        yield server.address[1]
    finally:
        server.shutdown()
        server.server_close()


class Way:
    """A TCP way to a port that can be cut: both ends then get a reset."""

    def __init__(self, to: int) -> None:
        self._to = to
        self._listening = socket.create_server(("127.0.0.1", 0))
        self._ends: list[socket.socket] = []
        self.port = int(self._listening.getsockname()[1])
        threading.Thread(target=self._open, daemon=True).start()

    def cut(self) -> None:
        """Reset every connection that stands. Others may be made after it."""
        ends, self._ends = self._ends, []
        for one in ends:
            with suppress(OSError):
                one.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                one.shutdown(socket.SHUT_RD)
                one.close()

    def close(self) -> None:
        """Cut, and let no other through."""
        self._listening.close()
        self.cut()

    def _open(self) -> None:
        with suppress(OSError):
            while True:
                near, _ = self._listening.accept()
                far = socket.create_connection(("127.0.0.1", self._to))
                self._ends += [near, far]
                for source, sink in ((near, far), (far, near)):
                    threading.Thread(target=_pass_on, args=(source, sink), daemon=True).start()


def _pass_on(source: socket.socket, sink: socket.socket) -> None:
    with suppress(OSError):
        while sent := source.recv(65536):
            sink.sendall(sent)
        sink.shutdown(socket.SHUT_WR)


@contextmanager
def without_tls() -> Iterator[tuple[int, bytearray]]:
    """A server that says it can't encrypt: its port, and every byte that it was sent after it had said so."""
    heard = bytearray()
    with socket.create_server(("127.0.0.1", 0)) as listening:
        threading.Thread(target=_refuse_tls, args=(listening, heard), daemon=True).start()
        yield listening.getsockname()[1], heard


_VERSION, _ENCRYPTION, _NOT_SUPPORTED = 0, 1, 2


def _refuse_tls(listening: socket.socket, heard: bytearray) -> None:
    with suppress(OSError):
        while True:
            connection, _ = listening.accept()
            connection.recv(4096)
            connection.sendall(_prelogin_answer())
            while more := connection.recv(4096):
                heard.extend(more)


def _prelogin_answer() -> bytes:
    """PRELOGIN of MS-TDS 2.2.6.5: two options with offset and length, an end mark, then their values."""
    values = (bytes([16, 0, 0, 0, 0, 0]), bytes([_NOT_SUPPORTED]))
    start = 2 * 5 + 1
    options = struct.pack(">BHHBHHB", _VERSION, start, 6, _ENCRYPTION, start + 6, 1, 0xFF)
    payload = options + b"".join(values)
    return struct.pack(">BBHHBB", 4, 1, 8 + len(payload), 0, 1, 0) + payload


@contextmanager
def frozen() -> Iterator[int]:
    """A server that takes a connection and never says a word: its port."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        yield listening.getsockname()[1]
