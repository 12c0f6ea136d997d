"""How DuckDB is told to read a CSV file: everything said, nothing guessed.

Only names stand in this text (the columns of the header, the extract's own), and every one is quoted. Values of
a search are bound, always.
"""

from __future__ import annotations

from pathlib import Path

from connectors.connection import ExtractConnection
from connectors.extract_text import Header


def read_csv(path: Path, settings: ExtractConnection, header: Header, *, one_line_each: bool) -> str:
    """The rows, as they stand after FROM, every cell a text; an empty cell has no value.

    Nothing is sniffed, and no row may be skipped for its faults. ``one_line_each``: no cell holds the end of a
    line, so that threads may begin to read at any of them.
    """
    columns = ", ".join(f"{quoted_text(name)}: 'VARCHAR'" for name in header.names)
    line_end = header.line_end.encode("unicode_escape").decode()
    return (
        f"read_csv({quoted_text(str(path))}, auto_detect = false, header = true, columns = {{{columns}}},"
        f" delim = {quoted_text(settings.delimiter)}, quote = '\"', escape = '\"', comment = '',"
        f" new_line = {quoted_text(line_end)}, nullstr = '', parallel = {str(one_line_each).lower()})"
    )


def quoted_name(name: str) -> str:
    """A name of a table or column, whatever is in it."""
    return '"' + name.replace('"', '""') + '"'


def quoted_text(text: str) -> str:
    """A text, whatever is in it."""
    return "'" + text.replace("'", "''") + "'"
