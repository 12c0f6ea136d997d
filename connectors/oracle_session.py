"""What an Oracle session needs said, and how it is known that it can't write.

A read-only transaction of Oracle's ends at its commit, so each question has one of its own: the session does not
commit by itself. That alone would bind a user who may write only as long as nobody commits, so such a user is
refused, as on SQL Server.
"""

from __future__ import annotations

import math
from contextlib import suppress

import pyodbc

from connectors.contract import SourceMisfit
from connectors.marks import mark
from connectors.odbc_reader import Reader

# As everywhere: texts compare by their bytes, and a moment with a zone is on its day in London.
_SETTINGS = (
    "ALTER SESSION SET NLS_COMP = BINARY NLS_SORT = BINARY NLS_DATE_FORMAT = 'YYYY-MM-DD HH24:MI:SS'"
    " NLS_TIMESTAMP_FORMAT = 'YYYY-MM-DD HH24:MI:SS.FF' NLS_NUMERIC_CHARACTERS = '.,' TIME_ZONE = 'Europe/London'"
)
_WRITERS = """
    SELECT 1 FROM session_privs
     WHERE privilege IN ('INSERT ANY TABLE', 'UPDATE ANY TABLE', 'DELETE ANY TABLE', 'ALTER ANY TABLE',
                         'DROP ANY TABLE', 'CREATE ANY TABLE', 'EXECUTE ANY PROCEDURE', 'GRANT ANY PRIVILEGE',
                         'GRANT ANY OBJECT PRIVILEGE', 'SYSDBA', 'SYSOPER')
    UNION ALL SELECT 1 FROM user_tab_privs
     WHERE grantee = USER AND privilege IN ('INSERT', 'UPDATE', 'DELETE', 'ALTER')
    UNION ALL SELECT 1 FROM user_col_privs WHERE grantee = USER AND privilege IN ('INSERT', 'UPDATE')
    UNION ALL SELECT 1 FROM role_tab_privs WHERE privilege IN ('INSERT', 'UPDATE', 'DELETE', 'ALTER')
    UNION ALL SELECT 1 FROM user_tables"""
MAY_WRITE = f"SELECT COUNT(*) FROM ({_WRITERS}) WHERE ROWNUM = 1"  # nosec B608  # noqa: S608 -- put together from the constant above
"""Rights to everything, to a table, to a column, by a role, and as an owner."""

ROLE = "SELECT SYS_CONTEXT('USERENV', 'DATABASE_ROLE') FROM DUAL"

BEGIN = (
    "BEGIN SET TRANSACTION READ ONLY;"
    " BEGIN EXECUTE IMMEDIATE 'BEGIN DBMS_APPLICATION_INFO.SET_CLIENT_INFO(:asker); END;' USING ?;"
    " EXCEPTION WHEN OTHERS THEN NULL; END; END;"
)
"""One round trip that also tells the database's administrators who asks (V$SESSION.CLIENT_INFO). In a comment of
the statement, the query's id would have it parsed anew each time. Where that package is closed to everyone, the
question is asked all the same."""


def prepare_oracle(reader: Reader) -> None:
    """Pin what comparisons depend on, and prove that the user can't write. Raises SourceMisfit."""
    reader.connection.autocommit = False
    reader.rows(_SETTINGS)
    # A standby can't be written to, whatever rights a user has.
    ((role,),) = reader.rows(ROLE)
    if role != "PHYSICAL STANDBY":
        ((writers,),) = reader.rows(MAY_WRITE)
        if int(str(writers)) > 0:
            raise SourceMisfit(
                "the connection's user may write to the database, or owns tables: give it one that may only read"
            )
    reader.connection.rollback()


def begin_oracle(reader: Reader, query_id: str) -> None:
    """A read-only transaction, for one question."""
    reader.rows(BEGIN, mark(query_id)[:64])


def end_oracle(reader: Reader) -> None:
    """Let the snapshot of the transaction go."""
    reader.connection.rollback()


def allow_oracle(reader: Reader, seconds: float) -> None:
    """By the driver, where it can; Oracle has no time limit for a session's statements."""
    with suppress(pyodbc.Error):
        reader.limit(math.ceil(seconds))
