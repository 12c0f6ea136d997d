"""Oneself, one's household, a colleague: by what was typed, and what token and staff directory say."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from broker.audit.watching.ties import full_names
from broker.conflicts.ties import Tie, tie
from broker.questions import Requester
from connectors.contract import Identifiers

TODAY = date(2026, 6, 1)
ME = Requester(
    "lw-1",
    "Samira Okafor-Lindqvist",
    "Littleworth",
    frozenset(),
    birth_date=date(1988, 4, 9),
    postcode="LW2 5XY",
)
STAFF = frozenset(full for name in ("Pat Quayle", "Delacroix, Ines María") for full in full_names(name))


def typed(given: str | None, family: str | None, born: date | None = None, **other: object) -> Identifiers:
    return Identifiers(given_name=given, family_name=family, birth_date=born, **other)  # type: ignore[arg-type]


OWN = typed("Samira", "Okafor-Lindqvist", ME.birth_date)
A_YEAR = (date(1988, 1, 1), date(1988, 12, 31))


@pytest.mark.parametrize(
    ("person", "expected"),
    [
        (OWN, "own_record"),
        (replace(OWN, family_name="Lindqvist"), "own_record"),
        (replace(OWN, given_name="  SAMIRA ", family_name="okafor lindqvist"), "own_record"),
        (typed("Okafor-Lindqvist", "Samira", ME.birth_date), "own_record"),
        (replace(OWN, family_name="Marsh", other_family_names=("Okafor-Lindqvist",)), "own_record"),
        (typed("Samira", "Okafor-Lindqvist", born_between=A_YEAR), "own_record"),
        (typed("Samira", "Okafor-Lindqvist", postcode="lw25xy"), "own_record"),
        (typed("Samira", "Okafor-Lindqvist"), "own_name"),
        (typed("Samira", "Okafor-Lindqvist", date(1951, 2, 3)), None),
        (typed("Samira", "Okafor-Lindqvist", date(2019, 2, 3), postcode="LW2 5XY"), "own_household"),
        (typed("Noor", "Lindqvist", date(2019, 2, 3), postcode="LW2 5XY"), "own_household"),
        (typed("Noor", "Lindqvist", date(2019, 2, 3)), None),
        (typed("Noor", "Marsh", date(2019, 2, 3), postcode="LW2 5XY"), None),
        (typed("Noor", "Lindqvist", date(2019, 2, 3), postcode="LW2"), None),
        (typed("Pat", "Quayle"), "colleague"),
        (typed("Pat", "Quayle", date(1970, 1, 2)), "colleague"),
        (typed("Pat", "Quayle", date(2019, 1, 2)), None),
        (typed("Ines", "Delacroix"), "colleague"),
        (typed("Pat", "Quill"), None),
        (Identifiers(nhs_number="9990000018"), None),
        (Identifiers(), None),
    ],
    ids=str,
)
def test_a_tie_is_seen_in_what_was_typed(person: Identifiers, expected: Tie | None) -> None:
    assert tie(person, ME, STAFF, TODAY) == expected


def test_of_a_requester_of_whom_the_token_says_nothing_no_birth_date_is_guessed() -> None:
    unknown = replace(ME, birth_date=None, postcode=None)
    assert tie(OWN, unknown, STAFF, TODAY) == "own_name"
    assert tie(typed("Noor", "Lindqvist", postcode="LW2 5XY"), unknown, STAFF, TODAY) is None


def test_a_requester_who_is_called_by_their_account_alone_is_tied_to_nobody_by_name() -> None:
    assert tie(OWN, replace(ME, name="u-7"), frozenset(), TODAY) is None


NAMES = st.text(max_size=12) | st.sampled_from(["Samira", "Okafor-Lindqvist", "Pat", "Quayle", "-", "'"])


@given(NAMES, NAMES, st.none() | st.dates(date(1890, 1, 1), TODAY), NAMES, NAMES)
def test_whatever_is_typed_and_claimed_there_is_an_answer(
    given_name: str, family_name: str, born: date | None, postcode: str, name: str
) -> None:
    person = Identifiers(given_name=given_name, family_name=family_name, birth_date=born, postcode=postcode)
    assert tie(person, replace(ME, name=name, postcode=postcode), STAFF, TODAY) in {
        None,
        "own_record",
        "own_name",
        "own_household",
        "colleague",
    }


@given(st.dates(date(1930, 1, 1), date(2007, 1, 1)), st.integers(0, 2))
def test_oneself_is_oneself_by_the_day_the_month_or_the_year(born: date, known: int) -> None:
    me = replace(ME, birth_date=born)
    of_month = (born.replace(day=1), born.replace(day=28) if born.day <= 28 else born)
    of_year = (date(born.year, 1, 1), date(born.year, 12, 31))
    person = [
        replace(OWN, birth_date=born),
        replace(OWN, birth_date=None, born_between=of_month),
        replace(OWN, birth_date=None, born_between=of_year),
    ][known]
    assert tie(person, me, STAFF, TODAY) == "own_record"
