"""The register of flags: people, and requesters' own homes, whose look-ups a human should look at.

A flag shows to nobody who asks, and changes no answer. Not even the register says who is flagged: it keeps
keyed tags, by which somebody who is asked about is recognised, and by which nobody can be read.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Literal

from broker.audit.tags import TagKeys
from broker.matching.places import place
from broker.registers.store import Store
from connectors.contract import Identifiers

REGISTER = "flags"
Of = Literal["person", "home"]

_SURE = frozenset({"nhs number", "upn", "names and birth date"})
_TOGETHER = frozenset({"names by sound", "name and birth date"})
"""Kinds of tag: one of the first says who somebody is; of a name that is spelt otherwise, both of the others."""


@dataclass(frozen=True, slots=True)
class Flag:
    """One flag in force. ``tags``: of a person by kind; of a home by how near it is, dwelling or postcode."""

    id: str
    of: Of
    reason: str = field(repr=False)
    review_on: date
    by: str
    tags: Mapping[bytes, str] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Flags:
    """Every flag in force, ready to be held against who is asked about: by tag, whose it is and of which kind."""

    people: Mapping[bytes, tuple[tuple[str, str], ...]] = field(default_factory=dict, repr=False)
    homes: Mapping[bytes, str] = field(default_factory=dict, repr=False)

    def flagged(self, tags: Iterable[bytes]) -> bool:
        """Whether somebody who bears these tags is flagged, also where they are spelt a little otherwise."""
        shared: dict[str, set[str]] = {}
        for tag in tags:
            for flag, kind in self.people.get(tag, ()):
                shared.setdefault(flag, set()).add(kind)
        return any(map(_same, shared.values()))

    def home(self, requester: str, person: Identifiers, keys: TagKeys) -> str | None:
        """How near a person lives to this requester's own home: dwelling, postcode, or None."""
        found = {self.homes.get(tag) for tag in home_tags(requester, person, keys)}
        return "dwelling" if "dwelling" in found else "postcode" if "postcode" in found else None


def new_id() -> str:
    """The id of a new flag: it tells nothing."""
    return f"flag-{secrets.token_hex(4)}"


def person_tags(person: Identifiers, keys: TagKeys) -> Mapping[bytes, str]:
    """The tags of somebody who is to be flagged, by kind."""
    return keys.person_by_type(person)


def home_tags(requester: str, home: Identifiers, keys: TagKeys) -> Mapping[bytes, str]:
    """The tags of a requester's own home, as far as it was told: its dwelling, its postcode."""
    where = place(home.address, home.postcode, home.uprn)
    told: dict[bytes, str] = {}
    if where.postcode:
        told[keys.tag("home", f"{requester}|{where.postcode}")] = "postcode"
    if where.postcode and where.numbers and where.street:
        dwelling = f"{' '.join(where.numbers)} {where.street} {where.postcode}"
        told[keys.tag("home", f"{requester}|{dwelling}")] = "dwelling"
    if where.uprn:
        told[keys.tag("home", f"{requester}|{where.uprn}")] = "dwelling"
    return told


def add(store: Store, flag: Flag, now: datetime) -> None:
    """Write a flag. Raises RegisterUnavailable."""
    facts = {
        "state": "added",
        "flag": flag.id,
        "of": flag.of,
        "reason": flag.reason,
        "review_on": flag.review_on.isoformat(),
        "by": flag.by,
        "tags": {tag.hex(): kind for tag, kind in flag.tags.items()},
    }
    store.write(REGISTER, facts, now)


def lift(store: Store, flag_id: str, reason: str, by: str, now: datetime) -> None:
    """Lift a flag. That it was there stays in the register. Raises RegisterUnavailable."""
    store.write(REGISTER, {"state": "lifted", "flag": flag_id, "reason": reason, "by": by}, now)


def in_force(store: Store) -> list[Flag]:
    """The flags that were added and not lifted, oldest first. Raises RegisterUnavailable."""
    flags: dict[str, Flag] = {}
    for one in store.entries(REGISTER):
        said = one.facts
        if said["state"] == "lifted":
            flags.pop(said["flag"], None)
            continue
        flags[said["flag"]] = Flag(
            id=said["flag"],
            of=said["of"],
            reason=said["reason"],
            review_on=date.fromisoformat(said["review_on"]),
            by=said["by"],
            tags={bytes.fromhex(tag): kind for tag, kind in said["tags"].items()},
        )
    return list(flags.values())


def flags_of(flags: Iterable[Flag]) -> Flags:
    """Flags in force, by what they are recognised by."""
    people: dict[bytes, tuple[tuple[str, str], ...]] = {}
    homes: dict[bytes, str] = {}
    for one in flags:
        for tag, kind in one.tags.items():
            if one.of == "home":
                homes[tag] = kind
            else:
                people[tag] = (*people.get(tag, ()), (one.id, kind))
    return Flags(people, homes)


def _same(kinds: set[str]) -> bool:
    return bool(kinds & _SURE) or kinds >= _TOGETHER
