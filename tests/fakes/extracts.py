"""Extracts on the disk: written as a good export does, or as a bad one."""

from __future__ import annotations

import csv
import os
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import duckdb
import xlsxwriter

import handwritten
from connectors.contract import Connector
from connectors.extract_sql import quoted_name
from connectors.registry import connect
from connectors.source_file import SourceFile
from tests.fakes.littleworth import source_file

ADAS_ROW = b"k1,Ada,Smith\n"


def write_csv(path: Path, lines: Sequence[Sequence[object]], **options: Any) -> None:
    """A CSV file of these lines, written a minute ago, and whole when it appears under its name."""
    beside = path.with_suffix(".new")
    with beside.open("w", encoding=options.pop("encoding", "utf-8"), newline="") as file:
        csv.writer(file, **options).writerows(lines)
    a_minute_ago(beside)
    beside.rename(path)


def write_workbook(path: Path, lines: Sequence[Sequence[object]], sheet: str = "Export") -> None:
    """An Excel workbook of these lines, as ``write_csv`` puts it in place. A date is a date cell."""
    beside = path.with_suffix(".new")
    book = xlsxwriter.Workbook(beside, {"default_date_format": "dd/mm/yyyy", "strings_to_formulas": False})
    page = book.add_worksheet(sheet)
    for number, line in enumerate(lines):
        for place, cell in enumerate(line):
            write = page.write_string if isinstance(cell, str) else page.write
            write(number, place, cell)
    book.close()
    a_minute_ago(beside)
    beside.rename(path)


def write_parquet(
    path: Path, lines: Sequence[Sequence[object]], types: Mapping[str, str] | None = None
) -> None:
    """A Parquet file of these lines, the first one naming its columns, as ``write_csv`` puts it in place."""
    names, *rows = lines
    beside = path.with_suffix(".new")
    with duckdb.connect() as database:
        kinds = ", ".join(
            f"{quoted_name(str(name))} {(types or {}).get(str(name), 'VARCHAR')}" for name in names
        )
        database.execute(f"CREATE TABLE rows ({kinds})")
        if rows:
            database.executemany(f"INSERT INTO rows VALUES ({', '.join('?' * len(names))})", rows)  # noqa: S608 -- question marks only
        database.execute(f"COPY rows TO '{beside}' (FORMAT parquet)")
    a_minute_ago(beside)
    beside.rename(path)


def put(path: Path, content: bytes) -> None:
    """An extract of these very bytes, in place."""
    path.write_bytes(content)
    a_minute_ago(path)


def a_minute_ago(path: Path) -> None:
    """As if written then: nobody still writes into it."""
    then = time.time() - 60
    os.utime(path, (then, then))


def school_extract(directory: Path, rows: bytes = ADAS_ROW, query: str | None = None) -> Connector:
    """Littleworth's school as an extract, people.csv, of names only."""
    put(directory / "people.csv", b"local_key,given_name,family_name\n" + rows)
    text = source_file("school", "School").replace("kind: memory", "kind: extract\nas_of: extract")
    text = text.replace("connection: {}", "connection: {path: people.csv}")
    whole = handwritten.read_bytes(text.encode(), SourceFile, Path("school.yaml"))[0]
    narrow: dict[str, Any] = {
        "identifiers": {"given_name": "given_name", "family_name": "family_name"},
        "involvement": {},
        "contact": {},
        "gates": {},
        "restricted": None,
        "table": None if query else "people",
        "query": query,
    }
    source = SourceFile.model_validate({**whole.model_dump(), **narrow})
    return connect(source, secrets=lambda _: "", base=directory)
