"""The statement: what reaches the source, and what never does."""

from __future__ import annotations

import re
from datetime import date
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.candidate_query import CandidateQuery, Question
from connectors.contract import Identifiers, Search
from connectors.dialects import Dialect, postgresql_dialect, sqlite_dialect
from connectors.rules import columns_to_index, probes
from tests.spec.connectors.engines import HOUSING, columns_needed, housing, search_for

DIALECTS = {"postgresql": postgresql_dialect(), "sqlite": sqlite_dialect()}
LETTERS = st.text(alphabet=st.characters(categories=["L"]), max_size=20)
NAMES = st.text(max_size=30)
PEOPLE = st.builds(
    Identifiers,
    given_name=st.none() | NAMES,
    family_name=st.none() | NAMES,
    birth_date=st.none() | st.dates(date(1900, 1, 1), date(2030, 1, 1)),
    postcode=st.none() | st.sampled_from(["SK1 3XE", "M1 1AE", "x"]),
    nhs_number=st.none() | st.just("9434765919"),
)
ADA = Identifiers("Ada", "Smith", birth_date=date(1985, 3, 7), postcode="SK1 3XE", nhs_number="9434765919")


def query_of(dialect: Dialect, **changed: Any) -> CandidateQuery:
    source = housing(**changed)
    return CandidateQuery(source, dict.fromkeys(columns_needed(source, []), "untyped"), dialect)


QUERIES = {name: query_of(dialect) for name, dialect in DIALECTS.items()}


def question(*people: Identifiers, dialect: str = "postgresql", **changed: Any) -> Question:
    query = query_of(DIALECTS[dialect], **changed) if changed else QUERIES[dialect]
    made = query.question(search_for(*people))
    assert made is not None
    return made


@pytest.mark.parametrize("dialect", DIALECTS)
@given(given_name=LETTERS, family_name=NAMES)
def test_the_text_of_a_statement_depends_on_no_value(dialect: str, given_name: str, family_name: str) -> None:
    typed = Identifiers(
        f"Al{given_name}", f"S{family_name}", birth_date=date(1999, 9, 9), postcode="M1 1AE",
        nhs_number="4010232137",
    )  # fmt: skip
    assert question(typed, dialect=dialect).text == question(ADA, dialect=dialect).text


@pytest.mark.parametrize("dialect", DIALECTS)
@settings(max_examples=40)  # each may render a statement of its own
@given(people=st.lists(PEOPLE, max_size=6))
def test_every_parameter_is_bound_and_no_value_stands_in_the_text(
    dialect: str, people: list[Identifiers]
) -> None:
    made = QUERIES[dialect].question(search_for(*people))
    if made is not None:
        marks = re.findall(r"\$\d+" if dialect == "postgresql" else r"\?", made.text)
        assert len(marks) == len(made.values)
        literals = re.findall(r"'[^']*'", made.text)
        assert set(literals) <= {"'application_name'"}


@pytest.mark.parametrize("dialect", DIALECTS)
def test_no_function_touches_a_column_but_to_narrow_down_what_an_index_found(dialect: str) -> None:
    text = question(ADA, dialect=dialect).text
    assert set(re.findall(r"(\w+)\s*\(", text)) <= {
        "ANY", "AND", "FROM", "IN", "OR", "WHERE", "json_each", "set_config", "substr",
    }  # fmt: skip
    assert set(re.findall(r"substr\(r\.(\S+),", text)) <= {'"forename"'}


def test_an_indexed_source_is_looked_up_and_another_is_scanned_once() -> None:
    unindexed = {**HOUSING["identifiers"], "postcode": "postcode"}
    assert " UNION " in question(ADA).text
    scan = question(ADA, identifiers=unindexed).text
    assert " UNION " not in scan
    assert scan.count("FROM tenancy") + scan.count('FROM "tenancy"') == 1


def test_a_source_says_which_index_would_spare_it_the_scan() -> None:
    assert columns_to_index(housing()) == ()
    identifiers = {**HOUSING["identifiers"], "postcode": "postcode", "other_family_names": ["maiden_name"]}
    assert columns_to_index(housing(identifiers=identifiers)) == ("maiden_name", "postcode")


def test_only_the_columns_that_the_search_needs_are_selected() -> None:
    assert question(ADA).columns == (
        "ref", "forename", "surname", "maiden_name", "dob", "sex", "address", "postcode", "uprn", "nhs", "upn",
        "category", "shielded",
    )  # fmt: skip
    made = query_of(DIALECTS["sqlite"]).question(search_for(ADA, involvement=["ended", "contact"]))
    assert made is not None
    assert {"ended", "officer", "officer_phone"} <= set(made.columns)
    assert not {"started", "seen", "status"} & set(made.columns)
    selected = made.text.partition("FROM")[0]
    assert "started" not in selected


def test_a_family_of_one_surname_asks_for_it_once() -> None:
    ada, bob = Identifiers("Ada", "Smith"), Identifiers("Bob", "Smith")
    apart, together = probes(search_for(ada), housing()), probes(search_for(ada, bob), housing())
    by_surname = [
        one
        for one in together
        if one.comparisons[0].column.column == "surname" and one.comparisons[1].how == "begins"
    ]
    assert len(by_surname) == 1
    assert by_surname[0].comparisons[1].values == ("A", "B", "a", "b")
    assert len(together) < 2 * len(apart)


def test_the_order_of_people_changes_nothing_in_the_text() -> None:
    bob = Identifiers("Bob", "Jones", postcode="M1 1AE")
    assert question(ADA, bob).text == question(bob, ADA).text


def test_a_name_with_quotes_reaches_the_source_as_a_value_only() -> None:
    sly = Identifiers("Robert'); DROP TABLE tenancy;--", 'Smith"; --', birth_date=date(1985, 3, 7))
    assert "DROP" not in question(sly).text
    assert "DROP" not in question(sly, dialect="sqlite").text


def test_a_search_tells_nothing_of_anyone_when_printed() -> None:
    search = search_for(ADA, also_called=[["Adelaide"]])
    printed = repr(search) + repr(question(ADA)) + repr(probes(search, housing()))
    assert not {
        word for word in ("Ada", "ADA", "Smith", "1985", "SK1", "9434", "Adelaide") if word in printed
    }


def test_also_called_has_an_entry_for_each_person() -> None:
    with pytest.raises(ValueError, match="an entry for each"):
        Search("q-1", (ADA,), frozenset(), 1.0, ((), ()))


@given(st.lists(PEOPLE, min_size=1, max_size=3), st.lists(PEOPLE, max_size=3))
def test_what_one_source_worked_out_is_what_the_next_would(
    people: list[Identifiers], others: list[Identifiers]
) -> None:
    sources = [housing(), housing(stored_case="upper")]
    shared: dict[Any, Any] = {}
    for some in (others, people):
        for source in sources:
            search = Search("q-1", tuple(some), frozenset(), 5.0, worked_out=shared)
            assert probes(search, source) == probes(Search("q-1", tuple(some), frozenset(), 5.0), source)
