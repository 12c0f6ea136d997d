"""Tests of kind odbc need the system's drivers. Without them they fail, and say how to get them."""

from __future__ import annotations

import ctypes
import os
import shutil
from importlib.util import find_spec
from pathlib import Path

import pytest

DRIVERS = ("PostgreSQL Unicode", "SQLite3", "MariaDB Unicode", "FreeTDS")
PROGRAMS = ("mariadbd", "mariadb-install-db", "my_print_defaults")
"""The second runs the third, which Debian has in another package."""

COMMAND = (
    "sudo apt-get install unixodbc odbc-postgresql libsqliteodbc odbc-mariadb mariadb-server-core"
    " mariadb-client-core tdsodbc libgssapi-krb5-2"
)
_MICROSOFTS = "mssql_python_odbc"
_LIBRARY = "libs/linux/debian_ubuntu/*/lib/libmsodbcsql-*.so.*"


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


def microsofts_driver() -> Path:
    """The library of Microsoft's driver, out of its wheel. Fail, with what mends it, unless it can be loaded."""
    found = find_spec(_MICROSOFTS)
    if found is None or found.origin is None:
        pytest.fail(
            "Microsoft's driver is missing. Install it with: pip install mssql-python-odbc", pytrace=False
        )
    machine = os.uname().machine.replace("aarch64", "arm64")
    libraries = [one for one in Path(found.origin).parent.glob(_LIBRARY) if one.parts[-3] == machine]
    if not libraries:
        pytest.fail(f"mssql-python-odbc brings no driver for this machine ({machine})", pytrace=False)
    try:
        ctypes.CDLL(str(libraries[0]))
    except OSError as fault:
        pytest.fail(f"Microsoft's driver can't be loaded: {fault}. Install: {COMMAND}", pytrace=False)
    return libraries[0]
