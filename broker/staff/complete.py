"""A contact made whole by its directory entry: a pure function, and what may come of it.

What comes of it is reduced by the owner's policy like what a record holds: a level below ``named`` shows no name,
a mobile is shown only where the owner allows work mobiles, a team only by a label that the owner approved.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace

from broker.staff.entries import Entry, StaffDirectory, digits
from connectors.contract import Contact

LOOK_UP_SECONDS = 0.15
"""How long an answer may wait for the directory. Then contacts go out as the service's records have them."""

_PARTS = ("name", "role", "team", "phone", "email")


@dataclass(frozen=True, slots=True)
class Completed:
    """A contact, which of its parts the directory gave, and whether its practitioner has left."""

    contact: Contact = field(repr=False)
    from_directory: tuple[str, ...] = ()
    has_left: bool = False


def completed(contact: Contact, entry: Entry | None, team_phone: str | None = None) -> Completed:
    """What is known of whom to ring. ``team_phone``: the number of the contact's team, where there is one.

    Who has left, or asked not to be named, is replaced by the team: no name, no role, no number of theirs.
    """
    if entry is None:
        return Completed(contact)
    if entry.has_left or entry.unnamed:
        given = ("phone",) if team_phone else ()
        team = contact.team or entry.team
        return Completed(Contact(team=team, phone=team_phone), given, entry.has_left)
    own = _without_personal_number(contact, entry)
    offered = _without_personal_number(_as_contact(entry), entry)
    lacking = {
        name: value
        for name in _PARTS
        if getattr(own, name) is None and (value := getattr(offered, name)) is not None
    }
    return Completed(replace(own, **lacking), tuple(lacking))


Contacts = Mapping[Contact, Completed]


async def completed_by(directory: StaffDirectory, contacts: Collection[Contact]) -> Contacts:
    """Each contact of which the directory knows exactly one entry, made whole."""
    found = await directory.entries(list(contacts), LOOK_UP_SECONDS)
    return {
        contact: completed(contact, entry, directory.team_phone(contact.team or entry.team or ""))
        for contact, entry in found.items()
    }


def _as_contact(entry: Entry) -> Contact:
    return Contact(entry.name, entry.role, entry.team, entry.phone, entry.email)


def _without_personal_number(contact: Contact, entry: Entry) -> Contact:
    return replace(contact, phone=None) if contact.phone and _personal(contact.phone, entry) else contact


def _personal(number: str, entry: Entry) -> bool:
    return digits(number) in {digits(one) for one in entry.personal_numbers}
