"""The whole profile: the order of rows does not matter, parts make the whole, and findings say what follows."""

from __future__ import annotations

import random
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from broker.profile.page import page
from broker.profile.plain import as_plain
from broker.profile.profile import profile_of
from broker.profile.questions import Weight
from broker.profile.whole import Circumstances
from policy.model import Gate
from tests.unit.profile.profile_samples import (
    TODAY,
    Cells,
    cells,
    finding,
    many,
    profiled,
    shown,
    source,
    tally,
)

VALUES: dict[str, Sequence[object]] = {
    "dob": ("1985-03-17", "1985-01-01", "1900-01-01", "17/03/1985", None),
    "surname": ("Ashdown", "SMITH ", "Baby", None),
    "status": ("C", "F", "X", None),
    "category": ("tenancy", "parking", None),
    "phone": ("01632 960021", "07700 900123", "x", None),
    "shielded": ("Y", "N"),
    "ref": ("1", "2", "3", "4"),
}
odd_rows = st.lists(
    st.fixed_dictionaries({name: st.sampled_from(values) for name, values in VALUES.items()}),
    min_size=20,
    max_size=80,
).map(lambda changes: [cells(number, **one) for number, one in enumerate(changes)])


@given(odd_rows, st.randoms(use_true_random=False))
def test_the_order_of_rows_does_not_matter(rows: list[Cells], chance: random.Random) -> None:
    shuffled = chance.sample(rows, len(rows))
    assert profiled(shuffled) == profiled(rows)


@given(odd_rows, st.integers(0, 80))
def test_the_tallies_of_two_parts_merge_into_that_of_the_whole(rows: list[Cells], cut: int) -> None:
    merged = tally(rows[:cut])
    merged.merge(tally(rows[cut:]))
    assert profile_of(source(), merged, Circumstances(TODAY)) == profiled(rows)


def test_hundreds_of_values_are_forgotten_in_whatever_order_they_come() -> None:
    values = [f"{'abcdefghij'[number % 10]}{number // 10}" for number in range(300)]
    rows = [cells(number, status=values[number % 300]) for number in range(6_000)]
    whole = tally(rows)
    in_parts = tally(rows[:900])
    in_parts.merge(tally(reversed(rows[900:])))
    told = [profile_of(source(), one, Circumstances(TODAY)) for one in (whole, in_parts)]
    assert told[0] == told[1]
    assert shown(told[0], "status")["other_value"] == "6,000"


def test_records_without_birth_date_are_explained() -> None:
    found = finding(profiled([*many(70), *many(10, 70, dob=None)]), "birth date that can be used")
    assert found.weight is Weight.HIDES
    assert found.what == "1 in 8 has no birth date that can be used."
    assert "possible matches at best" in found.means
    assert found.do


@pytest.mark.parametrize("place", ["started", "ended", "seen"])
def test_one_unreadable_date_of_an_involvement_stops_the_source_and_is_told(place: str) -> None:
    profile = profiled([*many(80), cells(80, **{place: "yesterday"})])
    assert profile.stops
    assert profile.findings[0].weight is Weight.STOPS
    assert "fewer than 10" in set(shown(profile, {"seen": "last_contact"}.get(place, place)).values())


def test_one_record_without_a_local_key_stops_the_source_and_is_told() -> None:
    assert profiled([*many(80), cells(80, ref=None)]).stops
    assert not profiled(many(80)).stops


def test_findings_come_worst_first() -> None:
    profile = profiled([*many(50), *many(30, 50, started="soon", dob=None, phone="1", seen=None)])
    weights = [list(Weight).index(one.weight) for one in profile.findings]
    assert weights == sorted(weights)
    assert len(set(weights)) > 2


def test_people_are_counted_by_name_and_birth_date() -> None:
    again = [cells(number, ref=f"again {number}") for number in range(40)]
    profile = profiled([*many(100), *again])
    facts = {one.label: one.says for one in profile.facts}
    assert facts["People, by name and birth date"] == "about 100; the source file says 200"
    assert facts["Records of a person, on average"] == "1.4"
    assert shown(profile, "duplicates")["shared"] == "80"
    assert shown(profile, "local_key")["further"] == "fewer than 10"


def test_a_population_that_is_far_from_the_count_is_said_to_be_so() -> None:
    found = finding(profiled(many(100), source(population=20_000)), "population")
    assert "about 100 people were counted" in found.what
    assert [one for one in profiled(many(100)).findings if "population" in one.what] == []


def test_stale_and_never_ended_involvements_are_noticed() -> None:
    profile = profiled(many(100, seen="2025-11-02", ended=None))
    assert "2025-11" in finding(profile, "last contact is newer").what
    assert "no end" in finding(profile, "have no end").what


def test_a_declared_case_that_is_not_the_stored_one_is_noticed() -> None:
    found = finding(profiled(many(100), source(stored_case="upper")), "stored_case: upper")
    assert found.weight is Weight.HIDES
    capitals = [cells(number, surname="ASHDOWN", forename="ADA") for number in range(100)]
    assert "stored_case: upper" in finding(profiled(capitals), "in capitals").do


def test_coverage_is_held_against_the_records() -> None:
    assert finding(profiled(many(100)), "hardly a record starts before 2020")
    assert finding(profiled(many(100, started="2012-05-01")), "before the first day")


def test_values_that_the_policy_does_not_name_are_pointed_out() -> None:
    gate = Gate(only=("tenancy",), never={"parking": "Irrelevant to a child's welfare."})
    rows = [*many(60), *many(20, 60, category="noise")]
    profile = profiled(rows, gates={"category": gate})
    assert finding(profile, "policy does not name").weight is Weight.HIDES
    assert "parking" in finding(profile, "Named in the sharing policy").what


def test_a_sample_says_that_it_is_one_and_draws_no_conclusions_about_the_whole() -> None:
    profile = profiled(many(100), source(population=20_000), sample=True)
    assert "sample" in profile.facts[0].says
    assert [one for one in profile.findings if "population" in one.what] == []
    assert "This is a sample" in page(profile)


CANARIES = {
    "ref": "canary-local-key",
    "forename": "Canaryforename",
    "surname": "Canarysurname",
    "maiden_name": "Canarymaiden",
    "address": "7 Canary Wharf Road",
    "nhs": "943 476 5919 canary",
    "officer": "Canary Officer",
    "team": "Canary team",
    "phone": "07700 900999 canary",
    "email": "canary.officer@canary.example",
    "dob": "canary date",
    "started": "canary date",
    "uprn": "canary uprn",
    "upn": "canary upn",
}


def test_no_value_of_a_person_is_in_anything_that_is_told_or_printed() -> None:
    """However often it occurs: those are columns of which no value is ever told."""
    rows = [*many(30), *many(200, 30, **CANARIES)]
    counted = tally(rows)
    profile = profile_of(source(), counted, Circumstances(TODAY))
    told = f"{as_plain(profile)} {page(profile)} {profile!r} {counted!r}".casefold()
    assert "canary" not in told
    assert "900999" not in told
