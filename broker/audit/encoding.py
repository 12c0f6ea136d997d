"""Events made entries: encrypted, and their bytes fixed (``entry`` says what an entry is).

All that are written together are made together. Everybody's keys are asked for at once, and so is randomness, for
to ask is most of what either costs.
"""

from __future__ import annotations

import os
from binascii import b2a_base64, hexlify
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC
from functools import lru_cache

from broker.audit.entry import FORMAT, LONGEST, PERSON, Entry, EntryTooLong, bound_to, line
from broker.audit.event import Event, ForAuditors, ForOwner, ForSource, OfPerson, Part
from broker.audit.keys import Keys
from broker.audit.keys.epoch import Epoch
from broker.audit.keystore import KeyVanished
from broker.audit.person_keys import PersonKey
from broker.audit.sealing import RANDOM_BYTES, sealed_with
from broker.audit.tags import PersonTags

_ID_BYTES = 16
_OF_PERSON = PERSON.encode()


@dataclass(slots=True)
class _Begun:
    """An event that is to be an entry, with its parts, and who it is about."""

    event: Event = field(repr=False)
    parts: Mapping[str, Part] = field(repr=False)
    people: list[PersonTags] = field(repr=False)


def entry_of(event: Event, keys: Keys) -> Entry:
    """Encrypt an event and fix its bytes.

    Raises EntryTooLong; KeyVanished; ValueError where ``at`` has no time zone.
    """
    (made,) = entries_of([event], keys)
    if isinstance(made, Exception):
        raise made
    return made


def entries_of(events: Sequence[Event], keys: Keys) -> list[Entry | Exception]:
    """The same of many. What cannot be an entry fails alone: in its place is what ``entry_of`` would raise.

    The keys of new people are durable on return. Raises what the keystore raises: then there is no entry.
    """
    epoch = keys.current  # taken once: a new one may begin meanwhile
    begun = [_begun(event, epoch) for event in events]
    whole = [one for one in begun if isinstance(one, _Begun)]
    ids = iter(_pieces(_ID_BYTES, len(whole)))
    random = iter(_pieces(RANDOM_BYTES, sum(len(one.parts) for one in whole)))
    with keys.keystore.keys_for([tags for one in whole for tags in one.people], epoch.name) as people:
        found = iter(people)
        return [
            one if isinstance(one, Exception) else _ended(one, epoch, next(ids), found, random)
            for one in begun
        ]


def _pieces(length: int, count: int) -> list[bytes]:
    random = os.urandom(length * count)
    return [random[at : at + length] for at in range(0, len(random), length)]


def _begun(event: Event, epoch: Epoch) -> _Begun | Exception:
    """Only what the keystore has to know first: all else is done while it writes."""
    try:
        parts = event.parts()
        people = [epoch.tags.of_person(one.person) for one in parts.values() if isinstance(one, OfPerson)]
        return _Begun(event, parts, people)
    except Exception as fault:  # noqa: BLE001 -- one bad event must not stop everyone's log
        return fault


def _ended(
    begun: _Begun, epoch: Epoch, entry_id: bytes, found: Iterator[PersonKey | None], random: Iterator[bytes]
) -> Entry | Exception:
    people = [next(found) for _ in begun.people]
    pieces = [next(random) for _ in begun.parts]
    if None in people:
        return KeyVanished()
    try:
        return _entry(begun, epoch, entry_id, [one for one in people if one], pieces)
    except Exception as fault:  # noqa: BLE001 -- as above
        return fault


def _entry(
    begun: _Begun, epoch: Epoch, entry_id: bytes, people: Sequence[PersonKey], random: Sequence[bytes]
) -> Entry:
    """``people``: the keys of those whom parts are about, in their order. ``random``: a piece for each part."""
    event, keys, parts = begun.event, iter(people), {}
    at, clear = _clear(event, epoch, entry_id)
    for (name, part), piece in zip(begun.parts.items(), random, strict=True):
        parts[name] = _part(part, epoch, keys, bound_to(clear, name), piece)
    tags = tuple(sorted({*event.tags(epoch.tags), *[key_id for key_id, _ in people]}))
    raw = clear + _listed(tags) + _named(parts)
    if len(raw) > LONGEST:
        raise EntryTooLong
    return Entry(raw, event.kind, at, event.query_id, tags)


def _clear(event: Event, epoch: Epoch, entry_id: bytes) -> tuple[str, bytes]:
    """The time, and the first line."""
    if event.at.tzinfo is None:
        raise ValueError("an event's time has a time zone")
    at = event.at.astimezone(UTC).isoformat(timespec="milliseconds")
    facts = {
        "format": FORMAT,
        "type": event.kind,
        "at": at,
        "id": entry_id.hex(),
        "epoch": epoch.name,
        "query_id": event.query_id,
        **event.clear(),
    }
    return at, line(facts)


def _listed(tags: Sequence[bytes]) -> bytes:
    """The second line, as ``line`` would write it."""
    return b'["%b"]\n' % b'","'.join(map(_text, tags)) if tags else b"[]\n"


def _named(parts: Mapping[str, bytes]) -> bytes:
    """The third line, as ``line`` would write it."""
    return b"{%b}\n" % b",".join([b"%b:%b" % (_quoted(name), parts[name]) for name in sorted(parts)])


def _part(part: Part, epoch: Epoch, people: Iterator[PersonKey], bound: bytes, random: bytes) -> bytes:
    """One part, as ``line`` would write it but for the line end."""
    if isinstance(part, ForOwner):
        return b'{"key":%b,"sealed":"%b"}' % (_quoted(f"owner {part.source}"), _text(part.sealed))
    key_name, key = _key_for(part, epoch, people)
    wrapped_key, sealed = sealed_with(random, line(part.facts), key, bound, part.room)
    return b'{"key":%b,"sealed":"%b","wrapped_key":"%b"}' % (key_name, _text(sealed), _text(wrapped_key))


def _key_for(
    part: ForAuditors | ForSource | OfPerson, epoch: Epoch, people: Iterator[PersonKey]
) -> tuple[bytes, bytes]:
    match part:
        case ForSource(source=source):
            return _quoted(f"source {source}"), epoch.for_source(source)
        case OfPerson():
            key_id, key = next(people)
            return b'"%b%b"' % (_OF_PERSON, hexlify(key_id)), key
        case ForAuditors():
            return b'"auditors"', epoch.for_auditors()


@lru_cache(maxsize=256)  # names of parts and of sources: a few dozen, and nothing of anyone
def _quoted(text: str) -> bytes:
    return line(text)[:-1]


def _text(raw: bytes) -> bytes:
    return b2a_base64(raw, newline=False)
