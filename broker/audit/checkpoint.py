"""Checkpoints: the log's size and root, signed, in the text forms of C2SP tlog-checkpoint and signed-note.

    northshire.example/family-context
    42
    CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=

    — northshire.example/family-context Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=

The signature is Ed25519 over the text up to and with the empty line's newline before it.
"""  # noqa: E501 -- a signed note has long lines

from __future__ import annotations

import base64
import binascii
import hashlib
from dataclasses import dataclass

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

_ED25519 = b"\x01"
_ID_BYTES = 4


class NotACheckpoint(Exception):
    """The text is no checkpoint of this log, or its signature does not hold."""


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """That the log of this origin had ``size`` entries with this root."""

    origin: str
    size: int
    root: bytes

    def text(self) -> str:
        return f"{self.origin}\n{self.size}\n{base64.b64encode(self.root).decode()}\n"


def key_id(origin: str, public: bytes) -> bytes:
    """The first four bytes of SHA-256 over name, newline, algorithm and key (C2SP signed-note)."""
    return hashlib.sha256(origin.encode() + b"\n" + _ED25519 + public).digest()[:_ID_BYTES]


def verifier_key(origin: str, public: bytes) -> str:
    """The key as auditors' tools take it: ``name+hash+base64``."""
    encoded = base64.b64encode(_ED25519 + public).decode()
    return f"{origin}+{key_id(origin, public).hex()}+{encoded}"


def signed(checkpoint: Checkpoint, key: Ed25519PrivateKey) -> str:
    """The checkpoint as a signed note."""
    text = checkpoint.text()
    signature = key_id(checkpoint.origin, key.public_key().public_bytes_raw()) + key.sign(text.encode())
    return f"{text}\n— {checkpoint.origin} {base64.b64encode(signature).decode()}\n"


def opened(note: str, origin: str, public: bytes) -> Checkpoint:
    """The checkpoint in a signed note. Raises NotACheckpoint."""
    text, gap, signatures = note.partition("\n\n")
    lines = f"{text}\n".splitlines()
    if not gap or len(lines) < 3 or lines[0] != origin:  # noqa: PLR2004 -- origin, size and root
        raise NotACheckpoint
    if not any(_holds(line, f"{text}\n", origin, public) for line in signatures.splitlines()):
        raise NotACheckpoint
    try:
        return Checkpoint(origin, int(lines[1]), base64.b64decode(lines[2], validate=True))
    except (ValueError, binascii.Error):
        raise NotACheckpoint from None


def _holds(line: str, text: str, origin: str, public: bytes) -> bool:
    dash, _, rest = line.partition(" ")
    name, _, encoded = rest.partition(" ")
    try:
        signature = base64.b64decode(encoded, validate=True)
        if dash != "—" or name != origin or signature[:_ID_BYTES] != key_id(origin, public):
            return False
        Ed25519PublicKey.from_public_bytes(public).verify(signature[_ID_BYTES:], text.encode())
    except (binascii.Error, InvalidSignature, ValueError):
        return False
    return True
