"""What a staff directory knows of a practitioner, and whom it is asked about."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from connectors.contract import Contact


@dataclass(frozen=True, slots=True)
class Entry:
    """One practitioner. ``personal_numbers`` are for nobody's eyes: they are kept out of what is shown.

    ``has_left``: works here no more. ``unnamed``: asked not to be named.
    """

    staff_id: str | None = field(default=None, repr=False)
    name: str | None = field(default=None, repr=False)
    role: str | None = field(default=None, repr=False)
    team: str | None = field(default=None, repr=False)
    phone: str | None = field(default=None, repr=False)
    email: str | None = field(default=None, repr=False)
    personal_numbers: tuple[str, ...] = field(default=(), repr=False)
    has_left: bool = False
    unnamed: bool = False


class StaffDirectory(Protocol):
    """Knows practitioners. Whatever goes wrong in it, a contact goes out as its record has it."""

    async def entries(self, contacts: Sequence[Contact], seconds: float) -> Mapping[Contact, Entry]:
        """The entry of each contact for which exactly one was found, within so many seconds. Never raises."""

    def team_phone(self, team: str) -> str | None:
        """The number of a team, where the directory says one."""

    async def close(self) -> None:
        """Let go of every connection."""


class Known:
    """Entries, by everything that tells whose they are."""

    def __init__(self, entries: Iterable[Entry]) -> None:
        self._by: dict[Key, list[Entry]] = {}
        for entry in entries:
            for key in _keys(entry):
                self._by.setdefault(key, []).append(entry)

    def entry_of(self, contact: Contact) -> Entry | None:
        """The one entry that is this contact's: by staff id, else by email, else by name and team together.

        None where there is none, and where there are several: a wrong number is worse than none.
        """
        wanted = list(_keys(contact))
        if contact.staff_id:
            wanted = wanted[:1]  # who has a number is nobody else, whatever their name
        found = next((self._by[key] for key in wanted if key in self._by), [])
        return found[0] if len(found) == 1 else None


Key = tuple[str, ...]


def _keys(whose: Contact | Entry) -> Iterator[Key]:
    if whose.staff_id:
        yield "staff_id", folded(whose.staff_id)
    if whose.email:
        yield "email", folded(whose.email)
    if whose.name and whose.team:
        yield "name", folded(whose.name), folded(whose.team)


def folded(text: str) -> str:
    """As texts are compared: no case, no blanks too many."""
    return " ".join(text.split()).casefold()


def digits(number: str) -> str:
    """A telephone number as it is compared: +44 (0)1632 960 011 and 01632 960011 are one."""
    return re.sub(r"\D", "", re.sub(r"^\s*(?:\+|00)\s*44\s*(?:\(0\))?", "0", number))
