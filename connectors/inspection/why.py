"""Why a database could not be reached, in plain English, and what to do. No driver's message is repeated:
they quote passwords and values.
"""

from __future__ import annotations

import re
import socket
import ssl
from collections.abc import Mapping
from dataclasses import dataclass

import apsw
import asyncpg

from connectors.contract import SourceFault
from connectors.source_file import SourceFile


@dataclass(frozen=True, slots=True)
class Why:
    """What is wrong, and what to do about it."""

    says: str
    todo: str


_PASSWORD = Why(
    "the database does not take this user and password",
    "Look at user and password of the connection: is the secret the current one, and has the password expired?"
    " The database's administrators can see why in its log.",
)
_EXPIRED = Why(
    "the password has expired",
    "Have the database's administrators set a new one that does not expire, and put it where the secret is.",
)
_NO_DATABASE = Why(
    "the server has no such database",
    "Look at database of the connection: capital letters count.",
)
_REFUSED = Why(
    "nothing listens at that host and port",
    "Look at host and port of the connection. Is the database up, and does it listen beyond its own machine?",
)
_NO_HOST = Why(
    "there is no host of that name",
    "Look at the host of the connection, and at this machine's name service.",
)
_TOO_LATE = Why(
    "there is no answer from that host",
    "A firewall may swallow the connection: ask for the way from this machine to the host and port.",
)
_TLS = Why(
    "no encrypted connection comes about",
    "Look at ssl and ca_file of the connection: the server's certificate has to be of an authority that is"
    " trusted, and bear the host's name. Without TLS at the server, ask for it to be switched on.",
)
_FILE = Why(
    "the file cannot be opened",
    "Look at path of the connection, and whether the broker's account may read the file.",
)
_NOT_LET_IN = Why(
    "the server does not let this user in from this machine",
    "Have the database's administrators allow it: pg_hba.conf in PostgreSQL, the user's host in MariaDB.",
)
_UNKNOWN = Why(
    "the database could not be reached",
    "The database's own log says more: it knows why it turned the connection away.",
)

_BY_STATE: Mapping[str, Why] = {
    "28P01": _PASSWORD, "28000": _NOT_LET_IN, "3D000": _NO_DATABASE, "08001": _REFUSED, "08S01": _TLS,
    "HYT00": _TOO_LATE, "HYT01": _TOO_LATE,
}  # fmt: skip
# What MariaDB's and SQL Server's drivers give as the server's own number.
_BY_NUMBER: Mapping[int, Why] = {
    1045: _PASSWORD, 1698: _PASSWORD, 18456: _PASSWORD,
    1820: _EXPIRED, 1862: _EXPIRED, 18487: _EXPIRED, 18488: _EXPIRED,
    1044: _NO_DATABASE, 1049: _NO_DATABASE, 4060: _NO_DATABASE, 1130: _NOT_LET_IN,
    2002: _REFUSED, 2003: _REFUSED, 2005: _NO_HOST, 2026: _TLS,
}  # fmt: skip
_BY_KIND: tuple[tuple[type[Exception], Why], ...] = (
    (TimeoutError, _TOO_LATE),
    (ssl.SSLError, _TLS),
    (socket.gaierror, _NO_HOST),
    (apsw.Error, _FILE),
    (OSError, _REFUSED),
)
_NUMBER = re.compile(r"\((\d{3,5})\) \(SQL\w+\)")
# libpq's own sentences, which psqlODBC gives whatever went wrong under one state.
_BY_LIBPQ: tuple[tuple[str, Why], ...] = (
    ("password authentication failed", _PASSWORD),
    ("no password supplied", _PASSWORD),
    ("no pg_hba.conf entry", _NOT_LET_IN),
    ("could not translate host name", _NO_HOST),
    ("Connection refused", _REFUSED),
    ("timeout expired", _TOO_LATE),
    ("SSL", _TLS),
    ("certificate", _TLS),
)


class Unreachable(SourceFault):
    """No connection came about. ``why`` and ``todo`` are sentences without a value."""

    def __init__(self, source: str, why: Why) -> None:
        self.why, self.todo = why.says, why.todo
        super().__init__(f"{source}: {self.why}. {self.todo}")


def unreachable(source: SourceFile, fault: Exception) -> Unreachable | None:
    """The reason that a fault of connecting stands for; None for one that says itself what is wrong."""
    if isinstance(fault, SourceFault):
        return None
    return Unreachable(source.source, _why(fault))


def _why(fault: Exception) -> Why:
    if isinstance(fault, asyncpg.PostgresError):
        return _BY_STATE.get(fault.sqlstate or "", _UNKNOWN)
    if isinstance(fault, ConnectionError) and "SSL" in str(fault):
        return _TLS  # asyncpg's: the server declined to encrypt
    found = next((why for kind, why in _BY_KIND if isinstance(fault, kind)), None)
    return found or _of_odbc(fault)


def _of_odbc(fault: Exception) -> Why:
    state, message = (str(fault.args[0]), str(fault.args[1])) if len(fault.args) > 1 else ("", "")
    number = _NUMBER.search(message)
    if number and (known := _BY_NUMBER.get(int(number[1]))):
        return known
    for sentence, why in _BY_LIBPQ:
        if sentence in message:
            return why
    return _BY_STATE.get(state, _UNKNOWN)
