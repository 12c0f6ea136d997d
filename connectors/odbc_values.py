"""What ODBC drivers give, made into what rows are read from.

Drivers differ in their types: a number of ten digits may come as a float, a flag as a byte, and SQLite's
driver turns a text that it can't read as a date into nothing.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Sequence
from datetime import datetime, timedelta, timezone
from decimal import Decimal

import pyodbc

from connectors.contract import SourceMisfit

_DATETIMEOFFSET = -155
_LAYOUT = struct.Struct(
    "<6hI2h"
)  # year, month, day, hour, minute, second, nanoseconds, offset's hours and minutes


def convert_moments_with_zone(connection: pyodbc.Connection) -> None:
    """Read SQL Server's ``datetimeoffset``, which pyodbc leaves to its callers."""
    connection.add_output_converter(_DATETIMEOFFSET, moment_with_zone)


def keep_texts(connection: pyodbc.Connection, *kinds: int) -> None:
    """Have values of these SQL types as the texts that the driver holds. An unreadable date has to be seen to
    be one: SQLite's driver makes nothing of it, and of MariaDB's 1985-00-00 no row of the question is left.
    """
    for kind in kinds:
        connection.add_output_converter(kind, _text)


def moment_with_zone(packed: bytes | None) -> datetime | None:
    """A ``datetimeoffset`` as both drivers hand it over: Microsoft's packed (20 bytes), FreeTDS's as text."""
    if packed is None:
        return None
    if len(packed) != _LAYOUT.size:
        return datetime.fromisoformat(
            _with_iso_offset(packed.decode("utf-16-le" if b"\0" in packed else "ascii"))
        )
    year, month, day, hour, minute, second, nanoseconds, hours, minutes = _LAYOUT.unpack(packed)
    zone = timezone(timedelta(hours=hours, minutes=minutes))
    return datetime(year, month, day, hour, minute, second, nanoseconds // 1000, zone)


def plain_rows(columns: Sequence[type], rows: Sequence[Sequence[object]]) -> Sequence[Sequence[object]]:
    """The rows with every value as a text, date, moment, flag or whole number. ``columns``: their types."""
    odd = [place for place, kind in enumerate(columns) if kind in {float, Decimal, bytes, bytearray}]
    return [_plain_row(row, odd) for row in rows] if odd else rows


def _plain_row(row: Sequence[object], odd: Sequence[int]) -> Sequence[object]:
    values = list(row)
    for place in odd:
        values[place] = plain(values[place])
    return values


def plain(value: object) -> object:
    """A whole number without its fraction (12.0 is 12), and none for what is no number at all; bytes as the
    text that they are, else in hexadecimal.
    """
    if isinstance(value, (float, Decimal)):
        if not math.isfinite(value):
            return None
        return int(value) if value == int(value) else value
    if isinstance(value, (bytes, bytearray)):
        return _readable(bytes(value))
    return value


def _readable(held: bytes) -> str:
    try:
        text = held.decode()
    except UnicodeDecodeError:
        return held.hex()
    return text if text.rstrip("\0").isprintable() else held.hex()


def _text(held: bytes | None) -> str | None:
    return None if held is None else held.decode()


def _with_iso_offset(text: str) -> str:
    """``2020-06-30 23:30:00.1234567 +01:00`` as Python reads it: six places, and no blank before the offset."""
    moment, _, offset = text.strip("\0 ").rpartition(" ")
    if not moment:
        raise SourceMisfit("a moment with a zone could not be read")
    whole, _, fraction = moment.partition(".")
    return f"{whole}.{fraction[:6].ljust(6, '0')}{offset}"
