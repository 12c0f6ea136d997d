"""Tags: one person under many spellings is found again, and nobody is named."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from broker.audit.tags import TagKeys
from connectors.contract import Identifiers
from tests.unit.audit.audit_samples import ANNA

KEYS = TagKeys(bytes(32))
OTHER_EPOCH = TagKeys(bytes([1]) * 32)

names = st.text(st.characters(codec="utf-8"), min_size=1, max_size=12) | st.sampled_from(
    ["Anna", "Ngọc Anh", "O'Brien-Smith", "محمد", "Zoë", "李"]
)
whole_people = st.builds(
    Identifiers,
    given_name=st.sampled_from(["Anna", "Elizabeth", "Ngọc Anh", "محمد"]),
    family_name=st.sampled_from(["Thistlewood", "O'Brien-Smith", "Nguyễn", "李"]),
    birth_date=st.dates(date(1930, 1, 2), date(2026, 1, 1)),
    nhs_number=st.sampled_from([None, "9990000018"]),
    postcode=st.sampled_from([None, "NS1 4AB"]),
)


def meet(one: Identifiers, other: Identifiers) -> bool:
    return not set(KEYS.person(one)).isdisjoint(KEYS.person(other))


@given(whole_people, st.data())
def test_queries_for_one_person_that_differ_in_one_identifier_share_a_tag(
    person: Identifiers, data: st.DataObject
) -> None:
    changes: dict[str, st.SearchStrategy[Any]] = {
        "given_name": st.none() | names,
        "family_name": st.none() | names,
        "other_family_names": st.lists(names, max_size=2).map(tuple),
        "birth_date": st.none() | st.dates(),
        "sex": st.sampled_from([None, "female"]),
        "address": st.none() | names,
        "postcode": st.none() | names,
        "nhs_number": st.sampled_from([None, "9990000026"]),
        "upn": st.sampled_from([None, "A123456789012"]),
    }
    field = data.draw(st.sampled_from(sorted(changes)))
    assert meet(person, replace(person, **{field: data.draw(changes[field])}))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"given_name": "Elizabeth"}, {"given_name": "Liz"}),
        ({"given_name": "Katherine"}, {"given_name": "Catherine"}),
        ({"family_name": "Smith"}, {"family_name": "Smyth"}),
        ({"family_name": "Smith-Jones"}, {"family_name": "Jones"}),
        ({"family_name": "O'Brien"}, {"family_name": "OBRIEN"}),
        ({"family_name": "Nguyễn"}, {"family_name": "Nguyen"}),
        ({"given_name": "Anne-Marie"}, {"given_name": "Anne"}),
        ({"given_name": "Mrs Anna"}, {"given_name": "Anna"}),
        ({"family_name": "Thistlewood"}, {"family_name": "Thislewodo"}),
    ],
)
def test_spellings_of_a_name_meet_even_without_a_birth_date(
    one: dict[str, str], other: dict[str, str]
) -> None:
    bare = Identifiers(given_name="Anna", family_name="Thistlewood")
    assert meet(replace(bare, **one), replace(bare, **other))  # type: ignore[arg-type]


def test_swapped_names_meet_by_the_birth_date() -> None:
    assert meet(
        ANNA, replace(ANNA, given_name="Thistlewood", family_name="Anna", nhs_number=None, postcode=None)
    )


def test_a_changed_family_name_meets_by_given_name_and_place() -> None:
    before = Identifiers(given_name="Anna", family_name="Thistlewood", postcode="NS1 4AB")
    assert meet(before, replace(before, family_name="Quorn"))


def test_others_of_the_household_are_other_people() -> None:
    mother = Identifiers(
        given_name="Emma",
        family_name="Thistlewood",
        birth_date=date(1988, 5, 4),
        address="4 Mill Lane",
        postcode="NS1 4AB",
    )
    father = replace(mother, given_name="Gareth", birth_date=date(1987, 1, 2))
    assert not meet(mother, father)


def test_stopgaps_bring_nobody_together() -> None:
    one = Identifiers(
        given_name="Baby", family_name="Quorn", birth_date=date(1900, 1, 1), nhs_number="0000000000"
    )
    other = Identifiers(
        given_name="Baby", family_name="Tansy", birth_date=date(1900, 1, 1), nhs_number="0000000000"
    )
    assert not meet(one, other)


@given(
    st.builds(
        Identifiers,
        **{f: st.none() | st.text(max_size=8) for f in ("given_name", "family_name", "address", "uprn")},
    )
)
def test_any_text_has_tags_also_half_a_surrogate_pair(person: Identifiers) -> None:
    assert all(len(tag) == 16 for tag in (*KEYS.person(person), *KEYS.key_tags(person)))
    assert len(KEYS.case((person.given_name or "") + "\ud83d")) == len(KEYS.requester("\udc00")) == 16


def test_tags_of_one_epoch_say_nothing_of_those_of_another() -> None:
    assert set(KEYS.person(ANNA)).isdisjoint(OTHER_EPOCH.person(ANNA))


def test_one_value_under_two_types_has_two_tags() -> None:
    assert KEYS.tag("upn", "9990000018") != KEYS.tag("nhs number", "9990000018")
    assert KEYS.requester("ns 4711") != KEYS.case("ns 4711")


def test_a_case_is_one_however_its_reference_is_written() -> None:
    assert KEYS.case("NS/4711") == KEYS.case(" ns 4711 ")


def test_a_key_is_kept_under_what_stands_for_one_person_alone() -> None:
    number, *names_and_date = KEYS.key_tags(ANNA)
    assert KEYS.key_tags(Identifiers(nhs_number="999 000 0018")) == (number,)
    assert KEYS.key_tags(replace(ANNA, nhs_number=None)) == tuple(names_and_date)
    assert len(KEYS.key_tags(replace(ANNA, other_family_names=("Quorn",)))) == 3


def test_who_is_named_without_a_birth_date_shares_a_key_only_with_the_same_words() -> None:
    bare = Identifiers(given_name="Anna", family_name="Thistlewood")
    assert KEYS.key_tags(bare) == KEYS.key_tags(replace(bare, given_name="ANNA"))
    assert KEYS.key_tags(bare) != KEYS.key_tags(replace(bare, given_name="Ada"))
    assert set(KEYS.key_tags(bare)).isdisjoint(KEYS.key_tags(ANNA))


def test_keys_do_not_show_in_a_repr() -> None:
    KEYS.requester("u-1")
    assert repr(KEYS) == "TagKeys()"
