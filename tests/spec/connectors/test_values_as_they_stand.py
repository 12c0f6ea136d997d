"""Values that old systems hold: dates of other centuries, letters in every form of Unicode, blanks; many rows."""

from __future__ import annotations

import unicodedata
from datetime import date
from typing import Literal

import pytest

from connectors.contract import Identifiers, SourceMisfit
from tests.spec.connectors.conftest import WITH_TYPES, Hold
from tests.spec.connectors.engines import HOUSING, found, refs
from tests.spec.connectors.test_candidates_by_date_place_number import FORMATS, stored, with_birth_date

ADA = Identifiers(given_name="Ada", family_name="Smith")
NAMED = {"forename": "Ada", "surname": "Smith"}
LONG_AGO, NO_END = date(1899, 12, 31), date(9999, 12, 31)
EVER = ["started", "ended"]


@pytest.mark.parametrize("written", FORMATS)
async def test_dates_of_other_centuries_and_without_end_are_read_as_they_stand(
    hold: Hold, written: str
) -> None:
    columns = {name: {"column": name, "format": written} for name in EVER}
    row = {"dob": stored(LONG_AGO, written), "started": stored(date(1700, 1, 1), written)}
    source = await hold(
        {**NAMED, **row, "ended": stored(NO_END, written)},
        identifiers=with_birth_date(written),
        involvement=columns,
    )
    assert await refs(source, Identifiers(birth_date=LONG_AGO)) == ["1"]
    (read,) = (await found(source, ADA, involvement=EVER)).rows
    assert (read.identifiers.birth_date, read.started, read.ended) == (LONG_AGO, date(1700, 1, 1), NO_END)


@pytest.mark.parametrize(("written", "text"), [("dmy_text", "07/03/85"), ("iso_text", "85-03-07")])
async def test_a_year_of_two_digits_is_guessed_nowhere(hold: Hold, written: str, text: str) -> None:
    source = await hold(
        {**NAMED, "dob": text, "ended": text},
        identifiers=with_birth_date(written),
        involvement={"ended": {"column": "ended", "format": written}},
    )
    (read,) = (await found(source, ADA)).rows
    assert read.identifiers.birth_date is None
    with pytest.raises(SourceMisfit, match=r"'/?ended' holds a value that is no date"):
        await found(source, ADA, involvement=["ended"])


NAMES = [
    "Núñez",
    "Nguyễn",
    "Ångström",
    "O’Néill",
    "O'Shea",
    "Llywelyn",
    "Şişman",
    "مُحَمَّد",
    "שָׁלוֹם",
    "किशोर",
    "ﬁsher",  # a ligature, which two of the forms take apart
    "Ｓｍｉｔｈ",  # full width
]
FORMS: tuple[Literal["NFC", "NFD", "NFKC", "NFKD"], ...] = ("NFC", "NFD", "NFKC", "NFKD")


@pytest.mark.parametrize("name", NAMES)
async def test_a_name_is_found_in_each_normal_form_of_unicode(hold: Hold, name: str) -> None:
    source = await hold(
        *({"forename": "Ada", "surname": unicodedata.normalize(form, name)} for form in FORMS)
    )
    for typed in {name, unicodedata.normalize("NFC", name), unicodedata.normalize("NFD", name)}:
        assert await refs(source, Identifiers("Ada", typed)) == ["1", "2", "3", "4"]


@pytest.mark.parametrize("name", NAMES)
async def test_a_name_is_read_as_it_is_stored(hold: Hold, name: str) -> None:
    rows = [{**NAMED, "address": unicodedata.normalize(form, name)} for form in FORMS]
    read = {row.local_key: row.identifiers.address for row in (await found(await hold(*rows), ADA)).rows}
    assert read == {str(number): row["address"] for number, row in enumerate(rows, 1)}


async def test_blanks_at_the_end_and_around_are_no_part_of_a_value(hold: Hold) -> None:
    source = await hold({**NAMED, "postcode": "SK1 3XE  ", "nhs": " 943 476 5919 ", "status": "C  "})
    (read,) = (await found(source, ADA, involvement=["status"])).rows
    assert (read.identifiers.postcode, read.identifiers.nhs_number, read.status) == (
        "SK1 3XE", "943 476 5919", "current",
    )  # fmt: skip


async def test_a_thousand_rows_come_back_whole(hold: Hold) -> None:
    source = await hold(*[NAMED] * 1000, {"forename": "Bob", "surname": "Smith"})
    candidates = await found(source, ADA)
    assert sorted(int(row.local_key) for row in candidates.rows) == list(range(1, 1001))
    assert not candidates.capped


async def test_rows_out_of_scope_do_not_count_towards_the_cap(hold: Hold) -> None:
    planned = [{**NAMED, "stage": "planned"}] * 450
    source = await hold(
        *planned, {**NAMED, "stage": "open"}, cohort={"column": "stage", "never": ["planned"]}, row_cap=100
    )
    candidates = await found(source, ADA)
    assert ([row.local_key for row in candidates.rows], candidates.capped) == (["451"], False)


async def test_nothing_at_all_is_read_of_an_empty_row(hold: Hold) -> None:
    empty = dict.fromkeys(column for _, column in _texts())
    source = await hold({**empty, **NAMED})
    (read,) = (await found(source, ADA, involvement=["started", "ended", "last_contact", "status"])).rows
    assert read.identifiers == ADA
    assert (read.started, read.ended, read.last_contact, read.status) == (None,) * 4


def _texts() -> list[tuple[str, str]]:
    parts = {**HOUSING["involvement"], **HOUSING["contact"], **HOUSING["gates"]}
    return list(parts.items())


IN_SUMMER = "2020-06-30 23:30:00"  # in Greenwich: half an hour into the first of July in London


@pytest.mark.parametrize("engine", WITH_TYPES, indirect=True)
async def test_a_moment_with_a_zone_is_on_its_day_in_london(hold: Hold) -> None:
    source = await hold(
        {**NAMED, "started": f"{IN_SUMMER}+00", "ended": "2020-12-31 23:30:00+00"},
        types=dict.fromkeys(EVER, "timestamptz"),
    )
    (read,) = (await found(source, ADA, involvement=EVER)).rows
    assert (read.started, read.ended) == (date(2020, 7, 1), date(2020, 12, 31))
