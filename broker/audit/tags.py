"""Keyed tags: how a person, a requester or a case is found in the log without being named in it.

A tag is HMAC-SHA256 under a key of its own type, never a bare hash: NHS numbers could be tried out one by one.

Every person has several, so that queries for one person that differ in one identifier share at least one tag:
a number; the names, by initial and sound (Metaphone, Lawrence Philips 1990) so that Smith and Smyth are one;
any one name with the birth date; the given name with a place. Household members share none of the last.

Few of them stand for one person alone. Those are the person's *key tags*: by them their key is found.

No entry bears a tag of a person. The keystore alone has them, with the person's key: they are destroyed together.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.hmac import HMAC

from broker.audit.sealing import derived
from broker.audit.tag_values import Value, differing, key_values, names_of, shared, values_of
from broker.matching.normalise import fold
from connectors.contract import Identifiers

_BYTES = 16


@dataclass(frozen=True, slots=True)
class PersonTags:
    """A person's tags. ``alone`` stand for one person alone, the surest first; ``every`` includes them."""

    alone: tuple[bytes, ...] = field(repr=False)
    every: tuple[bytes, ...] = field(repr=False)


@dataclass(frozen=True, slots=True)
class TagKeys:
    """The keys of an epoch's tags: one for each type, derived from one of 32 bytes."""

    epoch_key: bytes = field(repr=False)
    _by_type: dict[str, bytes] = field(default_factory=dict, repr=False, compare=False)
    _begun: dict[str, HMAC] = field(default_factory=dict, repr=False, compare=False)

    def requester(self, subject: str) -> bytes:
        return self.tag("requester", subject)

    def case(self, reference: str) -> bytes:
        return self.tag("case", fold(reference))

    def team(self, team: str) -> bytes:
        return self.tag("team", fold(team))

    def kind(self, kind: str) -> bytes:
        """For entries that are looked up by their type alone."""
        return self.tag("type of entry", kind)

    def person(self, person: Identifiers) -> tuple[bytes, ...]:
        """Every tag of a person, sorted."""
        return tuple(sorted(self._tags(values_of(person))))

    def person_by_type(self, person: Identifiers) -> dict[bytes, str]:
        """Every tag of a person, with the type that it is of."""
        return self._tags(values_of(person))

    def key_tags(self, person: Identifiers) -> tuple[bytes, ...]:
        """The tags that stand for one person alone, as far as identifiers can; the surest first.

        Where there is neither a number nor names with a birth date, it is all that was typed together.
        """
        return tuple(self._tags(key_values(person, names_of(person))))

    def of_person(self, person: Identifiers) -> PersonTags:
        """Both at once: the key tags, and every tag."""
        names = names_of(person)
        alone = self._tags(key_values(person, names))
        return PersonTags(tuple(alone), (*alone, *(self._tags(shared(person, names)).keys() - alone.keys())))

    def telling_apart(self, person: Identifiers) -> dict[str, frozenset[str]]:
        """Tags in hexadecimal of what two people differ in, by its type: those of one person share one of each.

        A type that is not known of the person is left out: nobody differs in it.
        """
        known: dict[str, set[str]] = {}
        for kind, value in differing(person):
            known.setdefault(kind, set()).add(self.tag(kind, value).hex())
        return {kind: frozenset(tags) for kind, tags in known.items()}

    def tag(self, kind: str, value: str) -> bytes:
        """16 bytes of HMAC-SHA256 over a normalised value."""
        begun = self._begun.get(kind) or self._begin(kind)
        going_on = begun.copy()  # a third of what it costs to begin with the key
        # What was typed may hold half a surrogate pair, which plain UTF-8 refuses.
        going_on.update(value.encode() if value.isascii() else value.encode("utf-8", "surrogatepass"))
        return going_on.finalize()[:_BYTES]

    def _begin(self, kind: str) -> HMAC:
        key = self._by_type.get(kind) or derived(self.epoch_key, f"tag {kind}")
        begun = self._begun[kind] = HMAC(key, SHA256())
        return begun

    def _tags(self, values: Iterable[Value]) -> dict[bytes, str]:
        """The tags of values, in their order, each with its type."""
        tag = self.tag
        return {tag(kind, value): kind for kind, value in values}


def lasting_tag(kind: str) -> bytes:
    """For entries that are looked up by their type alone, and have to be found when their epoch is destroyed.

    It is under no key: an entry's type stands clear. 16 bytes of SHA-256.
    """
    return hashlib.sha256(f"type of entry, in every epoch\n{kind}".encode()).digest()[:_BYTES]
