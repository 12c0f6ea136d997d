"""Purpose rules for tests, as a file would give them after YAML, and queries to try on them."""

from __future__ import annotations

from typing import Any

from consent_rules.model import PurposeRules
from consent_rules.permit import Asked, AskedPerson

ROLES = {"social_worker": "Asks.", "early_help_lead": "Asks too.", "auditor": "Checks."}


def a_purpose(**changes: Any) -> dict[str, Any]:
    """A purpose that opens everything to a social worker, with ``changes``."""
    plain: dict[str, Any] = {
        "title": "Section 47 enquiry",
        "duty": "Children Act 1989 s.47",
        "lawful_basis": ["public_task"],
        "special_category": [],
        "offence_data": [],
        "who_may_ask": ["social_worker"],
        "about": ["child", "parent"],
        "family_agreement": "not_needed",
        "look_back": "24 months",
        "journeys": ["people", "case"],
        "views": ["flags", "details"],
        "must_record": [],
        "case_check": "not_made",
        "sources": "all",
    }
    return plain | changes


def rules_of(**purposes: dict[str, Any]) -> PurposeRules:
    return PurposeRules.model_validate({"format": "purpose-rules/1", "roles": ROLES, "purposes": purposes})


def the_rules(**changes: Any) -> PurposeRules:
    """Rules with one purpose, ``section_47_enquiry``."""
    return rules_of(section_47_enquiry=a_purpose(**changes))


def ask(**changes: Any) -> Asked:
    """A query that a plain purpose permits, with ``changes``."""
    plain: dict[str, Any] = {
        "purpose": "section_47_enquiry",
        "held_roles": frozenset({"social_worker"}),
        "role": None,
        "journey": "people",
        "view": "details",
        "reason": "Strategy meeting today",
        "case_reference": "C-1",
        "conversation": "Spoke with both parents on 3 May",
        "case": "verified",
        "people": (AskedPerson("child"),),
    }
    return Asked(**(plain | changes))
