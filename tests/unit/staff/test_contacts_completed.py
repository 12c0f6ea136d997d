"""What becomes of a contact, given what the staff directory knows of it."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from broker.staff.complete import Completed, completed
from broker.staff.entries import Entry, Known, digits
from connectors.contract import Contact

TEXTS = st.none() | st.text(min_size=1, max_size=8)
NUMBERS = st.none() | st.sampled_from(["01632 960001", "01632 960002", "07700 900001", "+44 7700 900001"])
CONTACTS = st.builds(Contact, TEXTS, TEXTS, TEXTS, NUMBERS, TEXTS, TEXTS)
ENTRIES = st.builds(
    Entry, TEXTS, TEXTS, TEXTS, TEXTS, NUMBERS, TEXTS,
    st.lists(NUMBERS.filter(bool), max_size=2).map(tuple), st.booleans(), st.booleans(),
)  # fmt: skip

SAM = Contact("Sam Okafor", "Social worker", "North team", "01632 960001")
LISTED = Entry(
    name="Sam Okafor", role="Senior social worker", team="North team", phone="01632 960099",
    email="sam@council.example", personal_numbers=("07700 900001",),
)  # fmt: skip


def changed(entry: Entry, **parts: Any) -> Entry:
    values = {name: getattr(entry, name) for name in Entry.__dataclass_fields__}
    return Entry(**{**values, **parts})


def test_what_the_record_lacks_comes_from_the_directory_and_is_marked() -> None:
    found = completed(SAM, LISTED)
    assert found.contact.email == "sam@council.example"
    assert found.contact.phone == "01632 960001"
    assert found.contact.role == "Social worker"
    assert found.from_directory == ("email",)
    assert not found.has_left


def test_a_record_with_a_staff_id_alone_gets_everything() -> None:
    found = completed(Contact(staff_id="so1"), LISTED)
    assert found.contact.name == "Sam Okafor"
    assert found.from_directory == ("name", "role", "team", "phone", "email")


def test_who_has_left_is_replaced_by_the_team() -> None:
    found = completed(SAM, changed(LISTED, has_left=True), "01632 960270")
    assert found == Completed(Contact(team="North team", phone="01632 960270"), ("phone",), has_left=True)


def test_who_asked_not_to_be_named_is_the_team_and_nothing_tells_why() -> None:
    found = completed(SAM, changed(LISTED, unnamed=True))
    assert found == Completed(Contact(team="North team"))


@pytest.mark.parametrize(
    "number", ["07700 900001", "+44 7700 900001", "+44 (0)7700 900 001", "00447700900001"]
)
def test_a_personal_number_is_dropped_even_when_the_record_has_it(number: str) -> None:
    found = completed(Contact("Sam Okafor", team="North team", phone=number), LISTED)
    assert found.contact.phone == "01632 960099"
    assert completed(Contact("Sam Okafor", phone=number), changed(LISTED, phone=number)).contact.phone is None


@given(CONTACTS, ENTRIES, NUMBERS)
def test_no_personal_number_ever_comes_out(contact: Contact, entry: Entry, team_phone: str | None) -> None:
    found = completed(contact, entry, team_phone)
    personal = {digits(one) for one in entry.personal_numbers}
    assert found.contact.phone in (None, team_phone) or digits(found.contact.phone) not in personal
    assert all(getattr(found.contact, name) is not None for name in found.from_directory)


@given(CONTACTS, ENTRIES, NUMBERS)
def test_nobody_who_has_left_or_is_unnamed_is_named(
    contact: Contact, entry: Entry, team_phone: str | None
) -> None:
    gone = changed(entry, has_left=True)
    assert completed(contact, gone, team_phone).contact.name is None
    assert completed(contact, changed(entry, unnamed=True), team_phone).contact.email is None


@given(CONTACTS)
def test_without_an_entry_a_contact_is_as_its_record_has_it(contact: Contact) -> None:
    assert completed(contact, None, "01632 960270") == Completed(contact)


def test_a_staff_id_decides_alone() -> None:
    known = Known(
        [changed(LISTED, staff_id="a1"), Entry(staff_id="b2", name="Sam Okafor", team="North team")]
    )
    wanted = Contact("Sam Okafor", team="North team", email="sam@council.example", staff_id="B2 ")
    found = known.entry_of(wanted)
    assert found is not None
    assert found.staff_id == "b2"
    assert known.entry_of(Contact("Sam Okafor", team="North team", staff_id="c3")) is None


def test_an_email_decides_before_a_name() -> None:
    known = Known([LISTED, Entry(name="Other", email="x@council.example", team="North team")])
    found = known.entry_of(Contact("Sam Okafor", team="North team", email="X@council.example"))
    assert found is not None
    assert found.name == "Other"


@pytest.mark.parametrize(
    "contact", [Contact("Sam Okafor"), Contact("Sam Okafor", team="South team"), Contact()]
)
def test_a_name_without_its_team_is_nobody(contact: Contact) -> None:
    assert Known([LISTED]).entry_of(contact) is None


def test_of_two_who_could_be_meant_it_is_neither() -> None:
    assert Known([LISTED, LISTED]).entry_of(SAM) is None
