"""Tests of kind odbc need the system's drivers. Without them they fail, and say how to get them."""

from __future__ import annotations

import pytest

NEEDED = ("PostgreSQL Unicode", "SQLite3", "MariaDB Unicode")
COMMAND = "sudo apt-get install unixodbc odbc-postgresql libsqliteodbc odbc-mariadb mariadb-server-core"


def require_odbc_drivers(*names: str) -> None:
    """Fail, with the command that mends it, unless the driver manager and all of these drivers are here."""
    try:
        import pyodbc
    except ImportError:
        pytest.fail(f"The driver manager of ODBC is missing. Install it with: {COMMAND}", pytrace=False)
    missing = sorted({*(names or NEEDED)} - {*pyodbc.drivers()})
    if missing:
        pytest.fail(
            f"ODBC drivers are missing: {', '.join(missing)}. Install them with: {COMMAND}", pytrace=False
        )
