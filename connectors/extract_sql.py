"""How DuckDB is told to read a CSV file: everything said, nothing guessed.

Only names stand in this text (the columns of the header, the extract's own), and every one is quoted. Values of
a search are bound, always.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from connectors.connection import ExtractConnection
from connectors.extract_file import Header

_STRICTLY = "nullstr = ''"
# A cell that is missing has no value; so that an empty one differs from it, no text of a cell may mean that.
_LOOSELY = "null_padding = true, nullstr = '\x01'"


def read_csv(
    path: Path, settings: ExtractConnection, header: Header, names: Sequence[str], *, loosely: bool = False
) -> str:
    """The rows, as they stand after FROM, every cell a text.

    Without sniffing, and in order: a row that does not fit is an error. ``loosely``: a row with too few cells
    is filled up instead; a cell then has no value only where there was none.
    """
    columns = ", ".join(f"{_quoted_text(name)}: 'VARCHAR'" for name in names)
    return (
        f"read_csv({_quoted_text(str(path))}, auto_detect = false, header = true, columns = {{{columns}}},"
        f" delim = {_quoted_text(settings.delimiter)}, quote = '\"', escape = '\"', comment = '',"
        f" new_line = {_quoted_text(header.line_end.encode('unicode_escape').decode())}, parallel = false,"
        f" {_LOOSELY if loosely else _STRICTLY})"
    )


def quoted_name(name: str) -> str:
    """A name of a table or column, whatever is in it."""
    return '"' + name.replace('"', '""') + '"'


def _quoted_text(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
