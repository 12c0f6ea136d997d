"""CSV extracts on the disk: written as a good export does, or as a bad one."""

from __future__ import annotations

import csv
import os
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import handwritten
from connectors.contract import Connector
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
