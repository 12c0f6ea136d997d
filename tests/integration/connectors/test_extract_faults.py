"""What happens to CSV extracts: they are old, cut off, ragged, renamed columns, replaced and written into."""

from __future__ import annotations

import asyncio
import os
import threading
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from connectors.connection import ExtractConnection
from connectors.contract import (
    Connector,
    Identifiers,
    SourceFault,
    SourceMisfit,
    SourceTimedOut,
    SourceUnavailable,
)
from connectors.extract import ExtractConnector
from connectors.source_file import SourceFile
from tests.fakes.extracts import a_minute_ago, put, write_csv
from tests.spec.connectors.engines import found, housing, refs

ADA = Identifiers(given_name="Ada", family_name="Smith")
HEADER = ("ref", "forename", "surname", "dob", "address", "ended")
ADAS_ROW = ("1", "Ada", "Smith", "07/03/1985", "4 Mill Lane", "")
BOBS_ROW = ("2", "Bob", "Jones", "08/04/1986", "5 Mill Lane", "01/02/2020")
SECONDS = 0.3
NIGHT = 1_780_000_000  # 28 May 2026, 20:26:40 UTC

Make = Callable[..., Connector]


def tenancy(**changed: Any) -> SourceFile:
    """A source file for HEADER."""
    return housing(
        **{
            "kind": "extract",
            "as_of": "extract",
            "connection": {"path": "tenancy.csv"},
            "identifiers": {
                "given_name": "forename",
                "family_name": "surname",
                "birth_date": {"column": "dob", "format": "dmy_text"},
                "address": "address",
            },
            "involvement": {"ended": {"column": "ended", "format": "dmy_text"}},
            "contact": {},
            "gates": {},
            "restricted": None,
            **changed,
        }
    )


@pytest.fixture
async def make(tmp_path: Path) -> AsyncIterator[Make]:
    """Makes a source for the extract of this test's directory; ``now`` is its clock."""
    made: list[Connector] = []

    def making(
        source: SourceFile | None = None, now: Callable[[], float] = time.time, **said: Any
    ) -> Connector:
        settings = ExtractConnection(**{"path": "tenancy.csv", **said})
        made.append(ExtractConnector(source or tenancy(), settings, tmp_path / settings.path, now))
        return made[-1]

    yield making
    for one in made:
        await one.close()


@pytest.fixture
def extract(tmp_path: Path) -> Path:
    """An extract of two people, number 1: Ada Smith."""
    path = tmp_path / "tenancy.csv"
    write_csv(path, [HEADER, ADAS_ROW, BOBS_ROW])
    return path


def written(path: Path, *lines: str) -> None:
    """A file of the header and these lines, as they are."""
    put(path, "".join(line + "\n" for line in (",".join(HEADER), *lines)).encode())


async def said_by(fault: type[SourceFault], asked: Awaitable[object]) -> str:
    """The sentence of the fault, which must be of exactly this kind and may repeat nothing of a row."""
    with pytest.raises(SourceFault) as raised:
        await asked
    assert type(raised.value) is fault
    assert not {one for one in ("Smith", "Jones", "Mill") if one in str(raised.value)}
    return str(raised.value)


# How old it is


@pytest.mark.parametrize("hours", [0, 35.9, -0.05])
async def test_a_fresh_extract_is_asked_and_gives_its_day(make: Make, extract: Path, hours: float) -> None:
    os.utime(extract, (NIGHT, NIGHT))
    candidates = await found(make(now=lambda: NIGHT + hours * 3600), ADA)
    assert ([row.local_key for row in candidates.rows], candidates.as_of) == (["1"], date(2026, 5, 28))


async def test_the_day_is_that_of_london_and_the_same_when_nobody_is_found(make: Make, extract: Path) -> None:
    late = datetime(2026, 5, 31, 23, 30, tzinfo=UTC).timestamp()
    os.utime(extract, (late, late))
    source = make(now=lambda: late)
    nobody, nothing = Identifiers("Zoe", "Nobody"), Identifiers(upn="A123456789012")
    days = [(await found(source, one)).as_of for one in (ADA, nobody, nothing)]
    assert days == [date(2026, 6, 1)] * 3


async def test_an_extract_that_is_too_old_is_unavailable_until_a_new_one_comes(
    make: Make, extract: Path
) -> None:
    os.utime(extract, (NIGHT, NIGHT))
    clock = [NIGHT + 35 * 3600]
    source = make(now=lambda: clock[0])
    assert await refs(source, ADA) == ["1"]
    clock[0] = NIGHT + 41 * 3600
    for person in (ADA, Identifiers(upn="A123456789012")):  # the second can't be looked for in it anyway
        said = await said_by(SourceUnavailable, found(source, person))
        assert "the extract is 41 hours old; it may be 36 at most" in said
    os.utime(extract, (NIGHT + 40 * 3600,) * 2)
    assert await refs(source, ADA) == ["1"]


async def test_how_old_it_may_be_is_the_source_files_own(make: Make, extract: Path) -> None:
    os.utime(extract, (NIGHT, NIGHT))
    assert await refs(make(fresh_for_hours=200, now=lambda: NIGHT + 199 * 3600), ADA) == ["1"]


async def test_a_time_in_the_future_tells_no_age(make: Make, extract: Path) -> None:
    os.utime(extract, (NIGHT, NIGHT))
    assert "in the future" in await said_by(SourceUnavailable, found(make(now=lambda: NIGHT - 7200), ADA))


# What it must look like


async def test_a_missing_extract_is_unavailable_and_found_when_it_comes(make: Make, tmp_path: Path) -> None:
    source = make()
    assert "could not be opened" in await said_by(SourceUnavailable, source.open())
    write_csv(tmp_path / "tenancy.csv", [HEADER, ADAS_ROW])
    assert await refs(source, ADA) == ["1"]


BROKEN: list[tuple[bytes, type[SourceFault], str]] = [
    (b"", SourceUnavailable, "is empty"),
    (b"ref,forename,surname,dob,address,ended\n", SourceUnavailable, "has 0 rows"),
    (b"PK\x03\x04\x00\x00 Smith\n" * 9, SourceUnavailable, "not text"),
    ("ref,forename\nT,Smith\n".encode("utf-16"), SourceUnavailable, "not text in utf-8: look at lines 1 to 3"),
    (b"ref,forename\n1,Zo\xeb Smith\n", SourceUnavailable, "not text in utf-8: look at lines 1 to 3"),
    (b"1,Ada,Smith,07/03/1985,4 Mill Lane,\n", SourceMisfit, "does not give each column a name"),
    (b"1,Ada,Smith,07/03/1985,4 Mill Lane,x\n" * 2, SourceMisfit, "names none of the columns"),
    (b"ref;forename;surname;dob;address;ended\n1;Ada;Smith;;;\n", SourceMisfit, "is the delimiter the right one"),
    (b"ref,forename,surname,dob,address,ended,Surname\n" + b"1,Ada,Smith,,,,\n", SourceMisfit, "columns 3 and 7"),
    (b'"ref\n",forename,surname\n1,Ada,Smith\n', SourceMisfit, "has to be one line"),
    (b'\n1,Ada,Smith\n', SourceMisfit, "does not give each column a name"),
    (b"ref" * 40_000, SourceUnavailable, "seems to be cut off"),
    (b"ref" * 40_000 + b"\n", SourceMisfit, "first line is too long"),
]  # fmt: skip


@pytest.mark.parametrize(("content", "fault", "sentence"), BROKEN)
async def test_what_is_no_extract_is_said_plainly(
    make: Make, tmp_path: Path, content: bytes, fault: type[SourceFault], sentence: str
) -> None:
    put(tmp_path / "tenancy.csv", content)
    source = make()
    for asked in (source.open(), found(source, ADA)):
        assert sentence in await said_by(fault, asked)


async def test_a_directory_and_a_pipe_are_no_extracts(make: Make, tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    os.mkfifo(tmp_path / "pipe")
    for name in ("folder", "pipe"):
        source = tenancy(table=name)
        assert "no plain file" in await said_by(SourceUnavailable, found(make(source, path=name), ADA))


RAGGED = [
    ("1,Ada,Smith,07/03/1985,4 Mill Lane", "row at line 3 of the extract has 5 cells, its header 6"),
    ("1", "row at line 3 of the extract has 1 cells"),
    ("1,Ada,Smith,07/03/1985,4 Mill Lane,,", "row at line 3 of the extract has 7 cells"),
    # Every cell after the comma in the address is one place too far to the right.
    ("1,Ada,Smith,07/03/1985,4 Mill Lane, Northshire,", "row at line 3 of the extract has 7 cells"),
    ('"1,Ada,Smith,07/03/1985,4 Mill Lane,', "row at line 3 of the extract is no CSV"),
    ('1,Ada,Smith,07/03/1985,"4 Mill Lane,', "row at line 3 of the extract is no CSV"),
    ('1,Ada,Smith,07/03/1985,4 Mill Lane,"', "row at line 3 of the extract is no CSV"),
    ('1,Ada,Smith,07/03/1985,"4" Mill Lane,', "row at line 3 of the extract is no CSV"),
    ('1,Ada,Smith,07/03/1985,"4 Mill "Lane"",', "row at line 3 of the extract is no CSV"),
    ('1,"Ada",Smith,07/03/1985,"4 Mill\nLane,\n2,"Bob",Jones,08/04/1986,"5 Mill Lane",', "line 3"),
    ("1,Ada,Smith,07/03/1985,4 Mill Lane,01/02/2020\r", "Do all lines end alike"),
    ("1,Ada,Smith,07/03/1985,4 Mill Lane\r,", "row at line 3 of the extract has 5 cells"),
]


@pytest.mark.parametrize(("row", "sentence"), RAGGED)
async def test_one_ragged_row_closes_the_whole_extract(
    make: Make, tmp_path: Path, row: str, sentence: str
) -> None:
    good = ",".join(BOBS_ROW)
    written(tmp_path / "tenancy.csv", good, row, good)
    said = await said_by(SourceMisfit, found(make(), Identifiers("Bob", "Jones")))
    assert sentence in said


@pytest.mark.parametrize("length", range(1, 108, 7))
async def test_an_extract_that_is_cut_off_within_a_row_is_unavailable(
    make: Make, extract: Path, length: int
) -> None:
    source = make()
    assert await refs(source, ADA) == ["1"]
    os.truncate(extract, length)
    a_minute_ago(extract)
    assert "seems to be cut off" in await said_by(SourceUnavailable, found(source, ADA))


async def test_fewer_rows_than_expected_are_a_failed_export(make: Make, extract: Path) -> None:
    assert "has 2 rows, fewer than the 3" in await said_by(SourceUnavailable, make(least_rows=3).open())
    assert await refs(make(least_rows=2), ADA) == ["1"]


async def test_birth_dates_of_another_format_are_a_misfit_and_not_missing(make: Make, tmp_path: Path) -> None:
    rows = [(str(n), "Ada", "Smith", f"1985-03-{n:02}", "", "") for n in range(1, 25)]
    write_csv(tmp_path / "tenancy.csv", [HEADER, *rows])
    said = await said_by(SourceMisfit, make().open())
    assert "of 24 values of the column 'dob' only 0 are dates of its format (dmy_text)" in said


async def test_what_is_wrong_is_logged_once_until_it_is_well_again(
    make: Make, extract: Path, caplog: pytest.LogCaptureFixture
) -> None:
    source = make()
    for row in ("1,Ada,Smith", "1,Ada,Smith", "1,Ada,Smith,,,", "1,Ada,Smith", "1,Ada,Smith,"):
        written(extract, row)
        await asyncio.gather(found(source, ADA), return_exceptions=True)
    said = "housing: the row at line 2 of the extract has {} cells, its header 6."
    assert [one.getMessage() for one in caplog.records] == [said.format(cells) for cells in (3, 3, 4)]


async def test_a_column_renamed_between_two_questions_is_named(make: Make, extract: Path) -> None:
    source = make()
    assert await refs(source, ADA) == ["1"]
    renamed = ["surnames" if one == "surname" else one for one in HEADER]
    write_csv(extract, [renamed, ADAS_ROW])
    said = await said_by(SourceMisfit, found(source, ADA))
    assert "no column 'surname'. Did you mean 'surnames'" in said
    write_csv(extract, [HEADER[::-1], ADAS_ROW[::-1]])  # other places are no matter
    assert await refs(source, ADA) == ["1"]


# What stands in its cells


CURIOUS = [
    "Robert'); DROP TABLE tenancy;--", 'Ann "Nan"', "Two\nlines", "Two\r\nlines", "a,b", "$1", "%_*", "\\N",
    "NULL", "#", " led by a blank", "'", "’", "Zoë", "007", "1e5", "true", "2020-01-02",
]  # fmt: skip


@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
async def test_whatever_stands_in_a_cell_comes_out_as_it_is(
    make: Make, tmp_path: Path, line_end: str
) -> None:
    rows = [(f"00{n}", "Ada", "Smith", "", text, "") for n, text in enumerate(CURIOUS)]
    write_csv(tmp_path / "tenancy.csv", [HEADER, *rows], lineterminator=line_end)
    candidates = await found(make(), ADA)
    read = {row.local_key: row.identifiers.address for row in candidates.rows}
    assert read == {f"00{n}": text.strip() for n, text in enumerate(CURIOUS)}


@pytest.mark.parametrize(
    "name", ["Null", "O'Brien", 'Taylor"', "Taylor;--", "’t Hooft", "Zoë", "Łukasz", "李"]
)
async def test_whatever_is_typed_is_bound(make: Make, tmp_path: Path, name: str) -> None:
    write_csv(tmp_path / "tenancy.csv", [HEADER, ADAS_ROW, ("2", "Ada", name, "", "", "")])
    assert await refs(make(), Identifiers("Ada", name)) == ["2"]


WRITTEN: list[tuple[str, str, dict[str, Any]]] = [
    ("utf-8-sig", "utf-8", {}),
    ("cp1252", "windows-1252", {}),
    ("cp1252", "latin-1", {}),
    ("latin-1", "latin-1", {"delimiter": ";"}),
    ("utf-8", "utf-8", {"delimiter": "\t"}),
    ("utf-8", "utf-8", {"delimiter": "|", "quoting": 1}),
]


@pytest.mark.parametrize(("encoding", "said", "options"), WRITTEN)
async def test_encodings_and_delimiters_of_council_exports_are_read(
    make: Make, tmp_path: Path, encoding: str, said: str, options: dict[str, Any]
) -> None:
    name = "Zoë" if encoding == "latin-1" else "Zoë’s"
    rows = [HEADER, ADAS_ROW, ("2", "Ada", name, "01/02/1999", "4 Mill Lane; |,\t", "")]
    write_csv(tmp_path / "tenancy.csv", rows, encoding=encoding, **options)
    source = make(encoding=said, **{key: options[key] for key in options if key == "delimiter"})
    (row,) = (await found(source, Identifiers("Ada", name))).rows
    assert (row.identifiers.family_name, row.identifiers.birth_date) == (name, date(1999, 2, 1))


async def test_names_in_utf_8_are_not_taken_for_names_of_windows(make: Make, tmp_path: Path) -> None:
    """Zoë would be ZoÃ«, and not be found."""
    write_csv(tmp_path / "tenancy.csv", [HEADER, ("2", "Zoë", "Smith", "", "", "")])
    said = await said_by(SourceUnavailable, make(encoding="windows-1252").open())
    assert "is text in utf-8, not in windows-1252" in said


async def test_blank_lines_are_no_rows(make: Make, tmp_path: Path) -> None:
    written(tmp_path / "tenancy.csv", "", ",".join(ADAS_ROW), "", "")
    assert await refs(make(), ADA) == ["1"]


async def test_a_path_of_any_name_is_read(make: Make, tmp_path: Path) -> None:
    folder = tmp_path / 'it\'s "here" [*?]; DROP'
    folder.mkdir()
    write_csv(folder / 'the "last" one\'s.csv', [HEADER, ADAS_ROW])
    source = make(tenancy(table='the "last" one\'s'), path=f'{folder.name}/the "last" one\'s.csv')
    assert await refs(source, ADA) == ["1"]


@pytest.mark.parametrize(
    "elsewhere",
    [
        "read_csv('/etc/passwd')", "read_text('/proc/self/environ')", "'/etc/passwd'",
        "glob('/etc/pass[a-z]d')",
        "read_csv('https://localhost/x.csv')", "PEOPLE",
    ],
)  # fmt: skip
async def test_a_query_can_read_nothing_but_the_extract(make: Make, extract: Path, elsewhere: str) -> None:
    source = make(tenancy(table=None, query=f"SELECT t.* FROM tenancy AS t, {elsewhere} AS e"))  # noqa: S608
    assert "does not take the statement" in await said_by(SourceMisfit, source.open())


PEOPLE = [("ref",), ("1",)]  # a name that DuckDB could find in this module, were it allowed to look


# It is replaced, and written into


def people(version: int) -> list[Sequence[str]]:
    """A file whose rows all bear its version, of a length of its own."""
    rows = 200 + version % 7
    return [
        HEADER,
        *((f"{version}-{n}-{rows}", "Ada", "Smith", "", "x" * (version % 50), "") for n in range(rows)),
    ]


@contextmanager
def replacing(path: Path) -> Any:
    """A writer renames a new file over the old one, as fast as it can; gives the list of versions."""
    versions, done = [0], threading.Event()
    write_csv(path, people(0))

    def replace() -> None:
        while not done.is_set():
            write_csv(path, people(versions[-1] + 1))
            versions.append(versions[-1] + 1)

    writer = threading.Thread(target=replace)
    writer.start()
    try:
        yield versions
    finally:
        done.set()
        writer.join()


async def test_a_question_during_a_replacement_sees_wholly_one_file(make: Make, tmp_path: Path) -> None:
    source: Connector = make()
    seen: set[str] = set()
    with replacing(tmp_path / "tenancy.csv") as versions:
        while len(versions) < 400 or len(seen) < 10:
            keys = [key.split("-") for key in await refs(source, ADA)]
            ((version, length),) = {(key[0], key[2]) for key in keys}
            assert len(keys) == int(length)
            seen.add(version)
    await asyncio.sleep(0.03)
    assert {key.split("-")[0] for key in await refs(source, ADA)} == {str(versions[-1])}


async def test_an_extract_that_is_written_into_once_is_read_again(make: Make, extract: Path) -> None:
    """The clock is read when the extract is open and before it is read: a good moment to write into it."""
    times = iter(range(100))

    def now() -> float:
        if next(times) == 0:
            written(extract, ",".join(("3", *ADAS_ROW[1:])))
        return time.time()

    assert await refs(make(now=now), ADA) == ["3"]


async def test_an_extract_that_is_written_into_all_the_time_is_unavailable(make: Make, extract: Path) -> None:
    def now() -> float:
        with extract.open("a") as file:
            file.write(",".join(ADAS_ROW) + "\n")
        return time.time()

    assert "should be renamed over the old one" in await said_by(SourceUnavailable, found(make(now=now), ADA))


async def test_a_file_that_grows_row_by_row_is_never_taken_for_whole(make: Make, tmp_path: Path) -> None:
    """Every row is flushed, so that the file ends like a whole one at any moment."""
    path, rows = tmp_path / "tenancy.csv", 20
    source, seen = make(), []

    def export() -> None:
        with path.open("w", buffering=1) as file:
            file.write(",".join(HEADER) + "\n")
            for n in range(rows):
                file.write(f"{n},Ada,Smith,,,\n")
                time.sleep(0.1)

    exporter = threading.Thread(target=export)
    exporter.start()
    while exporter.is_alive():
        (outcome,) = await asyncio.gather(refs(source, ADA), return_exceptions=True)
        seen.append(len(outcome) if isinstance(outcome, list) else type(outcome))
    exporter.join()
    assert set(seen) <= {SourceUnavailable, rows}
    assert SourceUnavailable in seen
    assert len(await refs(source, ADA)) == rows


# Deadlines, and what is left behind


# Instant for one row, endless for thousands.
SLOW = "SELECT a.* FROM tenancy AS a, tenancy AS b, tenancy AS c WHERE length(a.ref || b.ref || c.ref) < 5"


async def test_a_slow_query_is_broken_off_at_its_deadline_and_the_next_is_answered(
    make: Make, extract: Path
) -> None:
    write_csv(extract, [HEADER, *((f"{n:05}", *ADAS_ROW[1:]) for n in range(10_000))])
    source = make(tenancy(table=None, query=SLOW))
    began = time.monotonic()
    outcomes = await asyncio.gather(
        *(found(source, ADA, seconds=SECONDS) for _ in range(3)), return_exceptions=True
    )
    assert time.monotonic() - began < SECONDS + 0.15
    assert [type(one) for one in outcomes] == [SourceTimedOut] * 3
    write_csv(extract, [HEADER, ADAS_ROW])
    assert await refs(source, ADA) == ["1"]


async def test_a_question_that_waits_for_its_turn_breaks_off_no_other(make: Make, extract: Path) -> None:
    source = make()
    outcomes = await asyncio.gather(
        found(source, ADA), found(source, ADA, seconds=0.0), found(source, ADA), return_exceptions=True
    )
    assert [type(one).__name__ for one in outcomes] == ["Candidates", "SourceTimedOut", "Candidates"]


async def test_a_cancelled_question_does_no_harm(make: Make, extract: Path) -> None:
    source = make()
    for number in range(30):
        asked = asyncio.ensure_future(found(source, ADA))
        await asyncio.sleep((number % 7) / 500)
        asked.cancel()
        await asyncio.gather(asked, return_exceptions=True)
    assert await refs(source, ADA) == ["1"]


async def test_nothing_is_left_open_running_or_on_the_disk(
    make: Make, extract: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = tmp_path / "home"
    home.mkdir()
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.chdir(home)
    before = await left_open()
    for _ in range(3):
        source = make()
        assert await refs(source, ADA) == ["1"]
        await source.close()
        stuck = make(tenancy(table=None, query=SLOW.replace("5", "0")))
        write_csv(extract, [HEADER, *((str(n), *ADAS_ROW[1:]) for n in range(5_000))])
        assert "0.10 seconds" in await said_by(SourceTimedOut, found(stuck, ADA, seconds=0.1))
        await stuck.close()
        write_csv(extract, [HEADER, ADAS_ROW])
    assert await left_open() == before
    assert everything_in(tmp_path) == ["home", "tenancy.csv"]


def everything_in(path: Path) -> list[str]:
    return sorted(one.name for one in path.rglob("*"))


def open_files() -> list[Path]:
    return [one for one in Path("/proc/self/fd").iterdir() if one.is_symlink()]


async def left_open() -> tuple[list[str], list[str], int]:
    """The files that are open, the threads of extracts, and how many threads are not Python's."""
    await asyncio.sleep(0.1)  # a thread whose last work is done still has to end
    files = sorted(str(one.readlink()) for one in open_files() if "/proc/" not in str(one.readlink()))
    waiting = [one.name for one in threading.enumerate() if one.name.startswith("extract-source")]
    return files, waiting, threads_in_all() - threading.active_count()


def threads_in_all() -> int:
    return len(list(Path("/proc/self/task").iterdir()))
