"""Which rows come back for a name, as people type it and as services store it."""

from __future__ import annotations

from datetime import date

import pytest

from connectors.contract import Identifiers
from tests.spec.connectors.conftest import Hold
from tests.spec.connectors.engines import refs

SURNAMES_TYPED_AND_STORED = [
    ("Smith", "Smith"),
    ("smith", "SMITH"),
    ("SMITH", "smith"),
    ("O'Brien", "O’Brien"),
    ("O’Brien", "OBRIEN"),
    ("O'Brien", "O Brien"),
    ("OBrien", "O'Brien"),
    ("o brien", "O'Brien"),
    ("mcdonald", "McDonald"),
    ("McDonald", "Mc Donald"),
    ("Mac Kay", "MACKAY"),
    ("Smith-Jones", "Smith Jones"),
    ("Smith-Jones", "SmithJones"),
    ("Smith Jones", "Smith-Jones"),
    ("Smith-Jones", "Jones"),
    ("Smith-Jones", "SMITH"),
    ("van der Berg", "VANDERBERG"),
    ("van der Berg", "Berg"),
    ("Núñez", "Nunez"),
    ("Nun\u0303ez", "Nu\u00f1ez"),  # a letter and its mark, typed apart
    ("Núñez", "Nu\u0301n\u0303ez"),  # and stored apart
    ("Müller", "Mueller"),
    ("Ødegård", "ODEGARD"),
    ("Łukaszewski", "Lukaszewski"),
    ("محمد", "محمد"),
    ("Гагарин", "ГАГАРИН"),
    ("李", "李"),
    ("ਸਿੰਘ", "ਸਿੰਘ"),
    ("Robert'); DROP TABLE tenancy;--", "Robert'); DROP TABLE tenancy;--"),
    ('Say "hello"', 'Say "hello"'),
    ("Back\\slash", "Back\\slash"),
    ("  Smith  ", "Smith"),
]


@pytest.mark.parametrize(("typed", "stored"), SURNAMES_TYPED_AND_STORED)
async def test_a_surname_is_found_as_it_is_stored(hold: Hold, typed: str, stored: str) -> None:
    source = await hold(
        {"forename": "Ada", "surname": stored},
        {"forename": "Ada", "surname": "Somebody-Else"},
        {"forename": "Ada", "surname": None},
        {"forename": "Ada", "surname": ""},
    )
    assert await refs(source, Identifiers(given_name="Ada", family_name=typed)) == ["1"]


async def test_a_surname_needs_the_given_names_initial(hold: Hold) -> None:
    source = await hold(
        {"forename": "Ada", "surname": "Smith"},
        {"forename": "A", "surname": "Smith"},
        {"forename": "amelia", "surname": "Smith"},
        {"forename": "Beth", "surname": "Smith"},
        {"forename": None, "surname": "Smith"},
        {"forename": "", "surname": "Smith"},
    )
    assert await refs(source, Identifiers(given_name="Ada", family_name="Smith")) == ["1", "2", "3"]


async def test_every_part_of_a_double_given_name_and_every_nickname_counts(hold: Hold) -> None:
    source = await hold(
        {"forename": "Jane", "surname": "Smith"},
        {"forename": "Elizabeth", "surname": "Smith"},
        {"forename": "Zoe", "surname": "Smith"},
    )
    mary_jane = Identifiers(given_name="Mary-Jane", family_name="Smith")
    liz = Identifiers(given_name="Liz", family_name="Smith")
    assert await refs(source, mary_jane) == ["1"]
    assert await refs(source, liz) == []
    assert await refs(source, liz, also_called=[["Elizabeth", "Beth"]]) == ["2"]


async def test_a_given_name_in_any_script_has_an_initial(hold: Hold) -> None:
    source = await hold(
        {"forename": "Éloïse", "surname": "Roux"},
        {"forename": "Eloise", "surname": "Roux"},
        {"forename": "فاطمة", "surname": "Roux"},
    )
    assert await refs(source, Identifiers(given_name="Éloïse", family_name="Roux")) == ["1", "2"]
    assert await refs(source, Identifiers(given_name="فاطمة", family_name="Roux")) == ["3"]


async def test_former_family_names_are_looked_for_on_both_sides(hold: Hold) -> None:
    source = await hold(
        {"forename": "Ada", "surname": "Smith", "maiden_name": "Byron"},
        {"forename": "Ada", "surname": "Byron"},
        {"forename": "Ada", "surname": "King"},
    )
    assert await refs(source, Identifiers(given_name="Ada", family_name="Byron")) == ["1", "2"]
    married = Identifiers(given_name="Ada", family_name="King", other_family_names=("Byron",))
    assert await refs(source, married) == ["1", "2", "3"]


async def test_names_in_each_others_column_are_found(hold: Hold) -> None:
    source = await hold({"forename": "SMITH", "surname": "Ada"}, {"forename": "Jones", "surname": "Ada"})
    assert await refs(source, Identifiers(given_name="Ada", family_name="Smith")) == ["1"]


async def test_typed_wildcards_find_nothing_more(hold: Hold) -> None:
    source = await hold(
        {"forename": "Ada", "surname": "Smith"},
        {"forename": "Ada", "surname": "Smithers"},
        {"forename": "Bob", "surname": "Smith"},
    )
    assert await refs(source, Identifiers(given_name="%da", family_name="Smith%")) == []
    assert await refs(source, Identifiers(given_name="A%", family_name="Smith*")) == ["1"]
    assert await refs(source, Identifiers(given_name="%", family_name="_mith")) == []
    assert await refs(source, Identifiers(given_name="*", family_name="Smith")) == []


async def test_only_the_stored_case_is_asked_for_where_the_file_names_it(hold: Hold) -> None:
    source = await hold(
        {"forename": "ADA", "surname": "O'BRIEN"},
        {"forename": "Ada", "surname": "O'Brien"},
        stored_case="upper",
    )
    assert await refs(source, Identifiers(given_name="Ada", family_name="O'Brien")) == ["1"]


async def test_a_family_name_alone_finds_nobody(hold: Hold) -> None:
    """It would be everyone of that name; more has to be typed."""
    source = await hold({"forename": "Ada", "surname": "Smith"}, {"surname": "Smith"})
    assert await refs(source, Identifiers(family_name="Smith")) == []
    assert await refs(source, Identifiers()) == []
    assert await refs(source) == []


async def test_several_people_are_found_in_one_question(hold: Hold) -> None:
    source = await hold(
        {"forename": "Ada", "surname": "Smith"},
        {"forename": "Bob", "surname": "Smith"},
        {"forename": "Cy", "surname": "Jones", "dob": date(1990, 1, 2)},
        {"forename": "Ada", "surname": "Jones"},
        {"forename": "Dot", "surname": "Smith"},
    )
    ada = Identifiers(given_name="Ada", family_name="Smith")
    bob = Identifiers(given_name="Bob", family_name="Smith")
    cy = Identifiers(given_name="Cyril", family_name="Evans", birth_date=date(1990, 1, 2))
    assert await refs(source, ada, bob, cy) == ["1", "2", "3"]
