"""An Excel workbook as the CSV text that every extract is read as: one sheet, every cell a text.

A cell's text is what the cell holds, not what Excel shows of it: a date is 2019-03-07 whatever its format, a whole
number has no point. What can't be told apart safely is refused: merged cells, a formula that failed.
"""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Iterable, Sequence
from datetime import date, datetime, time

from python_calamine import CalamineError, CalamineSheet, CalamineWorkbook, SheetTypeEnum

from connectors.contract import SourceMisfit, SourceUnavailable

MOST_UNPACKED = 256 << 20
"""A workbook is a zip file: a small one may be a very large one. 50,000 rows of 20 columns unpack to 40 MiB."""

_MIDNIGHT = time()


def csv_of(name: str, workbook: bytes, sheet: str | None, delimiter: str) -> bytes:
    """The rows of a sheet as CSV in UTF-8, wholly empty ones left out.

    ``sheet``: its name; None where the workbook has only one. Raises SourceUnavailable for what is no workbook,
    and SourceMisfit; no sentence repeats anything of a cell.
    """
    _check_size(name, workbook)
    try:
        rows = [_texts(row) for row in _sheet(name, workbook, sheet).iter_rows()]
    except CalamineError as fault:
        raise SourceUnavailable(
            f"{name}: the extract is no workbook that can be read ({type(fault).__name__})."
            " Save it as .xlsx, without a password."
        ) from fault
    return _as_csv([row for row in rows if any(row)], delimiter)


def _check_size(name: str, workbook: bytes) -> None:
    try:
        with zipfile.ZipFile(io.BytesIO(workbook)) as packed:
            unpacked = sum(one.file_size for one in packed.infolist())
    except zipfile.BadZipFile:
        unpacked = -1  # outside the handler, because the fault is of no use to anyone
    if unpacked < 0:
        raise SourceUnavailable(f"{name}: the extract is no whole .xlsx workbook. Was it cut off?")
    if unpacked > MOST_UNPACKED:
        raise SourceUnavailable(f"{name}: the extract unpacks to more than {MOST_UNPACKED >> 20} MiB.")


def _sheet(name: str, workbook: bytes, wanted: str | None) -> CalamineSheet:
    book = CalamineWorkbook.from_filelike(io.BytesIO(workbook))
    sheets = [one.name for one in book.sheets_metadata if one.typ == SheetTypeEnum.WorkSheet]
    if wanted is None and len(sheets) != 1:
        raise SourceMisfit(
            f"{name}: the workbook has {len(sheets)} sheets: say in connection.sheet which one."
        )
    if wanted is not None and wanted not in sheets:
        raise SourceMisfit(f"{name}: the workbook has no sheet {wanted!r}.")
    sheet = book.get_sheet_by_name(wanted or sheets[0])
    if sheet.merged_cell_ranges:
        raise SourceMisfit(f"{name}: the sheet has merged cells, whose values are lost for all rows but one.")
    return sheet


def _texts(row: Iterable[object]) -> list[str]:
    return [_text(one) for one in row]


def _text(cell: object) -> str:
    if isinstance(cell, bool):
        return str(cell).lower()
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    if isinstance(cell, datetime):
        return (cell.date() if cell.time() == _MIDNIGHT else cell).isoformat()
    return cell.isoformat() if isinstance(cell, date) else str(cell)


def _as_csv(rows: Sequence[Sequence[str]], delimiter: str) -> bytes:
    """Without the columns at the end that are empty in every row, the header's included: Excel remembers those."""
    width = max((place for row in rows for place, cell in enumerate(row, 1) if cell), default=0)
    text = io.StringIO(newline="")
    csv.writer(text, delimiter=delimiter, lineterminator="\n").writerows(row[:width] for row in rows)
    return text.getvalue().encode()
