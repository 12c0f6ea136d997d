"""Keyed tags: how a person, a requester or a case is found in the log without being named in it.

A tag is HMAC-SHA256 under a key of its own type, never a bare hash: NHS numbers could be tried out one by one.

A person has *strong* tags (a number; names with a birth date), under which their key is kept, and *loose* ones
(initial and sound of the family name; birth date with either name), so that queries for one person that differ
in one identifier share at least one tag.
"""

from __future__ import annotations

import hmac
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import jellyfish

from broker.matching.normalise import fold, valid_nhs_number, valid_upn
from connectors.contract import Identifiers

TYPES = ("requester", "case", "nhs_number", "upn", "names_and_birth_date", "names", "name_and_birth_date")
STRONG = ("nhs_number", "upn", "names_and_birth_date")
_BYTES = 16


@dataclass(frozen=True, slots=True)
class TagKeys:
    """One 32-byte key a type."""

    keys: Mapping[str, bytes] = field(repr=False)

    def tag(self, kind: str, value: str) -> bytes:
        """16 bytes of HMAC-SHA256 over a normalised value."""
        return hmac.digest(self.keys[kind], f"{kind}\x00{value}".encode(), "sha256")[:_BYTES]

    def person(self, person: Identifiers) -> tuple[bytes, ...]:
        """Every tag of a person, sorted."""
        return tuple(sorted({self.tag(kind, value) for kind, value in _values(person)}))

    def strong(self, person: Identifiers) -> tuple[bytes, ...]:
        """The tags that stand for one person alone, as far as identifiers can."""
        return tuple(sorted({self.tag(kind, value) for kind, value in _values(person) if kind in STRONG}))


def _values(person: Identifiers) -> Iterator[tuple[str, str]]:
    if number := valid_nhs_number(person.nhs_number):
        yield "nhs_number", number
    if number := valid_upn(person.upn):
        yield "upn", number
    given, family = fold(person.given_name or ""), fold(person.family_name or "")
    families = [family, *(fold(name) for name in person.other_family_names)]
    born = person.birth_date.isoformat() if person.birth_date else None
    for name in filter(None, families):
        if given:
            yield "names", f"{given[0]} {_sound(name)}"
        if born:
            yield "name_and_birth_date", f"family {_sound(name)} {born}"
        if given and born:
            yield "names_and_birth_date", f"{given} {name} {born}"
    if given and born:
        yield "name_and_birth_date", f"given {_sound(given)} {born}"


def _sound(name: str) -> str:
    """The name by its sound (Metaphone), so that Smith and Smyth are one; itself where letters have none."""
    return jellyfish.metaphone(name) or name
