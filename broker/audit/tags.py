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
from collections.abc import Iterator
from dataclasses import dataclass, field

import jellyfish
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.hmac import HMAC

from broker.audit.sealing import derived
from broker.matching.nicknames import other_forms_of
from broker.matching.normalise import fold, postcode, real_birth_date, real_name, valid_nhs_number, valid_upn
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
        return tuple(sorted({self.tag(kind, value) for kind, value in _values(person)}))

    def person_by_type(self, person: Identifiers) -> dict[bytes, str]:
        """Every tag of a person, with the type that it is of."""
        return {self.tag(kind, value): kind for kind, value in _values(person)}

    def key_tags(self, person: Identifiers) -> tuple[bytes, ...]:
        """The tags that stand for one person alone, as far as identifiers can; the surest first.

        Where there is neither a number nor names with a birth date, it is all that was typed together.
        """
        alone = list(_alone(person)) or list(_as_typed(person))
        return tuple(dict.fromkeys(self.tag(kind, value) for kind, value in alone))

    def of_person(self, person: Identifiers) -> PersonTags:
        """Both at once: the key tags, and every tag."""
        alone = self.key_tags(person)
        shared = (self.tag(kind, value) for kind, value in _shared(person))
        return PersonTags(alone, tuple(dict.fromkeys((*alone, *shared))))

    def telling_apart(self, person: Identifiers) -> dict[str, frozenset[str]]:
        """Tags in hexadecimal of what two people differ in, by its type: those of one person share one of each.

        A type that is not known of the person is left out: nobody differs in it.
        """
        known: dict[str, set[str]] = {}
        for kind, value in _differing(person):
            known.setdefault(kind, set()).add(self.tag(kind, value).hex())
        return {kind: frozenset(tags) for kind, tags in known.items()}

    def tag(self, kind: str, value: str) -> bytes:
        """16 bytes of HMAC-SHA256 over a normalised value."""
        if kind not in self._begun:
            key = self._by_type.get(kind) or derived(self.epoch_key, f"tag {kind}")
            self._begun[kind] = HMAC(key, SHA256())
        going_on = self._begun[kind].copy()  # a third of what it costs to begin with the key
        # What was typed may hold half a surrogate pair, which plain UTF-8 refuses.
        going_on.update(value.encode("utf-8", "surrogatepass"))
        return going_on.finalize()[:_BYTES]


def lasting_tag(kind: str) -> bytes:
    """For entries that are looked up by their type alone, and have to be found when their epoch is destroyed.

    It is under no key: an entry's type stands clear. 16 bytes of SHA-256.
    """
    return hashlib.sha256(f"type of entry, in every epoch\n{kind}".encode()).digest()[:_BYTES]


def _values(person: Identifiers) -> Iterator[tuple[str, str]]:
    yield from _alone(person)
    yield from _shared(person)


def _alone(person: Identifiers) -> Iterator[tuple[str, str]]:
    yield from _numbers(person)
    yield from _names_and_birth_date(person)


def _shared(person: Identifiers) -> Iterator[tuple[str, str]]:
    yield from (("names by sound", value) for value in _names_by_sound(person))
    yield from (("name and birth date", value) for value in _name_and_birth_date(person))
    yield from (("name and place", value) for value in _name_and_place(person))


def _numbers(person: Identifiers) -> Iterator[tuple[str, str]]:
    if number := valid_nhs_number(person.nhs_number):
        yield "nhs number", number
    if number := valid_upn(person.upn):
        yield "upn", number


def _names_and_birth_date(person: Identifiers) -> Iterator[tuple[str, str]]:
    given, born = real_name(person.given_name), real_birth_date(person.birth_date)
    if given and born:
        yield from (("names and birth date", f"{given}|{name}|{born}") for name in _families(person))


def _differing(person: Identifiers) -> Iterator[tuple[str, str]]:
    yield from _numbers(person)
    for given in _words(person.given_name)[:1]:
        yield from (("given name", form) for form in (given, *other_forms_of(given)))
    if born := real_birth_date(person.birth_date):
        yield "birth date", str(born)


def _as_typed(person: Identifiers) -> Iterator[tuple[str, str]]:
    between = "/".join(day.isoformat() for day in person.born_between or ())
    typed = (person.given_name or "", person.family_name or "", str(person.birth_date or between))
    if any(typed):
        yield "as typed", "|".join(map(fold, typed))


def _names_by_sound(person: Identifiers) -> Iterator[str]:
    """Initial of the given name, or of a form of it (Liz, Elizabeth), with the sound of a family name; and the
    other way round, for a slip that changes the family name's sound.
    """
    for given in _words(person.given_name)[:1]:
        initials = {name[0] for name in (given, *other_forms_of(given))}
        for family in {word for name in _families(person) for word in name.split()}:
            yield from (f"{initial} {_sound(family)}" for initial in initials)
            yield f"{_sound(given)} {family[0]}"


def _name_and_birth_date(person: Identifiers) -> Iterator[str]:
    """Each word of each name by its sound: so names that were swapped, joined or left out still meet."""
    if born := real_birth_date(person.birth_date):
        for name in (*_words(person.given_name), *_families(person)):
            yield from (f"{_sound(word)} {born}" for word in name.split())


def _name_and_place(person: Identifiers) -> Iterator[str]:
    places = (postcode(person.postcode), fold(person.uprn or ""), fold(person.address or ""))
    for given in _words(person.given_name)[:1]:
        yield from (f"{_sound(given)} {place}" for place in places if place)


def _families(person: Identifiers) -> tuple[str, ...]:
    written = (person.family_name, *person.other_family_names)
    return tuple(filter(None, map(real_name, written)))


def _words(name: str | None) -> tuple[str, ...]:
    return tuple((real_name(name) or "").split())


def _sound(word: str) -> str:
    """The word by its sound; itself where its letters have none for Metaphone."""
    return jellyfish.metaphone(word) or word
