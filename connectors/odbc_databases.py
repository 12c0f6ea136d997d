"""What each database behind ODBC needs said in a session, and how it is known that the session can't write."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace

import pyodbc

from connectors.contract import SourceMisfit
from connectors.deadline import step_for
from connectors.dialects import Dialect, sqlite_dialect
from connectors.odbc_dialects import mariadb_dialect, postgresql_by_odbc, sqlserver_dialect
from connectors.odbc_reader import Reader
from connectors.odbc_values import convert_moments_with_zone, keep_texts
from connectors.oracle_dialect import oracle_dialect
from connectors.oracle_session import allow_oracle, begin_oracle, end_oracle, prepare_oracle

_ORPHAN_CHECK = "250ms"  # how often a server that works looks whether we are still there
_POSTGRESQL_SETTINGS: Mapping[str, str] = {
    "default_transaction_read_only": "on",
    "TimeZone": "Europe/London",  # the driver gives a moment with a zone without it: then as it is in London
}
_LONGEST_NAME = 40
_DATES = (pyodbc.SQL_TYPE_DATE, pyodbc.SQL_TYPE_TIMESTAMP)


def _nothing_before(_: Reader, __: str) -> None:
    """A session that is read-only stays so."""


def _nothing_after(_: Reader) -> None:
    """Every statement is a transaction of its own."""


@dataclass(frozen=True, slots=True)
class Database:
    """One kind of database. ``name`` is what a source file calls its dialect.

    ``prepare`` makes a session read-only and proves it; it raises SourceMisfit when that can't be. ``convert``
    has the driver hand over values that it would otherwise spoil. ``allow``
    has the database itself break off statements after so many seconds, as far as it can: the second line, so
    that it does not work on for nobody. ``signed``: the query's id stands in a comment of the statement, for
    want of a better place. ``begin`` and ``end`` are for a database that needs something said around each
    question; ``begin`` is given the query's id.
    """

    name: str
    dialect: Callable[[], Dialect]
    prepare: Callable[[Reader], None]
    allow: Callable[[Reader, float], None]
    convert: Callable[[pyodbc.Connection], None]
    signed: bool = False
    begin: Callable[[Reader, str], None] = _nothing_before
    end: Callable[[Reader], None] = _nothing_after


def database_of(reader: Reader) -> Database:
    """The kind of database that the driver says it talks to. Raises SourceMisfit, with its name, for another."""
    reported = str(reader.connection.getinfo(pyodbc.SQL_DBMS_NAME))
    found = _BY_REPORTED_NAME.get(reported.casefold())
    if found is None:
        raise SourceMisfit(
            f"the database says that it is {reported[:_LONGEST_NAME]!r}, which kind odbc can't ask."
            " It asks PostgreSQL, MariaDB, MySQL, Microsoft SQL Server, Oracle and SQLite."
        )
    return found


def _prepare_postgresql(reader: Reader) -> None:
    """By SELECTs only: the driver, told that the connection is for reading, lets nothing else through."""
    for name, value in _POSTGRESQL_SETTINGS.items():
        reader.rows("SELECT set_config(?, ?, false)", name, value)
    with suppress(pyodbc.Error):  # PostgreSQL 14, most systems
        reader.rows("SELECT set_config('client_connection_check_interval', ?, false)", _ORPHAN_CHECK)
    asked = "SELECT current_setting('transaction_read_only'), current_setting('is_superuser')"
    ((read_only, superuser),) = reader.rows(asked)
    _demand(read_only == "on")
    if superuser != "off":
        raise SourceMisfit("the connection's user is a superuser: give it one that may only read")


def _prepare_mariadb(reader: Reader) -> None:
    """Its driver's own cancel frees the statement that the other thread is about to run: the process dies.

    ``KILL QUERY`` would spare the session, but when it comes between the two halves of a statement, preparing and
    running, the driver waits a minute for an answer that is never sent. A cancelled session is not used again
    anyway, so it is ended as a whole.
    """
    ((number,),) = reader.rows("SELECT CONNECTION_ID()")
    reader.ended_by = f"KILL {int(str(number))}"
    reader.rows("SET SESSION TRANSACTION READ ONLY")
    # The driver has said so, but a server may say otherwise to whoever connects. The driver forbids SET NAMES.
    sets = ", ".join(f"character_set_{one} = utf8mb4" for one in ("client", "connection", "results"))
    reader.rows(f"SET SESSION {sets}")
    # A server that was given no time zones by name stays in its own: then a TIMESTAMP is as it is there.
    with suppress(pyodbc.Error):
        reader.rows("SET SESSION time_zone = 'Europe/London'")
    asked = "SHOW SESSION VARIABLES WHERE Variable_name IN ('tx_read_only', 'transaction_read_only')"
    found = reader.rows(asked)
    _demand(bool(found) and all(value == "ON" for _, value in found))


def _prepare_sqlserver(reader: Reader) -> None:
    """It has no read-only sessions, and ApplicationIntent is only a hint: so its user may not be able to write."""
    reader.rows("SET NOCOUNT ON")
    can = ", ".join(
        f"HAS_PERMS_BY_NAME(DB_NAME(), 'DATABASE', '{right}')"
        for right in ("INSERT", "UPDATE", "DELETE", "ALTER")
    )
    ((updateable, *rights),) = reader.rows(f"SELECT DATABASEPROPERTYEX(DB_NAME(), 'Updateability'), {can}")
    if updateable != "READ_ONLY" and any(rights):
        raise SourceMisfit("the connection's user may write to the database: give it one that may only read")


def _prepare_sqlite(reader: Reader) -> None:
    reader.rows("PRAGMA query_only = 1")
    ((query_only,),) = reader.rows("PRAGMA query_only")
    _demand(int(str(query_only)) == 1)


def _demand(read_only: bool) -> None:
    if not read_only:
        raise SourceMisfit("the database session is not read-only, though it was asked to be")


def _allow_postgresql(reader: Reader, seconds: float) -> None:
    milliseconds = str(int(seconds * 1000))
    both = "SELECT set_config('statement_timeout', ?, false), set_config('lock_timeout', ?, false)"
    reader.rows(both, milliseconds, milliseconds)


def _allow_mariadb(reader: Reader, seconds: float) -> None:
    whole = math.ceil(seconds)
    reader.rows(
        f"SET SESSION max_statement_time = {seconds}, lock_wait_timeout = {whole},"
        f" innodb_lock_wait_timeout = {whole}"
    )


def _allow_mysql(reader: Reader, seconds: float) -> None:
    whole = math.ceil(seconds)
    reader.rows(
        f"SET SESSION max_execution_time = {int(seconds * 1000)}, lock_wait_timeout = {whole},"
        f" innodb_lock_wait_timeout = {whole}"
    )


def _allow_sqlserver(reader: Reader, seconds: float) -> None:
    reader.rows(f"SET LOCK_TIMEOUT {int(seconds * 1000)}")
    reader.limit(math.ceil(seconds))  # the driver breaks off by itself


def _allow_sqlite(reader: Reader, seconds: float) -> None:
    reader.rows(f"PRAGMA busy_timeout = {int(seconds * 1000)}")


def allow(database: Database, reader: Reader, seconds: float) -> None:
    """In steps, so that a round trip is needed only when the step changes."""
    step = step_for(seconds)
    if step != reader.allowed:
        database.allow(reader, step)
        reader.allowed = step


def _keep_dates(connection: pyodbc.Connection) -> None:
    keep_texts(connection, *_DATES)


def _keep_dates_and_flags(connection: pyodbc.Connection) -> None:
    keep_texts(connection, *_DATES, pyodbc.SQL_BIT)


def _as_they_come(connection: pyodbc.Connection) -> None:
    """The driver spoils none."""


_POSTGRESQL = Database(
    "postgresql", postgresql_by_odbc, _prepare_postgresql, _allow_postgresql, _as_they_come
)
_MARIADB = Database("mariadb", mariadb_dialect, _prepare_mariadb, _allow_mariadb, _keep_dates, signed=True)
_MYSQL = replace(_MARIADB, allow=_allow_mysql)
_SQLSERVER = Database(
    "sqlserver",
    sqlserver_dialect,
    _prepare_sqlserver,
    _allow_sqlserver,
    convert_moments_with_zone,
    signed=True,
)
_ORACLE = Database(
    "oracle",
    oracle_dialect,
    prepare_oracle,
    allow_oracle,
    _as_they_come,
    begin=begin_oracle,
    end=end_oracle,
)
_SQLITE = Database("sqlite", sqlite_dialect, _prepare_sqlite, _allow_sqlite, _keep_dates_and_flags)

_BY_REPORTED_NAME: Mapping[str, Database] = {
    "postgresql": _POSTGRESQL,
    "mariadb": _MARIADB,
    "mysql": _MYSQL,
    "microsoft sql server": _SQLSERVER,
    "oracle": _ORACLE,
    "sqlite": _SQLITE,
}
