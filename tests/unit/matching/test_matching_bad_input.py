"""Whatever is typed or stored, and however many rows come: a defined grade, and nothing raises."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from string import ascii_lowercase

import pytest

from broker.matching.columns import columns_of
from broker.matching.grades import Grade
from broker.matching.group import group
from broker.matching.match import match
from connectors.contract import Candidate, Identifiers

BORN = date(2012, 3, 7)
SARAH = Identifiers(
    given_name="Sarah", family_name="Smith", birth_date=BORN, address="12 Mill Lane", postcode="SK3 8AB"
)
MANY = 10_000


def letters(number: int) -> str:
    return "".join(ascii_lowercase[number // 26**place % 26] for place in range(3))


rows: dict[str, Callable[[int], Identifiers]] = {
    "all the same": lambda _: SARAH,
    "one name": lambda n: Identifiers(
        given_name="Sarah", family_name="Smith", birth_date=BORN + timedelta(days=n)
    ),
    "one birth date": lambda n: Identifiers(
        given_name=f"Sarah{letters(n)}", family_name=f"Smith{letters(n % 97)}", birth_date=BORN
    ),
    "one number": lambda n: Identifiers(given_name=letters(n), family_name="Smith", nhs_number="9434765919"),
    "new year's day": lambda n: Identifiers(
        given_name=letters(n), family_name="Smith", birth_date=date(1990, 1, 1), postcode="SK3 8AB"
    ),
    "all different": lambda n: Identifiers(
        given_name=letters(n), family_name=letters(n * 7), birth_date=date(1950, 1, 2) + timedelta(days=n)
    ),
}


@pytest.mark.parametrize("kind", rows)
def test_ten_thousand_candidates_give_defined_grades(kind: str) -> None:
    stored = [Candidate(str(number), rows[kind](number)) for number in range(MANY)]
    hits = match([SARAH], stored, MANY)[0]
    assert len(hits) < MANY
    assert {hit.grade for hit in hits} <= {Grade.CERTAIN, Grade.PROBABLE, Grade.POSSIBLE}


def test_ten_thousand_records_of_one_person_are_one_hit() -> None:
    stored = [Candidate(str(number), SARAH) for number in range(MANY)]
    (hit,) = match([SARAH], stored, MANY)[0]
    assert hit.grade is Grade.CERTAIN
    assert len(hit.rows) == MANY


def test_a_birth_date_that_fills_a_field_joins_nobody_by_other_forms_of_names() -> None:
    forms = [
        Candidate("a", Identifiers("Kate", "Smith", (), BORN)),
        Candidate("b", Identifiers("Katie", "Smith", (), BORN)),
    ]
    others = [Candidate(str(n), Identifiers(f"G{letters(n)}", "Smith", (), BORN)) for n in range(200)]
    assert len(group(columns_of(forms), range(2))) == 1
    assert len(group(columns_of([*forms, *others]), range(202))) == 202


@pytest.mark.parametrize(
    "typed",
    [
        Identifiers(given_name="", family_name=""),
        Identifiers(given_name="x", family_name="y"),
        Identifiers(given_name="J", family_name="S", birth_date=BORN),
        Identifiers(given_name="a" * 500, family_name="b" * 500, birth_date=BORN, address="c " * 400),
        Identifiers(given_name="😀" * 40, family_name="\u202eمُحَمَّد", birth_date=BORN),
        Identifiers(given_name="Baby", family_name="Unknown", birth_date=BORN),
        Identifiers(given_name="TBC", family_name="Do not use", birth_date=BORN),
        Identifiers(given_name="Sarah", family_name="Smith", birth_date=date(2099, 1, 1)),
        Identifiers(given_name="Sarah", family_name="Smith", birth_date=date(1900, 1, 1)),
        Identifiers(given_name="Sarah", family_name="Smith", birth_date=date.max),
    ],
    ids=lambda one: (one.given_name or "nothing")[:8],
)
def test_odd_input_is_never_shown_a_stranger(typed: Identifiers) -> None:
    created = Candidate("created", Identifiers("Ann", "Other", (), BORN), started=BORN)
    stored = [Candidate("1", SARAH), created, Candidate("2", typed)]
    for hit in match([typed], stored, 270_000)[0]:
        own = any(row.local_key == "2" for row in hit.rows)
        assert hit.grade is Grade.POSSIBLE or own
