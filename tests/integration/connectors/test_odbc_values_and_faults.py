"""What ODBC drivers give and report, as rows are read from it and as a source's faults."""

from __future__ import annotations

import struct
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import pytest

from connectors.contract import SourceFault, SourceMisfit, SourceTimedOut, SourceUnavailable
from tests.odbc_drivers import require_odbc_drivers


@pytest.fixture(autouse=True, scope="module")
def _drivers() -> None:
    require_odbc_drivers()


@pytest.mark.parametrize(
    ("given", "read"),
    [
        (9434765919.0, 9434765919),
        (Decimal("100011234567.00"), 100011234567),
        (Decimal("1.50"), Decimal("1.50")),
        (0.5, 0.5),
        (float("nan"), None),
        (Decimal("NaN"), None),
        (float("inf"), None),
        (b"T-1", "T-1"),
        (b"Zo\xc3\xab", "Zoë"),
        (bytearray(b"\x00\xff"), "00ff"),
        (b"\x01\x02", "0102"),
        (None, None),
        ("as it is ", "as it is "),
    ],
)
def test_values_are_made_plain(given: object, read: object) -> None:
    from connectors.odbc_values import plain

    assert plain(given) == read


def test_only_columns_of_odd_types_are_looked_at() -> None:
    from connectors.odbc_values import plain_rows

    rows = [("1", 2.0), ("3", None)]
    assert plain_rows([str, float], rows) == [["1", 2], ["3", None]]
    assert plain_rows([str, str], rows) is rows


def test_moments_with_a_zone_are_read_from_both_drivers_of_sql_server() -> None:
    from connectors.odbc_values import moment_with_zone

    packed = struct.pack("<6hI2h", 2020, 6, 30, 23, 30, 15, 123_456_700, 1, 30)
    zone = timezone(timedelta(hours=1, minutes=30))
    assert moment_with_zone(packed) == datetime(2020, 6, 30, 23, 30, 15, 123456, zone)
    text = "2020-06-30 23:30:15.1234567 +01:30"
    assert moment_with_zone(text.encode()) == moment_with_zone(packed)
    assert moment_with_zone(text.encode("utf-16-le")) == moment_with_zone(packed)
    assert moment_with_zone(b"2020-06-30 23:30:15 +00:00") == datetime(2020, 6, 30, 23, 30, 15, tzinfo=UTC)
    assert moment_with_zone(None) is None


@pytest.mark.parametrize(
    ("dialect", "state", "message", "expected"),
    [
        ("postgresql", "57014", "canceling", SourceTimedOut),
        ("postgresql", "55P03", "lock", SourceTimedOut),
        ("postgresql", "42703", "column", SourceMisfit),
        ("postgresql", "25006", "read-only", SourceMisfit),
        ("postgresql", "57P01", "terminated", SourceUnavailable),
        ("postgresql", "08S01", "lost", SourceUnavailable),
        ("sqlserver", "HYT00", "timeout", SourceTimedOut),
        ("sqlserver", "42000", "[Microsoft] Lock request (1222) (SQLExecDirectW)", SourceTimedOut),
        ("sqlserver", "42S22", "Invalid column name 'Ada'. (207) (SQLExecDirectW)", SourceMisfit),
        ("sqlserver", "28000", "Login failed (18456) (SQLDriverConnect)", SourceUnavailable),
        ("mariadb", "HY000", "Lock wait timeout (1205) (SQLExecDirectW)", SourceTimedOut),
        ("mariadb", "70100", "max_statement_time (1969) (SQLExecDirectW)", SourceTimedOut),
        ("mariadb", "HY000", "gone away (2006) (SQLExecDirectW)", SourceUnavailable),
        ("sqlite", "HY000", "no such column: Ada (1) (1) (SQLExecDirectW)", SourceMisfit),
        ("sqlite", "HY000", "database is locked (5) (5) (SQLExecDirectW)", SourceTimedOut),
        ("sqlite", "HY000", "malformed (11) (11) (SQLExecDirectW)", SourceUnavailable),
        (None, "", "", SourceUnavailable),
    ],
)
def test_faults_are_told_apart_and_quote_nothing(
    dialect: str | None, state: str, message: str, expected: type[SourceFault]
) -> None:
    import pyodbc

    from connectors.odbc_faults import fault_of

    fault = fault_of("housing", dialect, pyodbc.ProgrammingError(state, f"[{state}] {message}"))
    assert type(fault) is expected
    assert state in str(fault)
    assert message == "" or message not in str(fault)


@pytest.mark.parametrize(
    "fault",
    [ValueError("year 0 of Ada"), OverflowError("Ada"), UnicodeDecodeError("utf-8", b"Ada", 0, 1, "x")],
)
def test_a_value_that_cannot_be_read_is_a_misfit_and_is_not_quoted(fault: Exception) -> None:
    from connectors.odbc_faults import fault_of

    misfit = fault_of("housing", "mariadb", fault)
    assert type(misfit) is SourceMisfit
    assert "Ada" not in str(misfit)


def test_a_driver_that_is_not_here_is_named_with_the_packages_that_bring_some() -> None:
    import pyodbc

    from connectors.odbc_faults import fault_of_connecting

    arguments: tuple[Any, ...] = ("01000", "[01000] [unixODBC]Can't open lib (0) (SQLDriverConnect)")
    fault = fault_of_connecting("housing", "ODBC Driver 18", None, pyodbc.Error(*arguments))
    assert type(fault) is SourceMisfit
    assert "'ODBC Driver 18' could not be loaded" in str(fault)
    assert "odbc-postgresql" in str(fault)
