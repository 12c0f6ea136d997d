"""What a policy may test and reduce of a row."""

from __future__ import annotations

from broker.consultation import Consulted
from broker.questions import age_on
from broker.staff.complete import Completed
from connectors.contract import Candidate
from policy.facts import Record, Restriction


def record_of(row: Candidate, one: Consulted, whom: Completed | None = None) -> Record:
    """What the policy may test and reduce of a row. The age is the record's own, else the typed one.

    ``whom``: the contact as the staff directory completes it; None: as the row has it.
    """
    born = row.identifiers.birth_date
    contact = whom.contact if whom else row.contact
    return Record(
        age=age_on(one.ask.today, born) if born else one.ask.typed_age,
        status=row.status,
        started=row.started,
        ended=row.ended,
        last_contact=row.last_contact,
        gates=row.gates,
        contact_name=contact.name,
        contact_role=contact.role,
        contact_team=contact.team,
        contact_phone=contact.phone,
        contact_email=contact.email,
        contact_from_directory=whom.from_directory if whom else (),
        contact_has_left=whom.has_left if whom else False,
        restriction=_restriction(row),
    )


def _restriction(row: Candidate) -> Restriction:
    """What a row is marked with. Of staff in a protected household it is the most: no rule speaks of both."""
    if row.restricted or (row.staff and row.protected_location):
        return "shielded"
    if row.staff:
        return "staff"
    return "location" if row.protected_location else "none"
