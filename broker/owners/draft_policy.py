"""The text of a new sharing policy: it shares nothing, passes every check, and teaches what to fill in."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date

from broker.owners.column_words import plain
from broker.owners.proposal import RECORD_DATES, Proposal

_NOT_YET = "not yet signed"
_SHOWN = {
    "status": "exact", "started": "full_date", "ended": "full_date", "last_contact": "full_date",
    "lead_practitioner": "named",
}  # fmt: skip


def policy_text(name: str, found: Proposal, purposes: Mapping[str, str], today: date) -> str:
    """The whole file. ``purposes``: the partnership's, each with a role that may ask for it."""
    return "\n".join(_lines(name, found, purposes, today)) + "\n"


def _lines(name: str, found: Proposal, purposes: Mapping[str, str], today: date) -> Iterator[str]:
    dated = next(one.partition(".")[2] for one in reversed(RECORD_DATES) if found.of(one))
    yield f"# Drafted by `broker source new` on {today.isoformat()}."
    yield "# IT SHARES NOTHING: what no rule shares is not shown."
    yield "# It is the data owner's file. Fill in what is in capitals, add rules and tests, and have it signed;"
    yield "# then `broker check` and `broker policy test`. The other files in policies/ are examples."
    yield from ("format: sharing-policy/1", f"policy: {name}", f"source: {name}")
    yield "owner: {organisation: THE ORGANISATION THAT OWNS THE RECORDS, contact: WHO ANSWERS FOR THIS FILE}"
    yield "controller: THE CONTROLLER UNDER UK GDPR"
    yield from (
        "discloses_under:                              # the owner's own ground for telling, not the requester's",
        "  gateway: THE LAW THAT LETS THE OWNER TELL",
        "  lawful_basis: public_task",
        "  # special_category: {article: 9(2)(g), condition: DPA 2018 Sch. 1 para. 18}",
        "  # offence_data: DPA 2018 Sch. 1 para. 18    # where records tell of offences",
    )
    yield "version: 1"
    yield "# Outside these days nothing is shared:"
    yield f"effective: {{from: {today.isoformat()}, until: {_in_a_year(today).isoformat()}}}"
    yield f"sharing_agreement: {{dsa: {_NOT_YET}, dpia: {_NOT_YET}, agreed: {today.isoformat()}}}"
    yield "look_back: 24 months                          # older records are as if they were not there"
    yield f"record_date: {dated.ljust(33)}# the date by which a record is that old"
    yield "nothing_means: WHAT SILENCE MEANS. This service shares nothing yet; it may hold records all the same."
    yield "# people: {age: {from: 18}}                   # others are not asked about"
    yield from _gates(found)
    yield from _fields(found, purposes)
    yield from _tests(purposes, today, dated)


def _gates(found: Proposal) -> Iterator[str]:
    if found.gates:
        yield "# gates:                                      # first map them in the source file"
    for one in found.gates:
        yield f"#   {plain(one)}: {{only: [VALUES OF RECORDS THAT MAY BE TOLD]}}"


def _fields(found: Proposal, purposes: Mapping[str, str]) -> Iterator[str]:
    purpose = next(iter(purposes), "section_47_enquiry")
    yield from (
        "fields:",
        "  involved:",
        "    justification: WHY A REQUESTER HAS TO KNOW THAT THERE IS A RECORD",
        f"    # share: [{{purpose: {purpose}}}]",
    )
    for field in _mapped_fields(found):
        yield f"  # {field}:"
        yield "  #   justification: WHY"
        yield from ["  #   codes: {NAME: {label: AS SHOWN, meaning: WHAT IT MEANS AND DOES NOT MEAN}}"] * (
            field == "status"
        )
        yield f"  #   share: [{{purpose: {purpose}, show: {_SHOWN[field]}}}]"


def _mapped_fields(found: Proposal) -> Iterator[str]:
    for field in ("status", "started", "ended", "last_contact"):
        if found.of(f"involvement.{field}"):
            yield field
    if any(one.place.startswith("contact.") for one in found.mapped):
        yield "lead_practitioner"


def _tests(purposes: Mapping[str, str], today: date, dated: str) -> Iterator[str]:
    """One for each purpose, true as it stands: it fails when somebody shares something, and is then rewritten."""
    if purposes:
        yield "tests:"
    for purpose, role in purposes.items():
        yield f"  - name: Nothing is shared yet for {purpose}"
        yield (
            f"    ask: {{purpose: {purpose}, role: {role}, relation: parent, age: 34, case: verified,"
            f" today: {today.isoformat()}}}"
        )
        yield f"    record: {{{dated}: {today.isoformat()}}}"
        yield "    expect: withheld"


def _in_a_year(today: date) -> date:
    return today.replace(year=today.year + 1, day=min(today.day, 28))
