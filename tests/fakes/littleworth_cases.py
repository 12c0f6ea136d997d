"""Littleworth's case system: a fourth source that keeps cases, who holds them, and who is linked to them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from typing import Any

from broker.catalogue import CASES
from connectors.contract import Candidate, Identifiers
from deploy.demo.sign_in import Persona
from tests.fakes.littleworth import POLICIES, PURPOSES, SOCIAL_WORKER, SOURCES, policy_file, source_file

__all__ = ["CASES", "CASE_ROSTER", "HOLDER", "changed_roster", "linked", "with_cases"]

HOLDER = replace(SOCIAL_WORKER, login="s.okafor")
"""Sam Okafor, as the case system calls them."""

OTHER = Persona(
    "lw-9", "Jo Marsh", "Littleworth Council", ("social_worker",), "cases of their own", "j.marsh"
)

_SYSTEM = """\
case_system:
  table: case_people
  case_id: case_number
  state: {column: case_state, open: [OPEN]}
  allocated_to: worker_login
  person_key: person_id
  linked_as:
    column: link
    codes: {CHILD: child, MOTHER: parent, FATHER: parent, SIB: sibling, PARTNER: other_adult}
  identifiers:
    given_name: given_name
    family_name: family_name
    birth_date: birth_date
    sex: sex
    address: address
    postcode: postcode
    nhs_number: nhs_number
  restricted: {column: shielded, values: ["Y"]}
"""

CASE_ROSTER = """\
roster:
  meaning: Who is linked to a case, and how.
  justification: The worker who holds a case knows its people.
  share:
    - {purpose: section_47_enquiry, show: relation_and_name}
  at_most:
    - {when: {relation: other_adult}, show: relation, why: A partner's name is not the family's to give.}
  search_with:
    - {purpose: section_47_enquiry, identifiers: [given_name, family_name, birth_date, postcode, address]}
  tests:
    - name: The worker sees who the parents are
      ask:
        {purpose: section_47_enquiry, role: social_worker, relation: parent, case: verified, today: 2026-06-01}
      show: relation_and_name
      search_with: [given_name, family_name, birth_date, postcode, address]
    - name: Nobody sees anyone of a case that is not theirs
      ask:
        {purpose: section_47_enquiry, role: social_worker, relation: parent, case: unverified, today: 2026-06-01}
      show: nothing
"""

_CHECKED = "case_check: {unverified: {last_contact: month, lead_practitioner: team}}"


def with_cases(roster: str = CASE_ROSTER, journeys: str = "[people, case]") -> dict[str, Any]:
    """The files of a Littleworth whose children's services are the case system too."""
    purposes = PURPOSES.replace("journeys: [people]", f"journeys: {journeys}", 1)
    return {
        "sources": SOURCES | {"children": source_file("children", "Children's services") + _SYSTEM},
        "policies": POLICIES | {"children": policy_file("children") + roster},
        "purposes": purposes.replace("case_check: not_made", _CHECKED, 1),
    }


def changed_roster(before: str, after: str) -> Mapping[str, Any]:
    """The same files with another rule of the roster."""
    assert CASE_ROSTER.count(before) == 1
    return with_cases(CASE_ROSTER.replace(before, after))


def linked(
    person: str | None = "p-emma", link: str | None = "MOTHER", *, case: str = "LW-42", **changed: Any
) -> Candidate:
    """A row of the case system: Emma Ashdown as the mother in case LW-42, which is open and Sam Okafor's."""
    emma = Identifiers("Emma", "Ashdown", birth_date=date(1991, 3, 7), sex="female", postcode="LW1 4AB")
    gates = {"state": "OPEN", "worker": "s.okafor", "person": person, "linked_as": link}
    return Candidate(
        local_key=case,
        identifiers=replace(emma, case_id=case, **changed.pop("identifiers", {})),
        gates=gates | changed.pop("gates", {}),
        **changed,
    )
