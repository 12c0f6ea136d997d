"""The index of an extract: it finds the rows that hold a value, and holds neither rows nor values."""

from __future__ import annotations

import csv
import io
import tempfile
from datetime import date
from pathlib import Path
from threading import Event

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.contract import Identifiers, Search, SourceTimedOut
from connectors.extract_index import ExtractIndex, indexed
from connectors.source_file import SourceFile
from tests.spec.connectors.engines import housing

NAMES = ("ref", "forename", "surname", "dob")
CELL = st.text(st.characters(codec="utf-8", exclude_characters="\r\n\0"), max_size=8)


def source() -> SourceFile:
    return housing(
        identifiers={
            "given_name": {"column": "forename", "indexed": True},
            "family_name": {"column": "surname", "indexed": True},
            "birth_date": {"column": "dob", "indexed": True, "format": "dmy_text"},
        }
    )


def written(path: Path, *rows: tuple[str, ...]) -> Path:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows([NAMES, *rows])
    path.write_bytes(text.getvalue().encode())
    return path


def index_of(path: Path, stopped: Event | None = None) -> ExtractIndex | None:
    return indexed(path, NAMES, ",", source(), stopped or Event())


def rows_at(path: Path, found: list[int]) -> list[list[str]]:
    content = path.read_bytes()
    return [next(csv.reader([content[place:].split(b"\n")[0].decode()])) for place in found]


def search(**typed: object) -> Search:
    return Search("q-1", (Identifiers(**typed),), frozenset(), 1.0)  # type: ignore[arg-type]  # identifiers by name


def test_the_rows_of_a_person_are_found_where_they_begin(tmp_path: Path) -> None:
    path = written(
        tmp_path / "x.csv",
        ("1", "Ada", "Smith", "07/03/1985"),
        ("2", "Émile, the elder", 'O"Brien', "01/02/1990"),
        ("3", "Bob", "Jones", "07/03/1985"),
    )
    index = index_of(path)
    assert index is not None
    found = index.places(search(given_name="Ada", family_name="Smith", birth_date=date(1985, 3, 7)), source())
    assert [row[0] for row in rows_at(path, found or [])] == ["1", "3"]
    found = index.places(search(given_name="Émile", family_name='O"Brien'), source())
    assert [row[0] for row in rows_at(path, found or [])] == ["2"]
    assert index.places(search(given_name="Eve", family_name="Nobody"), source()) == []


@given(st.lists(st.tuples(CELL, CELL, CELL, CELL), max_size=12))
def test_every_cell_of_an_indexed_column_is_found_again(rows: list[tuple[str, ...]]) -> None:
    with tempfile.TemporaryDirectory() as directory:
        path = written(Path(directory) / "x.csv", *rows)
        index, content = index_of(path), path.read_bytes()
    assert index is not None
    for row in rows:
        for column, cell in zip(NAMES[1:], row[1:], strict=True):
            begins = list(index._holding(column, cell)) if cell else []
            assert not cell or any(content[at:].startswith(_line(row)) for at in begins)


def _line(row: tuple[str, ...]) -> bytes:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerow(row)
    return text.getvalue().encode()


def test_a_rule_without_an_indexed_value_needs_the_whole_file(tmp_path: Path) -> None:
    index = index_of(written(tmp_path / "x.csv", ("1", "Ada", "Smith", "07/03/1985")))
    assert index is not None
    by_number = housing(identifiers={"given_name": "forename", "family_name": "surname", "nhs_number": "ref"})
    assert index.places(search(nhs_number="9434765919"), by_number) is None


def test_lines_that_are_not_rows_make_no_index(tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    path.write_bytes(b'ref,forename,surname,dob\n1,"Ada\nLovelace",Smith,07/03/1985\n')
    assert index_of(path) is None


def test_it_holds_no_value_and_nothing_that_is_the_same_elsewhere(tmp_path: Path) -> None:
    index = index_of(written(tmp_path / "x.csv", ("1", "Zyxwvutina", "Smithsonian", "07/03/1985")))
    assert index is not None
    kept = b"".join(column.tobytes() for column in index.columns.values())
    assert b"Zyxwvutina" not in kept
    assert "Zyxwvutina" not in repr(index)
    assert len(kept) == 3 * 8


def test_nobody_waits_for_an_index_that_is_stopped(tmp_path: Path) -> None:
    stopped = Event()
    stopped.set()
    with pytest.raises(SourceTimedOut):
        index_of(written(tmp_path / "x.csv", ("1", "Ada", "Smith", "07/03/1985")), stopped)
