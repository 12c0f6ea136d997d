"""What ties a requester to somebody whom they look up: surname, home, work, a flag. Found out while the entry
is open.

Names are compared as matching compares them. Nothing of what was typed leaves this module: tags do, and yes or no.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, fields
from datetime import date

import jellyfish

from broker.audit.event import Who
from broker.audit.tags import TagKeys
from broker.audit.watching.facts import Home, Seen
from broker.matching.frequencies import FAMILY_NAME_SHARES, UNLISTED_FAMILY_NAME
from broker.matching.normalise import postcode, real_birth_date, real_name
from broker.registers.flags import Flags
from connectors.contract import Identifiers

ADULT = 18
_STAFF = "staff name"


@dataclass(frozen=True, slots=True)
class Ties:
    """What is known of staff and flags, by keyed tags."""

    keys: TagKeys = field(repr=False)
    staff: frozenset[bytes] = field(default=frozenset(), repr=False)
    flags: Flags = field(default_factory=Flags, repr=False)

    def seen(self, key_id: bytes, typed: Identifiers, requester: Who, day: date) -> Seen:
        """Somebody who was asked about on that day, as the rules look at them. ``key_id``: of their key."""
        tags, as_typed = self.keys.person(typed), self.keys.tag("typed", _as_typed(typed))
        families = [name for name in map(real_name, (typed.family_name, *typed.other_family_names)) if name]
        where = postcode(typed.postcode)
        return Seen(
            who=key_id,
            tags=frozenset(tags),
            typed=as_typed,
            family=self.keys.tag("family", _sound(families[0])) if families else None,
            place=self.keys.tag("place", _sector(where)) if where else None,
            own_surname=own_surname(requester.name, families),
            home=_home(self.flags.home(requester.subject, typed, self.keys)),
            colleague=may_be_adult(typed, day) and self._is_staff(typed, families),
            flagged=self.flags.flagged(tags),
        )

    def _is_staff(self, typed: Identifiers, families: Iterable[str]) -> bool:
        given = (real_name(typed.given_name) or "").split()[:1]
        return any(
            self.keys.tag(_STAFF, f"{first} {name}") in self.staff for first in given for name in families
        )


def staff_tags(names: Iterable[str], keys: TagKeys) -> frozenset[bytes]:
    """Keyed tags of the names of staff: "Sam Okafor", or "Okafor, Sam"."""
    return frozenset(keys.tag(_STAFF, full) for name in names for full in full_names(name))


def own_surname(name: str, families: Iterable[str]) -> float | None:
    """The share of people who bear the surname that a requester has in common with somebody; None without one.

    ``families`` are as matching compares them. Of "Kit Marlowe-Sample", Sample and Marlowe-Sample are surnames.
    """
    words = _words(name)
    for family in families:
        its = tuple(family.split())
        if len(words) > 1 and (words[-len(its) :] == its != words or words[-1] in its):
            return FAMILY_NAME_SHARES.get(family, UNLISTED_FAMILY_NAME)
    return None


def full_names(name: str) -> Iterator[str]:
    """The first name of "Sam Okafor", or of "Okafor, Sam", with each family name that may be meant: where one
    begins is not written.
    """
    first, *others = _words(name) or ("",)
    for place in range(len(others)):
        yield " ".join((first, *others[place:]))


def _words(name: str) -> tuple[str, ...]:
    family, comma, given = name.partition(",")
    return tuple((real_name(f"{given} {family}" if comma else name) or "").split())


def _as_typed(typed: Identifiers) -> str:
    return repr([getattr(typed, one.name) for one in fields(typed)])


def _sound(name: str) -> str:
    return jellyfish.metaphone(name) or name


def _sector(where: str) -> str:
    """A postcode without its last two letters: about 3,000 addresses."""
    outward, _, inward = where.partition(" ")
    return f"{outward} {inward[:1]}"


def may_be_adult(typed: Identifiers, day: date) -> bool:
    """Whether somebody may be grown up: without a birth date, they may."""
    born = real_birth_date(typed.birth_date)
    return born is None or (day.year - born.year - ((day.month, day.day) < (born.month, born.day))) >= ADULT


def _home(near: str | None) -> Home | None:
    return "dwelling" if near == "dwelling" else "postcode" if near == "postcode" else None
