"""Who is asked about, who asks, and the words by which they would be known again: each is nowhere else."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from typing import Any

from broker.api.authorisation import AUDITORS, GOVERNANCE, TEAM_MANAGER
from connectors.contract import Candidate, Contact
from deploy.demo.sign_in import Persona
from tests.fakes.littleworth import row
from tests.fakes.littleworth_cases import linked

BORN = date(1937, 11, 23)
CASE = "QX-77191/ZEPH"
PHONE = "07700 900917"
TIMES, NOTE = "after vesperhour", "ask for gannetfold"
REASON = "Referral by kestrelbrook, who lives next door"
CONVERSATION, EVIDENCE = "the talk of fellwarden", "the letter of dunlinmere"
TYPED: Mapping[str, Any] = {
    "given_name": "Zéphyrquill",
    "family_name": "O’Quillfeather-Wren",
    "other_family_names": ["Vexlethörpe"],
    "birth_date": BORN.isoformat(),
    "address": "17 Quillwhistle Hythe",
    "postcode": "QW17 9ZX",
    "uprn": "100098765432",
    "nhs_number": "999 417 2603",
    "upn": "H801200001771",
}
"""The person, as a requester types them. Nothing of it is anybody's."""

WORDS: tuple[str, ...] = (
    *("Zéphyrquill", "O’Quillfeather-Wren", "Quillfeather", "Vexlethörpe", "Quillwhistle", "QW17 9ZX"),
    *("100098765432", "999 417 2603", "H801200001771"),
    *(BORN.isoformat(), "1937-11", "23/11/1937", "23 November 1937", "23.11.1937", "19371123"),
    *("1937, 11, 23", "November 1937", "23 xi 37"),
    *(CASE, PHONE, "+447700900917", "vesperhour", "gannetfold", "kestrelbrook", "fellwarden", "dunlinmere"),
    *("Wrenlocke", "sub-ottoline", "Nightjarlogin"),
    *("lkbittern", "Quernstone", "category-dunnock", "Stonechat Row", "01632 960788"),
    *("thrushmarrow", "pochardform"),
)
"""Whatever of the person, of their records and of the requester may stand nowhere: in any spelling (``search``).

The last two are what is sent where no word belongs.
"""

ON_EVERY_PAGE = "Wrenlocke"
"""The requester's own name, which the pages show them beside the button to sign out."""
STRAY, FORM = "thrushmarrow", "pochardform"
"""Sent in the wrong place: in an address, a header, a cookie, instead of a number; and as a form's field."""

OF_RECORD = Contact(
    "Pat Quernstone", "Officer", "North team", "01632 960788", "p.quernstone@littleworth.example"
)
WHO: Mapping[str, Any] = {
    "given_name": TYPED["given_name"],
    "family_name": TYPED["family_name"],
    "other_family_names": tuple(TYPED["other_family_names"]),
    "birth_date": BORN,
    "address": TYPED["address"],
    "postcode": TYPED["postcode"],
    "nhs_number": TYPED["nhs_number"],
    "upn": TYPED["upn"],
}


def rows() -> list[Candidate]:
    """Two records of the person: one that is shown, and one that the owner withholds."""
    shown = row("lkbittern-1", identifiers=WHO, contact=OF_RECORD)
    return [shown, replace(shown, local_key="lkbittern-2", gates={"category": "category-dunnock"})]


def linked_rows() -> list[Candidate]:
    """The person as a mother, and a child beside her, in a case of the case system."""
    who = {name: value for name, value in WHO.items() if name not in ("other_family_names", "upn")}
    worker = {"worker": "Nightjarlogin"}
    child = {**who, "given_name": "Vexlethörpe", "birth_date": date(2019, 3, 7), "nhs_number": None}
    return [
        linked("lkbittern-3", case=CASE, identifiers=who, gates=worker),
        linked("lkbittern-4", "CHILD", case=CASE, identifiers=child, gates=worker),
    ]


_ASKS = Persona(
    "sub-ottoline",
    "Ottoline Wrenlocke",
    "Littleworth Council",
    ("social_worker",),
    "everything",
    "Nightjarlogin",
)
SCHOOL = "Littleworth school"
CALLERS: Mapping[str, Persona] = {
    "social_worker": _ASKS,
    "early_help_lead": replace(_ASKS, subject="sub-ottoline-2", roles=("early_help_lead",)),
    TEAM_MANAGER: replace(_ASKS, subject="sub-ottoline-3", roles=(TEAM_MANAGER,), team="North team"),
    GOVERNANCE: replace(_ASKS, subject="sub-ottoline-4", roles=(GOVERNANCE,), organisation=SCHOOL),
    "auditor": replace(_ASKS, subject="sub-ottoline-5", roles=(AUDITORS[0],)),
}
"""Who asks, by role."""


def person(**changed: Any) -> dict[str, Any]:
    """The person in the body of a query."""
    return {"relation": "parent", **TYPED, **changed}


def question(*people: Mapping[str, Any], **said: Any) -> dict[str, Any]:
    """The body of a query: about the person, and about one who is known by a name and a month, unless others are
    named.
    """
    other = {
        "relation": "sibling",
        "given_name": "Kestrelbrook",
        "family_name": "Dunlinmere",
        "birth_date": "1937-11",
        "family_agreement": {"state": "given", "evidence": EVIDENCE},
    }
    return {
        "purpose": "section_47_enquiry",
        "reason": REASON,
        "case_reference": CASE,
        "conversation": CONVERSATION,
        "view": "flags",
        "people": list(people) or [person(), other],
        **said,
    }


def typed_into_form(**changed: str) -> dict[str, str]:
    """The same check as a page's form has it."""
    plain = ("given_name", "family_name", "address", "postcode", "nhs_number", "upn")
    return {
        "purpose": "section_47_enquiry",
        "journey": "people",
        "reason": REASON,
        "case_reference": CASE,
        "conversation": CONVERSATION,
        "conflict": "no",
        "how_many": "1",
        "people-1-relation": "parent",
        **{f"people-1-{name}": TYPED[name] for name in plain},
        "people-1-other_family_name": TYPED["other_family_names"][0],
        "people-1-day": "23",
        "people-1-month": "11",
        "people-1-year": "1937",
        **changed,
    }
