"""Extracts as Excel workbooks and Parquet files: what their types become, and what is refused."""

from __future__ import annotations

import zipfile
from collections.abc import AsyncIterator, Callable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
import xlsxwriter

from connectors.connection import ExtractConnection
from connectors.contract import Connector, Identifiers, SourceFault, SourceMisfit, SourceUnavailable
from connectors.extract import ExtractConnector
from connectors.extract_workbook import MOST_UNPACKED
from tests.fakes.extracts import a_minute_ago, put, write_parquet, write_workbook
from tests.spec.connectors.engines import found, housing, refs

ADA = Identifiers("Ada", "Smith")
HEADER = ("ref", "forename", "surname", "dob", "nhs", "shielded", "ended")
ADAS_ROW = (
    "007",
    "Ada",
    "Smith",
    date(1985, 3, 7),
    9434765919,
    False,
    datetime.fromisoformat("2020-02-01T14:30"),
)
TYPES = {"dob": "DATE", "nhs": "BIGINT", "shielded": "BOOLEAN", "ended": "TIMESTAMP"}

Make = Callable[..., Connector]


@pytest.fixture
async def make(tmp_path: Path) -> AsyncIterator[Make]:
    """Makes a source for HEADER in a file of this test's directory."""
    made: list[Connector] = []

    def making(path: str, **said: Any) -> Connector:
        identifiers = {
            "given_name": "forename",
            "family_name": "surname",
            "birth_date": "dob",
            "nhs_number": "nhs",
        }
        source = housing(
            kind="extract", as_of="extract", connection={}, identifiers=identifiers,
            involvement={"ended": "ended"}, contact={}, gates={},
            restricted={"column": "shielded", "values": ["true"]},
        )  # fmt: skip
        settings = ExtractConnection(path=path, **said)
        made.append(ExtractConnector(source, settings, tmp_path / path))
        return made[-1]

    yield making
    for one in made:
        await one.close()


async def fault_of(source: Connector) -> SourceFault:
    with pytest.raises(SourceFault) as raised:
        await found(source, ADA)
    assert "Ada" not in str(raised.value)
    return raised.value


@pytest.mark.parametrize("path", ["tenancy.xlsx", "tenancy.parquet"])
async def test_typed_cells_are_read_as_what_they_are(make: Make, tmp_path: Path, path: str) -> None:
    if path.endswith("xlsx"):
        write_workbook(tmp_path / path, [HEADER, ADAS_ROW])
    else:
        write_parquet(tmp_path / path, [HEADER, ADAS_ROW], {"ref": "VARCHAR", **TYPES})
    (row,) = (await found(make(path), ADA, involvement=["ended"])).rows
    assert row.local_key == "007"
    assert row.identifiers.birth_date == date(1985, 3, 7)
    assert row.identifiers.nhs_number == "9434765919"
    assert row.ended == date(2020, 2, 1)
    assert row.restricted is False


@pytest.mark.parametrize("path", ["tenancy.xlsx", "tenancy.parquet"])
async def test_a_new_one_renamed_over_the_old_one_is_what_the_next_question_sees(
    make: Make, tmp_path: Path, path: str
) -> None:
    write = write_workbook if path.endswith("xlsx") else write_parquet
    source, texts = make(path), ("1", "Ada", "Smith", "", "", "", "")
    write(tmp_path / path, [HEADER, texts])
    assert [await refs(source, ADA) for _ in range(3)] == [["1"]] * 3
    write(tmp_path / path, [HEADER, texts, ("2", *texts[1:])])
    assert [await refs(source, ADA) for _ in range(3)] == [["1", "2"]] * 3


@pytest.mark.parametrize("path", ["tenancy.xlsx", "tenancy.parquet"])
async def test_one_that_is_cut_off_is_not_read_at_all(make: Make, tmp_path: Path, path: str) -> None:
    write = write_workbook if path.endswith("xlsx") else write_parquet
    write(
        tmp_path / path, [HEADER, *((str(number), "Ada", "Smith", "", "", "", "") for number in range(500))]
    )
    whole = (tmp_path / path).read_bytes()
    put(tmp_path / path, whole[: len(whole) * 2 // 3])
    assert "hole" in str(await fault_of(make(path)))


@pytest.mark.parametrize("path", ["tenancy.xlsx", "tenancy.parquet"])
async def test_fewer_rows_than_expected_are_an_export_that_went_wrong(
    make: Make, tmp_path: Path, path: str
) -> None:
    write = write_workbook if path.endswith("xlsx") else write_parquet
    write(tmp_path / path, [HEADER, ("1", "Ada", "Smith", "", "", "", "")])
    fault = await fault_of(make(path, least_rows=100))
    assert isinstance(fault, SourceUnavailable)
    assert "has 1 rows, fewer than the 100 expected" in str(fault)


@pytest.mark.parametrize("path", ["tenancy.xlsx", "tenancy.parquet"])
async def test_a_lost_column_is_named(make: Make, tmp_path: Path, path: str) -> None:
    write = write_workbook if path.endswith("xlsx") else write_parquet
    renamed = tuple("surname1" if name == "surname" else name for name in HEADER)
    write(tmp_path / path, [renamed, ("1", "Ada", "Smith", "", "", "", "")])
    fault = await fault_of(make(path))
    assert isinstance(fault, SourceMisfit)
    assert "'surname'" in str(fault)
    assert "Did you mean 'surname1'" in str(fault)


async def test_nothing_of_a_workbook_stays_in_memory_between_questions(make: Make, tmp_path: Path) -> None:
    write_workbook(tmp_path / "tenancy.xlsx", [HEADER, ADAS_ROW])
    await found(make("tenancy.xlsx"), ADA)
    sizes = _sizes_of_memory()
    assert sizes
    assert not any(sizes)


def _sizes_of_memory() -> list[int]:
    """How much there is in each of the files without a name that extracts are read into."""
    opened = [one for one in Path("/proc/self/fd").iterdir() if one.is_symlink()]
    return [one.stat().st_size for one in opened if "memfd:extract" in str(one.readlink())]


async def test_a_workbook_of_several_sheets_has_to_name_one(make: Make, tmp_path: Path) -> None:
    book = xlsxwriter.Workbook(tmp_path / "tenancy.xlsx")
    book.add_worksheet("Notes").write_row(0, 0, ["Nothing here"])
    page = book.add_worksheet("Export")
    page.write_row(0, 0, HEADER)
    page.write_row(1, 0, ("1", "Ada", "Smith"))
    book.close()
    a_minute_ago(tmp_path / "tenancy.xlsx")
    assert "has 2 sheets: say in connection.sheet which one" in str(await fault_of(make("tenancy.xlsx")))
    assert await refs(make("tenancy.xlsx", sheet="Export"), ADA) == ["1"]
    assert "has no sheet 'Exports'" in str(await fault_of(make("tenancy.xlsx", sheet="Exports")))


async def test_merged_cells_are_refused(make: Make, tmp_path: Path) -> None:
    book = xlsxwriter.Workbook(tmp_path / "tenancy.xlsx")
    page = book.add_worksheet()
    page.write_row(0, 0, HEADER)
    page.write_row(1, 0, ("1", "Ada", "Smith"))
    page.merge_range(2, 0, 3, 0, "2")
    book.close()
    a_minute_ago(tmp_path / "tenancy.xlsx")
    assert "merged cells" in str(await fault_of(make("tenancy.xlsx")))


async def test_rows_and_columns_that_excel_only_remembers_are_none(make: Make, tmp_path: Path) -> None:
    blank = ("",) * 10
    write_workbook(
        tmp_path / "tenancy.xlsx",
        [(*HEADER, "", ""), blank, ("1", "Ada", "Smith", "", "", "", "", "", ""), blank],
    )
    assert await refs(make("tenancy.xlsx"), ADA) == ["1"]


async def test_a_small_workbook_that_unpacks_to_a_very_large_one_is_refused(
    make: Make, tmp_path: Path
) -> None:
    with (
        zipfile.ZipFile(tmp_path / "tenancy.xlsx", "w", zipfile.ZIP_DEFLATED) as packed,
        packed.open("xl/worksheets/sheet1.xml", "w") as entry,
    ):
        for _ in range((MOST_UNPACKED >> 20) + 1):
            entry.write(bytes(1 << 20))
    a_minute_ago(tmp_path / "tenancy.xlsx")
    assert "unpacks to more than 256 MiB" in str(await fault_of(make("tenancy.xlsx")))


@pytest.mark.parametrize("content", [b"ref,forename\n1,Ada\n", b"\xd0\xcf\x11\xe0" + bytes(500)])
async def test_what_is_no_workbook_is_said_to_be_none(make: Make, tmp_path: Path, content: bytes) -> None:
    put(tmp_path / "tenancy.xlsx", content)
    assert "no whole .xlsx workbook" in str(await fault_of(make("tenancy.xlsx")))


async def test_a_moment_with_a_zone_is_the_day_that_it_was_in_london(make: Make, tmp_path: Path) -> None:
    late = datetime(2020, 6, 30, 23, 30, tzinfo=UTC)  # half past midnight, the day after, in summer
    write_parquet(
        tmp_path / "tenancy.parquet",
        [HEADER, (*ADAS_ROW[:-1], late)],
        {**TYPES, "ended": "TIMESTAMP WITH TIME ZONE"},
    )
    (row,) = (await found(make("tenancy.parquet"), ADA, involvement=["ended"])).rows
    assert row.ended == date(2020, 7, 1)


async def test_a_column_of_lists_is_refused(make: Make, tmp_path: Path) -> None:
    row = (*ADAS_ROW[:2], ["Smith", "Jones"], *ADAS_ROW[3:])
    write_parquet(tmp_path / "tenancy.parquet", [HEADER, row], {**TYPES, "surname": "VARCHAR[]"})
    assert "'surname' holds more than a single value" in str(await fault_of(make("tenancy.parquet")))
