"""Rows for a spreadsheet, in which no text is taken for a formula."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from typing import Any

_FORMULA = tuple("=+-@\t\r")


def csv_line(cells: Iterable[Any]) -> str:
    """A line of CSV (RFC 4180), with its line end."""
    made = io.StringIO()
    csv.writer(made, lineterminator="\r\n").writerow(map(_plain, cells))
    return made.getvalue()


def _plain(value: Any) -> str:
    """A cell's text. What a spreadsheet would take for a formula gets an apostrophe: people typed it."""
    text = "" if value is None else str(value)
    return f"'{text}" if text.startswith(_FORMULA) else text
