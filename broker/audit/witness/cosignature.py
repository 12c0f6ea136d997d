"""Cosignatures as C2SP tlog-cosignature says, of its Ed25519 kind (``cosignature/v1``): made and checked, purely.

    — witness.example/w1 jWbPPwAAAABkGFDLEZMHwSRaJNiIDoe9DYn/zXcrtPHeolMI5OWXEhZC...

In base64: the key's id (4 bytes, over the name and algorithm byte 4), the time (8 bytes, seconds since 1970), and
the Ed25519 signature over ``cosignature/v1``, ``time SECONDS`` and the checkpoint's whole text, each a line.
Source: https://c2sp.org/tlog-cosignature.
"""

from __future__ import annotations

import base64
import re
from dataclasses import dataclass
from datetime import UTC, datetime

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from broker.audit.checkpoint import (
    ED25519,
    PUBLIC_BYTES,
    NotACheckpoint,
    id_of_key,
    key_of,
    key_text,
    unbase64,
)

ALGORITHM = b"\x04"
_ID_BYTES, _TIME_BYTES, _SIGNATURE_BYTES = 4, 8, 64
_LINE = re.compile(r"— ([^\s+]+) ([A-Za-z0-9+/=]+)")


class NotCosigned(Exception):
    """There is no cosignature by this witness, or it does not hold."""


@dataclass(frozen=True, slots=True)
class Cosigner:
    """A witness's key, by its name and its public half (32 bytes)."""

    name: str
    public: bytes

    def text(self) -> str:
        """The key as people exchange it: ``name+id+key`` (C2SP signed-note), the id in hex, the key in base64."""
        return key_text(self.name, ALGORITHM, self.public)

    @classmethod
    def of(cls, text: str) -> Cosigner:
        """The key that ``text`` writes. Raises ValueError with a sentence that says what to do."""
        name, algorithm, public = key_of(text)
        if algorithm == ED25519:
            raise ValueError(
                "this is the key of a log; a witness prints its own with: broker audit witness init"
            )
        if algorithm != ALGORITHM or len(public) != PUBLIC_BYTES:
            raise ValueError(
                "this is a key of another kind: a witness's is an Ed25519 one, of cosignature/v1"
            )
        return cls(name, public)


@dataclass(frozen=True, slots=True)
class Cosignature:
    """That a witness had seen this checkpoint, at that time by its own clock.

    ``line`` is as it stands in a note.
    """

    line: str
    at: datetime


def cosigned(text: str, name: str, key: Ed25519PrivateKey, now: datetime) -> str:
    """The line, with its newline, by which a witness cosigns a checkpoint's ``text`` (with its last newline)."""
    seconds = int(now.timestamp())
    signature = key.sign(_message(text, seconds))
    raw = (
        id_of_key(name, ALGORITHM, key.public_key().public_bytes_raw())
        + seconds.to_bytes(_TIME_BYTES, "big")
        + signature
    )
    return f"— {name} {base64.b64encode(raw).decode()}\n"


def cosignature_in(lines: str, text: str, cosigner: Cosigner) -> Cosignature:
    """This witness's cosignature of ``text`` among signature lines; those of other keys are passed over.

    Of several, the latest. Raises NotCosigned when there is none, and when one of this very key does not hold.
    """
    found = [one for line in lines.splitlines() if (one := _of(line, cosigner)) is not None]
    if not found:
        raise NotCosigned
    return max((_checked(line, raw, text, cosigner) for line, raw in found), key=lambda one: one.at)


def _of(line: str, cosigner: Cosigner) -> tuple[str, bytes] | None:
    """A line and what its base64 says, when name and key id are this witness's."""
    matched = _LINE.fullmatch(line)
    if matched is None or matched[1] != cosigner.name:
        return None
    try:
        raw = unbase64(matched[2])
    except NotACheckpoint:
        return None
    ours = id_of_key(cosigner.name, ALGORITHM, cosigner.public)
    return (line, raw) if raw[:_ID_BYTES] == ours else None


def _checked(line: str, raw: bytes, text: str, cosigner: Cosigner) -> Cosignature:
    if len(raw) != _ID_BYTES + _TIME_BYTES + _SIGNATURE_BYTES:
        raise NotCosigned
    seconds = int.from_bytes(raw[_ID_BYTES : _ID_BYTES + _TIME_BYTES], "big")
    try:
        Ed25519PublicKey.from_public_bytes(cosigner.public).verify(
            raw[-_SIGNATURE_BYTES:], _message(text, seconds)
        )
        at = datetime.fromtimestamp(seconds, UTC)
    except (InvalidSignature, ValueError, OverflowError, OSError):
        raise NotCosigned from None
    return Cosignature(f"{line}\n", at)


def _message(text: str, seconds: int) -> bytes:
    return f"cosignature/v1\ntime {seconds}\n{text}".encode()
