"""Tests of kind odbc need the system's drivers. Without them they fail, and say how to get them."""

from __future__ import annotations

import os
import shutil

import pytest

DRIVERS = ("PostgreSQL Unicode", "SQLite3", "MariaDB Unicode")
PROGRAMS = ("mariadbd", "mariadb-install-db", "my_print_defaults")
"""The second runs the third, which Debian has in another package."""

COMMAND = (
    "sudo apt-get install unixodbc odbc-postgresql libsqliteodbc odbc-mariadb mariadb-server-core"
    " mariadb-client-core"
)


def require_odbc_drivers() -> None:
    """Fail, with the command that mends it, unless the driver manager, the drivers and a MariaDB are here."""
    try:
        import pyodbc
    except ImportError:
        pytest.fail(f"The driver manager of ODBC is missing. Install it with: {COMMAND}", pytrace=False)
    missing = [one for one in DRIVERS if one not in pyodbc.drivers()]
    path = f"{os.environ.get('PATH', '')}:/usr/sbin"
    missing += [one for one in PROGRAMS if not shutil.which(one, path=path)]
    if missing:
        pytest.fail(f"Missing for ODBC: {', '.join(missing)}. Install them with: {COMMAND}", pytrace=False)
