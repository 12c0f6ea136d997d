"""What an owner learns later: that somebody asked for a person of whom a record was withheld.

An owner whose policy says ``alert_owner_when_withheld`` is left a *note* of every consultation that searched its
source, in the audit log, beside what was disclosed. It is made on the owner's side and sealed for the owner (HPKE,
RFC 9180), so that nobody else who reads the log learns from it. Neither its being there nor its length nor the
time that it takes tells whether anything was withheld: it is always made, and of all rows.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, Suite

from broker.consultation import Consultation
from broker.matching.grades import Grade
from broker.matching.match import match
from broker.matching.weights import Weights
from connectors.contract import Candidate
from connectors.source_file import SourceFile

FORMAT = "family-context-alert/1"
ROOM = 512
"""Bytes that a note has for each person who was asked about, whatever it says."""

_SUITE = Suite(KEM.X25519, KDF.HKDF_SHA256, AEAD.AES_256_GCM)
_AT_MOST = 8
_SUREST_FIRST = [Grade.CERTAIN, Grade.PROBABLE, Grade.POSSIBLE]


class NotForThisKey(Exception):
    """The note was sealed for another key, or was changed."""


@dataclass(frozen=True, slots=True)
class Alert:
    """A record that was withheld from a question whose person it is, as surely as ``grade`` says."""

    record: str = field(repr=False)
    grade: str
    purpose: str
    role: str
    relation: str


@dataclass(frozen=True, slots=True)
class Note:
    """What an owner reads. ``more``: there were more alerts than a note has room for, the least sure left out."""

    alerts: tuple[Alert, ...]
    more: bool


def note_of(
    consultation: Consultation,
    rows: Sequence[Candidate],
    withheld: Sequence[frozenset[int]],
    source: SourceFile,
    weights: Weights,
) -> bytes:
    """What there is to tell of the rows (by identity) that are ``withheld`` from each question. Always as long."""
    hits = match(
        [one.identifiers for one in consultation.people],
        rows,
        source.population,
        relatives=source.holds_relatives,
        weights=weights,
    )
    alerts = [
        Alert(row.local_key, hit.grade.value, one.ask.purpose, one.ask.role, one.ask.relation)
        for one, found, its in zip(consultation.people, hits, withheld, strict=True)
        for hit in found
        for row in hit.rows
        if id(row) in its
    ]
    alerts.sort(key=lambda alert: _SUREST_FIRST.index(Grade(alert.grade)))
    return _filled_up(alerts, len(consultation.people))


def sealed(note: bytes, key: X25519PublicKey, source: str, query_id: str) -> bytes:
    """The note for the holder of ``key`` alone, bound to the source and query: it can't be put elsewhere."""
    return _SUITE.encrypt(note, key, _bound(source, query_id))


def opened(raw: bytes, key: X25519PrivateKey, source: str, query_id: str) -> Note:
    """A note again. Raises NotForThisKey."""
    try:
        said = json.loads(_SUITE.decrypt(raw, key, _bound(source, query_id)))
    except (InvalidTag, ValueError):
        raise NotForThisKey from None
    return Note(tuple(Alert(**one) for one in said["alerts"]), said["more"])


def public_key(text: str) -> X25519PublicKey:
    """A key as it stands in a policy: 32 bytes in base64. Raises ValueError."""
    return X25519PublicKey.from_public_bytes(base64.b64decode(text, validate=True))


def as_text(key: X25519PublicKey) -> str:
    """A key as it stands in a policy."""
    return base64.b64encode(key.public_bytes_raw()).decode()


def _filled_up(alerts: Sequence[Alert], people: int) -> bytes:
    """As many alerts as there is room for, and blanks."""
    room, most = ROOM * people, _AT_MOST * people
    for many in range(min(most, len(alerts)), 0, -1):
        plain = _plain(alerts[:many], more=many < len(alerts))
        if len(plain) <= room:
            return plain.ljust(room)
    return _plain((), more=bool(alerts)).ljust(room)


def _plain(alerts: Sequence[Alert], *, more: bool) -> bytes:
    return json.dumps({"alerts": [asdict(one) for one in alerts], "more": more}).encode()


def _bound(source: str, query_id: str) -> bytes:
    return f"{FORMAT}\n{source}\n{query_id}\n".encode()
