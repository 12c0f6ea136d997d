"""Hints: what to add to be sure, by what was typed alone."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from broker.hints import HINTS, hint_for
from connectors.contract import Identifiers

TYPED = Identifiers("Emma", "Ashdown", (), date(1991, 3, 7), address="4 Mill Lane", nhs_number="9434765919")
NEITHER = {"address": None, "nhs_number": None}


@pytest.mark.parametrize(
    ("changed", "hint"),
    [
        ({"birth_date": None}, "add_birth_date"),
        ({"birth_date": date(1900, 1, 1)}, "add_birth_date"),
        (
            {"birth_date": None, "born_between": (date(1990, 1, 1), date(1990, 12, 31))},
            "add_whole_birth_date",
        ),
        ({"birth_date": None, "given_name": None}, "add_birth_date"),
        ({"family_name": None}, "add_family_name"),
        ({"family_name": "Unknown"}, "add_family_name"),
        ({"family_name": "A."}, "add_family_name"),
        ({"given_name": None}, "add_full_first_name"),
        ({"given_name": "E."}, "add_full_first_name"),
        ({"given_name": "E J"}, "add_full_first_name"),
        ({"given_name": "Baby"}, "add_full_first_name"),
        (NEITHER, "add_number_or_address"),
        ({**NEITHER, "address": "NFA"}, "add_number_or_address"),
        ({"nhs_number": "9434765918"}, "add_number"),
        ({**NEITHER, "postcode": "SK3 8AB"}, "add_number"),
        ({}, "ring_the_desk"),
        ({"nhs_number": None, "upn": "H801200001001"}, "ring_the_desk"),
    ],
)
def test_the_hint_names_what_is_missing_and_would_tell_most(changed: dict[str, Any], hint: str) -> None:
    assert hint_for(replace(TYPED, **changed)) == hint
    assert hint in HINTS


def test_no_hint_counts_anybody() -> None:
    assert [one for one in HINTS.values() if any(map(str.isdigit, one))] == []
    assert all(one.endswith(".") for one in HINTS.values())
