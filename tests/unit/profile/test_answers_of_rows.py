"""What each question makes of a value."""

from __future__ import annotations

import pytest

from broker.profile.contacts import kind_of_contact, kind_of_email, kind_of_phone
from broker.profile.identifiers import form_of_postcode
from broker.profile.names import case_of, double_encoded, form_of_name
from policy.model import Gate
from tests.unit.profile.profile_samples import cells, many, profiled, shown, source


@pytest.mark.parametrize(
    ("written", "form"),
    [
        ("Anne-Marie", "name"),
        ("O'Brien", "name"),
        ("Siân", "name"),
        ("Łukasz", "name"),
        ("محمد", "name"),
        ("Ng", "name"),
        ("A", "single_letter"),
        ("A.", "single_letter"),
        ("UNKNOWN", "stopgap"),
        ("Baby", "stopgap"),
        ("Test", "stopgap"),
        ("Do not use", "stopgap"),
        ("Smith (DO NOT USE)", "brackets"),
        ("Smith [AKA JONES]", "brackets"),
        ("Smith2", "digits"),
        ("ZoÃ«", "double_encoded"),
        ("Siâ\x80\x99n", "double_encoded"),
        ("Zo\ufffd", "double_encoded"),
        (None, "missing"),
    ],
)
def test_a_name_is_a_name_or_says_why_not(written: str | None, form: str) -> None:
    assert form_of_name(written) == form


def test_letters_of_other_languages_are_not_spoilt_ones() -> None:
    for name in ("Zoë", "Ångström", "Ñuñez", "Çelik", "Dvořák", "Ivanović", "Đorđe", "Nguyễn", "李", "Þóra"):
        assert not double_encoded(name)


def test_capitals_are_told_apart() -> None:
    names = ("SMITH", "O'BRIEN", "smith", "Smith", "McDonald", "李", None)
    assert [case_of(one) for one in names] == ["upper", "upper", "lower", "mixed", "mixed", "mixed", "mixed"]


@pytest.mark.parametrize(
    ("written", "form"),
    [
        ("SK3 8AB", "whole"),
        ("sk38ab", "whole"),
        ("SK3", "part"),
        ("SK3 8", "part"),
        ("ZZ99 3VZ", "stopgap"),
        ("12345", "ill_formed"),
        ("1 Mill Lane", "ill_formed"),
        (None, "missing"),
    ],
)
def test_a_postcode_is_one_or_says_why_not(written: str | None, form: str) -> None:
    assert form_of_postcode(written) == form


@pytest.mark.parametrize(
    ("written", "kind"),
    [
        ("01632 960021", "landline"),
        ("0161 496 000", "landline"),
        ("+44 161 496 0000", "landline"),
        ("+44 (0)161 496 0000", "landline"),
        ("07700 900123", "mobile"),
        ("+44 7700 900123", "mobile"),
        ("Duty: 07700900123", "mobile"),
        ("4711", "other_length"),
        ("01632 960021 ext 12", "other_length"),
        ("see rota", "no_digits"),
    ],
)
def test_a_phone_number_is_known_by_its_digits(written: str, kind: str) -> None:
    assert kind_of_phone(written) == kind


@pytest.mark.parametrize(
    ("written", "kind"),
    [
        ("dilys.prys@council.example", "person"),
        ("d.prys2@council.example", "person"),
        ("east.team@council.example", "generic"),
        ("duty@council.example", "generic"),
        ("safeguarding2@school.example", "generic"),
        ("dprys@council.example", "unclear"),
        ("council.example", "ill_formed"),
        ("a b@council.example", "ill_formed"),
        ("a@b", "ill_formed"),
    ],
)
def test_an_email_is_a_persons_or_a_mailbox(written: str, kind: str) -> None:
    assert kind_of_email(written) == kind


def test_a_contact_looks_like_a_person_or_a_desk() -> None:
    written = ("Dilys Prys", "Mary-Ann O'Neill", "Duty Desk", "Unallocated", "East Team 2", "DPR", "P1")
    kinds = ["person", "person", "desk", "desk", "desk", "unclear", "unclear"]
    assert [kind_of_contact(one) for one in written] == kinds


def test_dates_are_read_in_the_declared_format_and_by_no_other() -> None:
    of = source(
        identifiers={
            "given_name": "forename",
            "family_name": "surname",
            "birth_date": {"column": "dob", "format": "dmy_text"},
        }
    )
    rows = [*many(20, dob="17/03/1985"), *many(20, 20, dob="1985-03-17"), *many(20, 40, dob="13/25/1985")]
    told = shown(profiled(rows, of), "birth_date")
    assert (told["day"], told["unreadable"]) == ("20", "40")


def test_rows_outside_the_cohort_are_counted_and_asked_nothing() -> None:
    of = source(cohort={"column": "status", "only": ["C"]})
    profile = profiled([*many(60), *many(30, 60, status="PLANNED", dob=None), *many(15, 90, status=None)], of)
    assert shown(profile, "birth_date")["missing"] == "fewer than 10"
    assert [one.says for one in profile.facts[:2]] == ["60", "45 (in scope: status is C)"]
    never = profiled(
        [*many(60), *many(30, 60, status="PLANNED")],
        source(cohort={"column": "status", "never": ["PLANNED"]}),
    )
    assert never.facts[1].says == "30 (in scope: status is not PLANNED)"


def test_values_of_a_code_are_named_when_ten_records_have_them() -> None:
    rows = [*many(60), *many(15, 60, status="Q"), *many(9, 75, status="RARE")]
    told = shown(profiled(rows), "status")
    assert told == {
        "=C": "70",
        "=F": "fewer than 10",
        "=Q": "15",
        "other_value": "fewer than 10",
        "missing": "fewer than 10",
    }


@pytest.mark.parametrize(
    "value", ["dilys.prys@council.example", "9434765919", "x" * 41, "bell\x07", "Q-123456"]
)
def test_a_value_that_is_no_code_is_never_named(value: str) -> None:
    told = shown(profiled([*many(60), *many(30, 60, status=value)]), "status")
    assert told["other_value"] == "30"
    assert f"={value}" not in told


def test_of_a_column_with_hundreds_of_values_none_is_named() -> None:
    rows = [cells(number, status=f"S{'abcdefghij'[number % 10]}{number // 4}") for number in range(1_000)]
    rows += many(50, 1_000, status="Q")
    told = shown(profiled(rows), "status")
    assert told["other_value"] == "1,050"
    assert "=Q" not in told


def test_gates_name_what_the_policy_names_and_what_occurs() -> None:
    gate = Gate(only=("tenancy",), never={"parking": "Irrelevant to a child's welfare."})
    rows = [*many(60), *many(30, 60, category="parking"), *many(20, 90, category="noise")]
    told = shown(profiled(rows, gates={"category": gate}), "gate_category")
    assert told == {
        "=tenancy": "60",
        "=parking": "30",
        "=noise": "20",
        "other_value": "fewer than 10",
        "missing": "fewer than 10",
    }


def test_shielded_people_are_told_as_a_share_alone() -> None:
    profile = profiled([*many(600), *many(15, 600, shielded="Y")])
    assert shown(profile, "restricted") == {"shielded": "2 to 5 in 100"}
