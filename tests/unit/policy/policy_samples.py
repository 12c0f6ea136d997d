"""A sharing policy to test with, as a file, and shorthands for asking it."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

from policy.compile import CompiledPolicy, compile_policy
from policy.facts import Ask, Record
from policy.load import load_policy

TODAY = date(2026, 6, 1)
TEXT = """\
format: sharing-policy/1
policy: sample
source: sample
owner: {organisation: Sample, contact: sample@sample.example}
controller: Sample
discloses_under: {gateway: Children Act 2004 s.10, lawful_basis: public_task}
version: 3
effective: {from: 2026-04-01, until: 2027-03-31}
sharing_agreement: {dsa: DSA-1, dpia: DPIA-1, agreed: 2026-03-01}
look_back: 24 months
record_date: last_contact
nothing_means: Nothing that this service shares.
people: {age: {from: 18, to: 90}}
gates:
  category: {only: [support, missing], never: {parking: Irrelevant.}}
  role: {never: {victim: For their protection.}}
fields:
  involved:
    justification: To know whom to ring.
    share:
      - {purpose: [enquiry, help]}
  status:
    justification: To know whether someone is there.
    codes:
      open: {label: Open, meaning: Someone works on it.}
    share:
      - {purpose: enquiry, roles: [social_worker], show: exact}
  last_contact:
    justification: How recent it is.
    share:
      - {purpose: enquiry, show: full_date}
      - {purpose: help, when: {family_agreement: given}, show: month}
    at_most:
      - {when: {relation: other_adult}, show: year, why: Proportionate.}
      - {when: {case: unverified}, show: month, why: Not checked.}
  lead_practitioner:
    justification: To put two people in touch.
    share:
      - {purpose: enquiry, show: named}
      - {purpose: help, show: team}
"""


def sample(directory: Path, *changes: tuple[str, str]) -> CompiledPolicy:
    """The sample, with pieces of its text replaced."""
    return compile_policy(load_policy(write(directory, *changes)))


def write(directory: Path, *changes: tuple[str, str]) -> Path:
    """The sample's file, with pieces of its text replaced; each must stand there once."""
    text = TEXT
    for old, new in changes:
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    path = directory / "sample.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def ask(**changed: Any) -> Ask:
    """A social worker's enquiry about a parent of 34, in a verified case."""
    facts: dict[str, Any] = {
        "purpose": "enquiry",
        "role": "social_worker",
        "relation": "parent",
        "today": TODAY,
        "typed_age": 34,
        "case": "verified",
    }
    return Ask(**(facts | changed))


def record(**changed: Any) -> Record:
    """An open record of support, last seen on 12 May."""
    facts: dict[str, Any] = {
        "age": 34,
        "status": "open",
        "started": date(2025, 3, 9),
        "last_contact": date(2026, 5, 12),
        "gates": {"category": "support", "role": "parent"},
        "contact_name": "Pat Quayle",
        "contact_role": "Officer",
        "contact_team": "North team",
        "contact_phone": "01632 960123",
        "contact_email": "pat@sample.example",
    }
    return Record(**(facts | changed))
