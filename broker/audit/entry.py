"""An entry's bytes: made once (``encoding``), and never made again from what was read.

Three lines of JSON (UTF-8, keys sorted, no blanks between), each with its line end:

    the clear facts      an object: format, type, time, a random id, the epoch of the keys, the event's own
    the keyed tags       a list of base64, sorted: of who asked, of the case; and, for each person whom the entry
                         is about, the id of their key
    the encrypted parts  an object by name: whose key, the wrapped key, nonce and ciphertext, in base64

The first line as it stands, a line end and the part's name are the associated data of every encrypted part.
"""

from __future__ import annotations

import binascii
import json
import re
from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass, field, is_dataclass
from datetime import date
from typing import Any, TypeAlias

import orjson
from pydantic_core import from_json

from broker.audit.keys import Keys
from broker.audit.keys.epoch import Epoch
from broker.audit.sealing import Sealed, Unreadable, unseal

FORMAT = "family-context-audit/2"
LONGEST = 65_535
PERSON = "person "
"""Before the id of a person's key, in hexadecimal, in the key's name."""

_KEY_OF_PERSON = re.compile(rb'"key":"person ([0-9a-f]{32})"')
_WRITTEN = orjson.OPT_SORT_KEYS | orjson.OPT_APPEND_NEWLINE | orjson.OPT_PASSTHROUGH_DATETIME

Listing: TypeAlias = tuple[str | None, str, str, tuple[bytes, ...]]
"""What the index has of an entry: its query's id, its type, its time, and the tags that it bears."""


class EntryTooLong(Exception):
    """The entry would be longer than a log entry may be (65,535 bytes)."""


@dataclass(frozen=True, slots=True)
class Entry:
    """An entry's bytes, and what the index has of it. ``at`` is ISO 8601 in UTC with milliseconds."""

    raw: bytes = field(repr=False)
    kind: str
    at: str
    query_id: str | None
    tags: tuple[bytes, ...] = field(repr=False)


def indexed(raw: bytes) -> Entry:
    """An entry again from its bytes. Raises as ``listing`` does."""
    query_id, kind, at, tags = listing(raw)
    return Entry(raw, kind, at, query_id, tags)


def listing(raw: bytes) -> Listing:
    """What the index has of an entry. Raises ValueError, KeyError or TypeError for bytes that are no entry."""
    first = raw.index(b"\n")
    second = raw.index(b"\n", first + 1)
    if raw.find(b"\n", second + 1) != len(raw) - 1 or b"\r" in raw:
        raise ValueError("an entry has three lines")
    facts, tags = _read(raw[:first]), raw[first + 1 : second]
    borne = () if tags == b"[]" else tuple([_bytes(tag) for tag in _read(tags)])
    return facts["query_id"], facts["type"], facts["at"], borne


def people_of(raw: bytes) -> Mapping[str, bytes]:
    """The ids of the keys of everybody whom an entry is about, by the names of their parts."""
    return _key_ids(parts_of(raw))


def key_ids_in(raw: bytes) -> frozenset[bytes]:
    """The same ids alone, twenty times as fast: of everything else that stands in an entry's third line, nothing
    that anybody typed is readable.
    """
    return frozenset(map(binascii.unhexlify, _KEY_OF_PERSON.findall(raw, raw.index(b"\n"))))


def parts_of(raw: bytes) -> Mapping[str, Mapping[str, str]]:
    """An entry's parts by name, as they are sealed."""
    parts: Mapping[str, Mapping[str, str]] = json.loads(raw.splitlines()[2])
    return parts


def _key_ids(parts: Mapping[str, Mapping[str, str]]) -> dict[str, bytes]:
    return {
        name: bytes.fromhex(part["key"].removeprefix(PERSON))
        for name, part in parts.items()
        if part["key"].startswith(PERSON)
    }


def _read(line: bytes) -> Any:
    """What a line of JSON says: by a parser that is three times as fast, where the line is plain UTF-8."""
    try:
        return from_json(line, cache_strings="keys")
    except ValueError:
        return json.loads(line.decode("utf-8", "surrogatepass"))


def opened(raw: bytes, keys: Keys, only: Collection[str] | None = None) -> Mapping[str, Any]:
    """An entry's clear facts and every part that the keys still open; a part that they don't is None.

    What is for an owner alone stays as it is sealed, in base64. ``only``: the parts of these names, and nobody's
    but those.
    """
    clear, _, parts = raw.splitlines(keepends=True)
    facts, sealed = json.loads(clear), json.loads(parts)
    epoch = keys.epoch_named(facts["epoch"])
    return {
        **facts,
        **{
            name: _opened(sealed[name], keys, epoch, bound_to(clear, name))
            for name in sealed
            if only is None or name in only
        },
    }


def line(content: Any) -> bytes:
    """A line of JSON: keys sorted, no blanks between, its line end. Of a dataclass, its fields in their order.

    Raises TypeError for what JSON does not have.
    """
    try:
        return orjson.dumps(content, _plain, _WRITTEN)
    except TypeError:  # what was typed may hold half a surrogate pair, which plain UTF-8 refuses
        text = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False, default=_plain)
        return text.encode("utf-8", "surrogatepass") + b"\n"


def bound_to(clear: bytes, name: str) -> bytes:
    """What a part is bound to: its associated data."""
    return clear + name.encode()


def _opened(part: Mapping[str, str], keys: Keys, epoch: Epoch | None, bound: bytes) -> Any:
    if part["key"].startswith("owner "):
        return {"sealed": part["sealed"]}
    key = _key_named(part["key"], keys, epoch)
    if key is None:
        return None
    try:
        plain = unseal(Sealed(_bytes(part["wrapped_key"]), _bytes(part["sealed"])), key, bound)
    except Unreadable:
        return None
    return json.loads(plain.decode("utf-8", "surrogatepass"))


def _key_named(name: str, keys: Keys, epoch: Epoch | None) -> bytes | None:
    """The key of a part; None when it was destroyed, or the entry's epoch was."""
    kind, _, which = name.partition(" ")
    if epoch is None:
        return None
    match kind:
        case "auditors":
            return epoch.for_auditors()
        case "source":
            return epoch.for_source(which)
        case _:
            return keys.keystore.key(bytes.fromhex(which))


def _plain(value: Any) -> Any:
    if isinstance(value, date):
        return value.isoformat()
    if is_dataclass(value) and not isinstance(value, type):
        return asdict(value)
    raise TypeError


def _bytes(text: str) -> bytes:
    return binascii.a2b_base64(text, strict_mode=True)
