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
    text = written(value, driver="ODBC Driver 18 for SQL Server", **{**SERVER, "user": value or "x"})
    assert text.endswith(f";PWD={inside}")
    assert f";UID={inside if value else 'x'};" in text


@pytest.mark.parametrize("value", ["a b", "a}b", "x}{", " a ", "=a", "a=b", "", "a'b\"c"])
def test_freetds_is_told_a_value_as_it_is(value: str) -> None:
    assert written(value, driver="FreeTDS", ssl="require", **SERVER).endswith(f";PWD={value}")


@pytest.mark.parametrize("value", ["a;b", "a};UID=somebody", "{a}", "{a;UID=somebody}", "a;"])
def test_freetds_is_told_no_value_that_it_would_take_for_two(value: str) -> None:
    with pytest.raises(SourceMisfit, match="FreeTDS can't be told a password") as raised:
        written(value, driver="FreeTDS", ssl="require", **SERVER)
    assert "somebody" not in str(raised.value)
    with pytest.raises(SourceMisfit, match="FreeTDS can't be told a password"):
        written(None, driver="FreeTDS", ssl="require", **{**SERVER, "user": value})


ORACLE = {**SERVER, "driver": "Oracle 23 ODBC driver", "database": "HOUSING.example"}
OF_ORACLE = "DBA=R;APA=T;FEN=F;FWC=T;NUM=US;QTO=T;PWD=s3cret"


@pytest.mark.parametrize(
    ("ssl", "address"),
    [
        ("verify-full", "tcps://db.example:2484/HOUSING.example?ssl_server_dn_match=on"),
        ("verify-ca", "tcps://db.example:2484/HOUSING.example?ssl_server_dn_match=off"),
        ("require", "tcps://db.example:2484/HOUSING.example?ssl_server_dn_match=off"),
        ("disable", "//db.example:2484/HOUSING.example"),
    ],
)
def test_oracle_is_told_a_server_and_a_service(ssl: str, address: str) -> None:
    assert written("s3cret", port=2484, ssl=ssl, **ORACLE) == (
        f"DRIVER={{Oracle 23 ODBC driver}};DBQ={address};UID=reader;{OF_ORACLE}"
    )


def test_oracles_driver_is_known_by_its_library_too() -> None:
    by_path = written(**{**ORACLE, "driver": "/opt/oracle/libsqora.so.23.1"})
    assert "DBQ=tcps://db.example/HOUSING.example?" in by_path


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
    ({**ORACLE, "server": "db.example/x?wallet_location=/tmp"}, "server is the name of a machine"),
    ({**ORACLE, "database": "X)(SECURITY=(SSL_SERVER_DN_MATCH=NO"}, "database that of a service"),
    ({**ORACLE, "database": "X?ssl_server_dn_match=off"}, "database that of a service"),
    ({**ORACLE, "server": None}, "has to name the server"),
    ({**ORACLE, "ca_file": "ca.pem"}, "Oracle's, its wallet's"),
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
