"""The referral of the demo: a child, the mother, her partner and a sibling, as a social worker would type it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from deploy.demo.people import Person
from deploy.demo.story import CASE
from deploy.demo.truth import RELATIONS, Truth

PARTS = ("child", "mother", "partner", "sibling")


def section_47(truth: Truth, view: str = "details") -> Mapping[str, Any]:
    """The social worker's query."""
    return {
        "purpose": "section_47_enquiry",
        "reason": "Referral from the school: unexplained bruising, partner moved in lately",
        "case_reference": CASE,
        "view": view,
        "conflict_of_interest": "none",
        "people": [_typed(truth.story(part)) for part in PARTS],
    }


def by_case() -> Mapping[str, Any]:
    """The social worker's other way: by the number of the case, about everyone who is linked to it."""
    return {
        "purpose": "section_47_enquiry",
        "reason": "The same referral, asked by the case",
        "case_reference": CASE,
        "journey": "case",
        "view": "flags",
        "conflict_of_interest": "none",
    }


def early_help(truth: Truth) -> Mapping[str, Any]:
    """The same family, as an early-help worker would ask: the mother agreed for herself and her children."""
    agreed = {"state": "given", "evidence": "Conversation at home, case note 12"}
    people = [_typed(truth.story(part)) for part in PARTS if part != "partner"]
    return {
        "purpose": "early_help_assessment",
        "reason": "Whole-family assessment",
        "conversation": "Home visit, mother present",
        "view": "details",
        "conflict_of_interest": "none",
        "people": [{**person, "family_agreement": agreed} for person in people],
    }


def _typed(person: Person) -> Mapping[str, Any]:
    """What a social worker knows at the start: names, birth dates, and where the family lives now."""
    return {
        "relation": RELATIONS[person.part],
        "given_name": person.given_name,
        "family_name": person.family_name,
        "birth_date": person.birth_date.isoformat(),
        "postcode": person.postcode,
    }
