"""Which rows come back for a birth date, an age, a postcode or a number, as services store them."""

from __future__ import annotations

from datetime import date

import pytest

from connectors.contract import Identifiers
from tests.spec.connectors.conftest import WITH_TYPES, Hold
from tests.spec.connectors.engines import HOUSING, found, refs

BORN = date(1985, 3, 7)
ADA = Identifiers(given_name="Ada", family_name="Smith", birth_date=BORN)
A_STRANGER = {"forename": "Xu", "surname": "Yang"}
FORMATS = {
    "date": "%Y-%m-%d",
    "iso_text": "%Y-%m-%d",
    "dmy_text": "%d/%m/%Y",
    "compact_text": "%Y%m%d",
}


def with_birth_date(written: str) -> dict[str, object]:
    born = {"column": "dob", "indexed": True, "format": written}
    return {**HOUSING["identifiers"], "birth_date": born}


def stored(day: date, written: str) -> object:
    return day if written == "date" else day.strftime(FORMATS[written])


@pytest.mark.parametrize("written", FORMATS)
async def test_a_birth_date_is_found_in_every_format(hold: Hold, written: str) -> None:
    days = [date(1985, 3, 7), date(1985, 7, 3), date(1985, 3, 8), date(1986, 3, 7), date(1985, 4, 8)]
    source = await hold(
        *({**A_STRANGER, "dob": stored(day, written)} for day in days),
        A_STRANGER,
        identifiers=with_birth_date(written),
    )
    assert await refs(source, ADA) == ["1", "2"]  # the day, and day and month swapped


@pytest.mark.parametrize("written", FORMATS)
async def test_a_birth_date_with_one_slip_needs_both_initials(hold: Hold, written: str) -> None:
    near, far = stored(date(1985, 3, 1), written), stored(date(1984, 8, 1), written)
    source = await hold(
        {"forename": "Annie", "surname": "Stone", "dob": near},
        {"forename": "Annie", "surname": "Thorn", "dob": near},
        {"forename": "Beth", "surname": "Stone", "dob": near},
        {"forename": "Annie", "surname": "Stone", "dob": far},
        {"forename": "Annie", "surname": "Stone", "dob": stored(date(1958, 3, 7), written)},
        identifiers=with_birth_date(written),
    )
    assert await refs(source, ADA) == ["1", "5"]


@pytest.mark.parametrize("written", FORMATS)
async def test_an_age_a_year_or_a_month_finds_either_name_in_that_range(hold: Hold, written: str) -> None:
    first, last = date(1985, 1, 1), date(1985, 12, 31)
    source = await hold(
        {"forename": "Ada", "surname": "Jones", "dob": stored(first, written)},
        {"forename": "Beth", "surname": "SMITH", "dob": stored(last, written)},
        {"forename": "Ada", "surname": "Jones", "dob": stored(date(1984, 12, 31), written)},
        {"forename": "Ada", "surname": "Jones", "dob": stored(date(1986, 1, 1), written)},
        {"forename": "Beth", "maiden_name": "Smith", "dob": stored(last, written)},
        {"forename": "Beth", "surname": "Jones", "dob": stored(last, written)},
        {"forename": "Ada", "surname": "Jones"},
        identifiers=with_birth_date(written),
    )
    about_35 = Identifiers(given_name="Ada", family_name="Smith", born_between=(first, last))
    assert await refs(source, about_35) == ["1", "2", "5"]
    assert await refs(source, Identifiers(family_name="Smith", born_between=(first, last))) == ["2", "5"]
    assert await refs(source, Identifiers(born_between=(first, last))) == []


async def test_a_birth_date_in_a_column_of_moments_is_found(hold: Hold, engine: str) -> None:
    midnight = "1985-03-07 00:00:00"
    written = "date" if engine in WITH_TYPES else "iso_text"
    source = await hold(
        {**A_STRANGER, "dob": midnight if engine in WITH_TYPES else "1985-03-07"},
        types={"dob": "timestamp"} if engine in WITH_TYPES else {},
        identifiers=with_birth_date(written),
    )
    year = Identifiers(given_name="Xu", born_between=(date(1985, 1, 1), date(1985, 12, 31)))
    assert await refs(source, ADA) == ["1"]
    assert await refs(source, year) == ["1"]


async def test_a_birth_date_with_a_time_of_day_is_found_on_its_day(hold: Hold, engine: str) -> None:
    kind = "datetime" if engine.startswith("mariadb") else "timestamp"
    times = ["1985-03-07 00:00:00", "1985-03-07 12:00:00", "1985-03-07 23:59:59", "1985-03-08 00:00:00"]
    days = [moment[:10] for moment in times]
    typed = engine in WITH_TYPES or engine.startswith("mariadb")
    source = await hold(
        *({**A_STRANGER, "dob": one} for one in (times if typed else days)),
        types={"dob": kind} if typed else {},
        identifiers=with_birth_date("date" if typed else "iso_text"),
    )
    assert await refs(source, ADA) == ["1", "2", "3"]


@pytest.mark.parametrize("typed", ["SK1 3XE", "sk13xe", " sk1  3xe ", "SK1-3XE"])
async def test_a_postcode_is_found_spaced_unspaced_and_padded(hold: Hold, typed: str) -> None:
    source = await hold(
        *({"forename": "Ann", "surname": "Li", "postcode": one} for one in ("SK1 3XE", "SK13XE", "sk1 3xe")),
        {"forename": "Ann", "surname": "Li", "postcode": "SK1 3XF"},
        {"forename": "Beth", "surname": "Li", "postcode": "SK1 3XE"},
        {"forename": "Beth", "surname": "Li", "postcode": ""},
    )
    assert await refs(source, Identifiers(given_name="Ada", family_name="Smith", postcode=typed)) == [
        "1", "2", "3"
    ]  # fmt: skip


async def test_a_postcode_alone_finds_nobody(hold: Hold) -> None:
    source = await hold({"forename": "Ada", "surname": "Smith", "postcode": "SK1 3XE"})
    assert await refs(source, Identifiers(postcode="SK1 3XE")) == []
    assert await refs(source, Identifiers(given_name="Ada", postcode="SK1")) == []
    assert await refs(source, Identifiers(family_name="Smith", postcode="SK1 3XE")) == ["1"]


async def test_a_fixed_width_column_is_compared_without_its_padding(hold: Hold, engine: str) -> None:
    types = {"surname": "char(30)", "postcode": "char(8)"} if engine in WITH_TYPES else {}
    source = await hold({"forename": "Ada", "surname": "Smith", "postcode": "SK1 3XE"}, types=types)
    (row,) = (await found(source, Identifiers(given_name="Ada", family_name="Smith"))).rows
    assert row.identifiers.family_name == "Smith"
    assert await refs(source, Identifiers(given_name="A", postcode="SK1 3XE")) == ["1"]


@pytest.mark.parametrize("kind", ["text", "bigint"])
async def test_an_nhs_number_is_found_with_and_without_spaces(hold: Hold, kind: str) -> None:
    numbers: list[object] = [9434765919, 9434765870] if kind == "bigint" else ["943 476 5919", "9434765919"]
    source = await hold(*({**A_STRANGER, "nhs": one} for one in numbers), A_STRANGER, types={"nhs": kind})
    expected = ["1"] if kind == "bigint" else ["1", "2"]
    assert await refs(source, Identifiers(nhs_number="9434765919")) == expected
    assert await refs(source, Identifiers(nhs_number="943 476 5919")) == expected
    assert await refs(source, Identifiers(nhs_number="943")) == []


async def test_a_pupil_number_is_found_by_itself_and_a_property_number_with_a_name(hold: Hold) -> None:
    source = await hold(
        {**A_STRANGER, "upn": "A123456789012"},
        {"forename": "Ada", "surname": "Li", "uprn": "100011234567"},
        {"forename": "Beth", "surname": "Li", "uprn": "100011234567"},
    )
    assert await refs(source, Identifiers(upn="a123456789012")) == ["1"]
    assert await refs(source, Identifiers(given_name="Ada", uprn="0100011234567")) == ["2"]
    assert await refs(source, Identifiers(uprn="100011234567")) == []


async def test_a_source_without_a_column_is_searched_by_the_others(hold: Hold) -> None:
    names = {"given_name": "forename", "family_name": {"column": "surname", "indexed": True}}
    source = await hold(
        {"forename": "Ada", "surname": "Smith"}, {"forename": "Bob", "surname": "Li"}, identifiers=names
    )
    assert await refs(source, ADA) == ["1"]
    assert await refs(source, Identifiers(nhs_number="9434765919", postcode="SK1 3XE")) == []


async def test_what_is_not_indexed_is_found_by_one_scan(hold: Hold) -> None:
    plain = {place: column for place, column in HOUSING["identifiers"].items() if place != "birth_date"}
    source = await hold(
        {"forename": "Ada", "surname": "Smith"},
        {**A_STRANGER, "dob": BORN},
        {**A_STRANGER, "nhs": "9434765919"},
        A_STRANGER,
        identifiers={**plain, "birth_date": "dob"},
    )
    everything = Identifiers("Ada", "Smith", birth_date=BORN, nhs_number="9434765919")
    assert await refs(source, everything) == ["1", "2", "3"]
