"""What a source file says of a connection, in the keywords of each ODBC driver."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from connectors.connection import OdbcConnection
from connectors.contract import SourceMisfit
from connectors.odbc_string import connection_string

SERVER = {"server": "db.example", "database": "housing", "user": "reader", "password": "env:PASSWORD"}


def written(read: str | None = None, **connection: Any) -> str:
    """``read``: the password, when the reference to it has been read."""
    return connection_string(OdbcConnection.model_validate(connection), read, Path("/partnership"))


def test_sql_server_by_microsofts_driver() -> None:
    assert written("s3cret", driver="ODBC Driver 18 for SQL Server", port=1433, **SERVER) == (
        "DRIVER={ODBC Driver 18 for SQL Server};Server=db.example,1433;Database=housing;UID=reader;Encrypt=yes;"
        "TrustServerCertificate=no;ApplicationIntent=ReadOnly;APP=family-context;PWD=s3cret"
    )


def test_sql_server_by_the_brokers_own_account() -> None:
    named = {"server": "SQL01\\PROD", "database": "Synergy"}
    text = written(
        None, driver="/opt/lib/libmsodbcsql-18.so", options="MultiSubnetFailover=Yes; KeepAlive = 30", **named
    )
    assert text.startswith(
        "DRIVER={/opt/lib/libmsodbcsql-18.so};MultiSubnetFailover=Yes;KeepAlive=30;Server=SQL01\\PROD;"
    )
    assert "Trusted_Connection=yes" in text
    assert "UID" not in text


def test_sql_server_by_freetds() -> None:
    assert written("s3cret", driver="FreeTDS", ssl="require", **SERVER) == (
        "DRIVER={FreeTDS};SERVER=db.example;DATABASE=housing;UID=reader;TDS_Version=7.4;ClientCharset=UTF-8;"
        "Encryption=require;ApplicationIntent=ReadOnly;APP=family-context;PWD=s3cret"
    )


def test_mariadb_and_mysql() -> None:
    assert written("s3cret", driver="MariaDB Unicode", ca_file="ca.pem", **SERVER) == (
        "DRIVER={MariaDB Unicode};SERVER=db.example;DATABASE=housing;UID=reader;CHARSET=utf8mb4;NO_PROMPT=1;"
        "READ_TIMEOUT=60;"
        "FORCETLS=1;SSLVERIFY=1;SSLCA=/partnership/ca.pem;PWD=s3cret"
    )
    by_mysql = written(driver="MySQL ODBC 8.4 Unicode Driver", ca_file="ca.pem", **SERVER)
    assert "SSLMODE=VERIFY_IDENTITY;SSLCA=/partnership/ca.pem" in by_mysql


def test_postgresql_names_whom_it_trusts() -> None:
    text = written(driver="/usr/lib/odbc/psqlodbcw.so", port=5432, ca_file="o'neill/ca.pem", **SERVER)
    assert "SERVER=db.example;PORT=5432;DATABASE=housing;UID=reader;SSLmode=verify-full" in text
    assert "sslrootcert='/partnership/o\\'neill/ca.pem'}" in text


def test_a_sqlite_file_is_opened_for_reading() -> None:
    assert written(driver="SQLite3", database="a;b?/people.db") == (
        "DRIVER={SQLite3};Database=file:/partnership/a%3Bb%3F/people.db?mode=ro;NoCreat=1"
    )


@pytest.mark.parametrize(
    ("value", "inside"),
    [
        ("plain-name_1.example", "plain-name_1.example"),
        ("reader@housing", "reader@housing"),
        ("a;b", "{a;b}"),
        ("a}b", "{a}}b}"),
        ("{a}", "{{a}}}"),
        ("a};PWD=x;{", "{a}};PWD=x;{}"),
        (" a", "{ a}"),
        ("=a", "{=a}"),
        ("", "{}"),
    ],
)
def test_a_value_ends_where_it_ends(value: str, inside: str) -> None:
    text = written(value, driver="FreeTDS", ssl="require", **{**SERVER, "user": value or "x"})
    assert text.endswith(f";PWD={inside}")
    assert f";UID={inside if value else 'x'};" in text


MISFITS: list[tuple[dict[str, Any], str]] = [
    ({"driver": "Ingres 11", **SERVER}, "does not tell of which database it is: write dialect"),
    ({"driver": "FreeTDS", **SERVER}, "write ssl: require"),
    ({"driver": "ODBC Driver 18 for SQL Server", "ssl": "verify-ca", **SERVER}, "write ssl: verify-full"),
    (
        {"driver": "ODBC Driver 18 for SQL Server", "ca_file": "ca.pem", **SERVER},
        "the machine's own authorities",
    ),
    ({"driver": "PostgreSQL Unicode", "database": "housing", "user": "reader"}, "has to name the server"),
    ({"driver": "MariaDB", "server": "db.example", "database": "housing"}, "has to name the user"),
    ({"driver": "SQLite3", **SERVER}, "no server, user or password"),
    ({"driver": "FreeTDS", "ssl": "require", **SERVER, "database": "a\nb"}, "control character"),
]


@pytest.mark.parametrize(("connection", "said"), MISFITS)
def test_what_a_driver_cannot_be_told_is_a_misfit(connection: dict[str, Any], said: str) -> None:
    with pytest.raises(SourceMisfit, match=said):
        written(**connection)


def test_a_driver_of_any_name_is_taken_by_its_dialect() -> None:
    assert "SSLmode=verify-full" in written(driver="/opt/vendor/driver.so", dialect="postgresql", **SERVER)
    assert "Encrypt=yes" in written(driver="Synergy Reporting", dialect="sqlserver", **SERVER)
