"""What a candidate holds: which columns are read, and what becomes of their values."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from connectors.contract import Candidate, Connector, Contact, Identifiers, SourceMisfit
from tests.spec.connectors.conftest import WITH_TYPES, Hold
from tests.spec.connectors.engines import HOUSING, found, refs

ADA = Identifiers(given_name="Ada", family_name="Smith")
NAMED = {"forename": "Ada", "surname": "Smith"}
EVERYTHING = ("started", "ended", "last_contact", "status", "contact")


async def only(source: Connector, *involvement: str) -> Candidate:
    (row,) = (await found(source, ADA, involvement=involvement)).rows
    return row


async def test_a_whole_row_is_read(hold: Hold) -> None:
    source = await hold(
        {
            "ref": "T-1", "forename": "Ada", "surname": "Smith", "maiden_name": "Byron",
            "dob": date(1985, 3, 7), "sex": "F", "address": "4 Mill Lane", "postcode": "SK1 3XE",
            "uprn": "100011234567", "nhs": "943 476 5919", "upn": "A123456789012",
            "started": date(2019, 4, 1), "ended": date(2021, 5, 2), "seen": date(2021, 4, 30), "status": "F",
            "officer": "Pat Quayle", "officer_phone": "0161 496 0123", "category": "secure", "shielded": "N",
        }
    )  # fmt: skip
    assert await only(source, *EVERYTHING) == Candidate(
        local_key="T-1",
        identifiers=Identifiers(
            "Ada", "Smith", ("Byron",), date(1985, 3, 7), None, "female", "4 Mill Lane", "SK1 3XE",
            "100011234567", "943 476 5919", "A123456789012",
        ),
        started=date(2019, 4, 1),
        ended=date(2021, 5, 2),
        last_contact=date(2021, 4, 30),
        status="former",
        contact=Contact(name="Pat Quayle", phone="0161 496 0123"),
        gates={"category": "secure"},
        restricted=False,
    )  # fmt: skip


async def test_empty_and_blank_values_are_missing(hold: Hold) -> None:
    blank = dict.fromkeys(
        ["maiden_name", "sex", "address", "postcode", "status", "category", "officer"], "  "
    )
    source = await hold(NAMED | blank)
    row = await only(source, *EVERYTHING)
    assert row.identifiers == ADA
    assert (row.status, row.contact, row.gates, row.restricted) == (
        None,
        Contact(),
        {"category": None},
        False,
    )


@pytest.mark.parametrize(
    ("written", "text"),
    [("iso_text", "2019-04-01"), ("dmy_text", "01/04/2019"), ("compact_text", "20190401")],
)
async def test_dates_are_read_in_the_format_of_their_column(hold: Hold, written: str, text: str) -> None:
    columns = {
        "started": {"column": "started", "format": written},
        "ended": {"column": "ended", "format": written},
    }
    source = await hold(NAMED | {"started": text, "ended": " "}, involvement=columns)
    row = await only(source, "started", "ended")
    assert (row.started, row.ended) == (date(2019, 4, 1), None)


async def test_an_involvement_date_that_is_none_is_a_misfit_and_is_not_quoted(hold: Hold) -> None:
    source = await hold(
        NAMED | {"ended": "31/02/2020"}, involvement={"ended": {"column": "ended", "format": "dmy_text"}}
    )
    with pytest.raises(SourceMisfit, match=r"'/?ended' holds a value that is no date") as raised:
        await only(source, "ended")
    assert "31/02" not in str(raised.value)
    assert (await only(source)).ended is None  # and it does no harm where it is not needed


async def test_an_unreadable_birth_date_is_missing(hold: Hold) -> None:
    born = {"column": "dob", "format": "dmy_text", "indexed": True}
    source = await hold(
        NAMED | {"dob": "not known"}, identifiers={**HOUSING["identifiers"], "birth_date": born}
    )
    assert (await only(source)).identifiers.birth_date is None


async def test_only_what_the_search_names_is_read_of_an_involvement(hold: Hold) -> None:
    full = {"started": date(2019, 4, 1), "ended": date(2021, 5, 2), "seen": date(2021, 4, 30), "status": "F"}
    source = await hold(NAMED | full | {"officer": "Pat Quayle", "category": "secure", "shielded": "Y"})
    bare = await only(source)
    assert (bare.started, bare.ended, bare.last_contact, bare.status) == (None, None, None, None)
    assert bare.contact == Contact()
    assert (bare.gates, bare.restricted) == ({"category": "secure"}, True)  # always read: they withhold
    assert (await only(source, "contact")).contact.name == "Pat Quayle"
    assert (await only(source, "ended")).ended == date(2021, 5, 2)


async def test_a_code_without_a_meaning_means_nothing(hold: Hold) -> None:
    source = await hold(NAMED | {"status": "X", "sex": "9"}, sex_codes={"1": "male", "2": "female"})
    row = await only(source, "status")
    assert (row.status, row.identifiers.sex) == (None, None)


async def test_sex_codes_are_the_files_own(hold: Hold) -> None:
    source = await hold(NAMED | {"sex": "2 "}, sex_codes={"1": "male", "2": "female"})
    assert (await only(source)).identifiers.sex == "female"


@pytest.mark.parametrize(
    ("stored", "missing", "restricted"),
    [("Y", False, True), ("y ", False, True), ("N", False, False), (None, False, False), ("", True, True)],
)
async def test_restricted_people_are_marked(
    hold: Hold, stored: str | None, missing: bool, restricted: bool
) -> None:
    rule = {"column": "shielded", "values": ["Y"], "missing": missing}
    source = await hold(NAMED | {"shielded": stored}, restricted=rule)
    assert (await only(source)).restricted is restricted


@pytest.mark.parametrize("flag", ["staff", "protected_location"])
async def test_records_of_staff_and_of_protected_households_are_marked(hold: Hold, flag: str) -> None:
    rule = {flag: {"column": "category", "values": ["S"]}}
    marked = await only(await hold(NAMED | {"category": "s"}, **rule))
    other = await only(await hold(NAMED | {"category": None}, **rule))
    assert (getattr(marked, flag), getattr(other, flag), marked.restricted) == (True, False, False)


async def test_a_flag_column_can_say_who_is_restricted(hold: Hold, engine: str) -> None:
    types = {"shielded": "boolean", "category": "boolean"} if engine in WITH_TYPES else {}
    source = await hold(NAMED | {"shielded": "true", "category": "false"}, types=types)
    row = await only(source)
    assert (row.restricted, row.gates) == (True, {"category": "false"})


COHORTS: list[tuple[dict[str, Any], list[str]]] = [
    ({"column": "stage", "only": ["open", "closed"]}, ["1", "2"]),
    ({"column": "stage", "never": ["planned", "cancelled"]}, ["1", "2", "4"]),
]


@pytest.mark.parametrize(("cohort", "in_scope"), COHORTS)
@pytest.mark.parametrize("indexed", [True, False])
async def test_rows_out_of_the_cohort_are_never_read(
    hold: Hold, cohort: dict[str, Any], in_scope: list[str], indexed: bool
) -> None:
    surname = {"column": "surname", "indexed": indexed}
    rows = [{**NAMED, "stage": stage} for stage in ("open", "closed", "planned", None, "cancelled")]
    source = await hold(*rows, cohort=cohort, identifiers={**HOUSING["identifiers"], "family_name": surname})
    assert await refs(source, ADA) == in_scope


@pytest.mark.parametrize(
    ("kind", "values", "named"), [("integer", [1, 2], "1"), ("boolean", ["true", "false"], "true")]
)
async def test_a_cohort_may_be_a_flag_or_a_number(
    hold: Hold, engine: str, kind: str, values: list[object], named: str
) -> None:
    types = {"stage": kind} if engine in WITH_TYPES or kind == "integer" else {}
    rows = [{**NAMED, "stage": value} for value in values]
    assert await refs(await hold(*rows, types=types, cohort={"column": "stage", "only": [named]}), ADA) == [
        "1"
    ]
    assert await refs(await hold(*rows, types=types, cohort={"column": "stage", "never": [named]}), ADA) == [
        "2"
    ]


CAPS = [
    (101, 0, False),  # whoever withholds rows counts what is left against the source's cap
    (100, 300, False),
    (401, 0, True),  # but nobody reads without end
    (0, 401, True),
]


@pytest.mark.parametrize(("plain", "restricted", "capped"), CAPS)
async def test_rows_are_read_up_to_a_multiple_of_the_cap(
    hold: Hold, plain: int, restricted: int, capped: bool
) -> None:
    rows = [NAMED] * plain + [NAMED | {"shielded": "Y"}] * restricted
    source = await hold(*rows, row_cap=100)
    candidates = await found(source, ADA)
    assert (len(candidates.rows), candidates.capped) == (min(plain + restricted, 400), capped)


async def test_a_row_that_several_rules_find_comes_back_once(hold: Hold) -> None:
    source = await hold(NAMED | {"dob": date(1985, 3, 7), "postcode": "SK1 3XE", "nhs": "9434765919"})
    everything = Identifiers(
        "Ada", "Smith", birth_date=date(1985, 3, 7), postcode="SK1 3XE", nhs_number="9434765919"
    )
    assert await refs(source, everything) == ["1"]


async def test_columns_of_any_name_are_quoted(hold: Hold) -> None:
    identifiers = {"given_name": "First Name", "family_name": {"column": 'select "x"--', "indexed": True}}
    rows = {"First Name": "Ada", 'select "x"--': "Smith"}
    source = await hold(rows, identifiers=identifiers)
    assert await refs(source, ADA) == ["1"]


async def test_a_row_without_a_local_key_is_a_misfit(hold: Hold) -> None:
    source = await hold(NAMED | {"ref": None})
    with pytest.raises(SourceMisfit, match="no local key"):
        await refs(source, ADA)


async def test_nothing_of_a_person_is_printed(hold: Hold) -> None:
    source = await hold(NAMED | {"address": "4 Mill Lane"})
    printed = repr(await found(source, ADA)) + repr(await only(source))
    assert not {word for word in ("Ada", "Smith", "Mill") if word in printed}
