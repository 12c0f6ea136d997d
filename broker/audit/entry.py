"""An entry's bytes: made once, never made again from what was read.

Canonical JSON (UTF-8, keys sorted, no blanks): ``{"clear": {...}, "parts": {...}, "tags": [...]}``. ``clear``
holds the format, the type, the time, a random id and the event's clear facts; its own canonical bytes are the
associated data of every encrypted part. Binary values are base64.
"""

from __future__ import annotations

import base64
import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from broker.audit.events import Event, ForAuditors, ForSource, OfPerson, Part
from broker.audit.keys import Keys
from broker.audit.sealing import Sealed, Unreadable, seal, unseal

FORMAT = "family-context-audit/1"
LONGEST = 65_535


class EntryTooLong(Exception):
    """The entry would be longer than a log entry may be (65,535 bytes)."""


@dataclass(frozen=True, slots=True)
class Entry:
    """An entry's bytes, and what the index needs of it."""

    raw: bytes = field(repr=False)
    kind: str
    query_id: str | None
    tags: tuple[bytes, ...] = field(repr=False)


def entry_of(event: Event, keys: Keys) -> Entry:
    """Encrypt an event and fix its bytes. Raises EntryTooLong."""
    clear = {
        "format": FORMAT,
        "type": event.kind,
        "at": event.at.isoformat(timespec="milliseconds"),
        "id": secrets.token_hex(16),
        "query_id": event.query_id,
        **event.clear(),
    }
    bound, tags = canonical(clear), tuple(sorted(set(event.tags(keys.tags))))
    parts = {name: _sealed(part, keys, bound) for name, part in event.parts().items()}
    raw = canonical({"clear": clear, "tags": [_text(tag) for tag in tags], "parts": parts})
    if len(raw) > LONGEST:
        raise EntryTooLong
    return Entry(raw, event.kind, event.query_id, tags)


def opened(raw: bytes, keys: Keys) -> Mapping[str, Any]:
    """An entry's clear facts and every part that the keys still open; a part that they don't is None."""
    content = json.loads(raw)
    bound = canonical(content["clear"])
    return {
        **content["clear"],
        **{name: _opened(part, keys, bound) for name, part in content["parts"].items()},
    }


def canonical(content: Any) -> bytes:
    """Canonical JSON."""
    text = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False, default=_plain)
    return text.encode()


def _sealed(part: Part, keys: Keys, bound: bytes) -> Mapping[str, str]:
    key_name, key = _key_for(part, keys)
    sealed = seal(canonical(part.facts), key, bound)
    return {"key": key_name, "wrapped_key": _text(sealed.wrapped_key), "sealed": _text(sealed.sealed)}


def _key_for(part: Part, keys: Keys) -> tuple[str, bytes]:
    match part:
        case ForAuditors():
            return "auditors", keys.for_auditors()
        case ForSource(source=source):
            return f"source {source}", keys.for_source(source)
        case OfPerson(person=person):
            key_id, key = keys.person_key(person)
            return f"person {key_id.hex()}", key


def _opened(part: Mapping[str, str], keys: Keys, bound: bytes) -> Any:
    key = _key_named(part["key"], keys)
    if key is None:
        return None
    try:
        return json.loads(unseal(Sealed(_bytes(part["wrapped_key"]), _bytes(part["sealed"])), key, bound))
    except Unreadable:
        return None


def _key_named(name: str, keys: Keys) -> bytes | None:
    kind, _, which = name.partition(" ")
    match kind:
        case "auditors":
            return keys.for_auditors()
        case "source":
            return keys.for_source(which)
        case _:
            return keys.person_key_by_id(bytes.fromhex(which))


def _plain(value: Any) -> Any:
    if isinstance(value, date):
        return value.isoformat()
    raise TypeError


def _text(raw: bytes) -> str:
    return base64.b64encode(raw).decode()


def _bytes(text: str) -> bytes:
    return base64.b64decode(text)
