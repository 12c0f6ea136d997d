"""Checkpoints: the log's size and root, signed, in the text forms of C2SP tlog-checkpoint and signed-note.

    northshire.example/family-context
    20852163
    CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=

    — northshire.example/family-context Az3grlgtzPICa5OS8npVmf1Myq/5IZni...

The signature is Ed25519 over the text with its last newline, without the empty line. Other signatures may stand
below it, of witnesses or of other keys: they are passed over.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

ED25519 = b"\x01"
"""The kind of key that signs notes (C2SP signed-note)."""

PUBLIC_BYTES = 32
_ID_BYTES, _ROOT_BYTES = 4, 32
_LONGEST_NOTE = 1_000_000
_SIZE = re.compile(r"0|[1-9][0-9]{0,18}", re.ASCII)
_KEY = re.compile(r"([^\s+]+)\+([0-9a-f]{8})\+([A-Za-z0-9+/=]+)")
_SIGNATURE = re.compile(r"— ([^\s+]+) ([A-Za-z0-9+/=]+)")


class NotACheckpoint(Exception):
    """The text is no checkpoint of this log, or its signature does not hold."""


def id_of_key(name: str, kind: bytes, public: bytes) -> bytes:
    """The first four bytes of SHA-256 over name, newline, kind and key (C2SP signed-note)."""
    return hashlib.sha256(name.encode() + b"\n" + kind + public).digest()[:_ID_BYTES]


def key_text(name: str, kind: bytes, public: bytes) -> str:
    """A public key as people exchange it: ``name+id+key``, the id in hex, kind and key in base64."""
    return f"{name}+{id_of_key(name, kind, public).hex()}+{base64.b64encode(kind + public).decode()}"


def key_of(text: str) -> tuple[str, bytes, bytes]:
    """Name, kind (one byte) and public half of a key so written. Raises ValueError with what to do."""
    matched = _KEY.fullmatch(text)
    try:
        raw = unbase64(matched[3]) if matched else b""
    except NotACheckpoint:
        raw = b""
    if matched is None or not raw:
        raise ValueError(
            "a key is written name+id+key, on one line, with nothing before or behind it: copy it whole"
        )
    name, kind, public = matched[1], raw[:1], raw[1:]
    if id_of_key(name, kind, public).hex() != matched[2]:
        raise ValueError(
            "the key's id does not fit its name and key: a letter of it is wrong. Copy it once more"
        )
    return name, kind, public


@dataclass(frozen=True, slots=True)
class Verifier:
    """A key that signs notes, by its name and its public half (32 bytes).

    ``earlier`` are the public halves of those that signed before it: what they signed holds still.
    """

    name: str
    public: bytes
    earlier: tuple[bytes, ...] = ()

    @property
    def key_id(self) -> bytes:
        """What its signatures begin with: four bytes (C2SP signed-note)."""
        return id_of_key(self.name, ED25519, self.public)

    def text(self) -> str:
        """The key as auditors' tools take it: ``name+id+key``, the id in hex and the key in base64."""
        return key_text(self.name, ED25519, self.public)

    @classmethod
    def of(cls, text: str) -> Verifier:
        """The key that ``text`` writes. Raises ValueError with a sentence that says what to do."""
        name, kind, public = key_of(text)
        if kind != ED25519 or len(public) != PUBLIC_BYTES:
            raise ValueError(
                "this is a key of another kind: a log's is an Ed25519 one. A broker tells its own with: broker"
                " audit checkpoint"
            )
        return cls(name, public)


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """That the log of this origin had ``size`` entries with this root."""

    origin: str
    size: int
    root: bytes

    def text(self) -> str:
        return f"{self.origin}\n{self.size}\n{base64.b64encode(self.root).decode()}\n"


def signed(checkpoint: Checkpoint, *keys: Ed25519PrivateKey) -> str:
    """The checkpoint as a signed note; the keys go by the log's origin."""
    return signed_note(checkpoint.text(), checkpoint.origin, *keys)


def signed_note(text: str, name: str, *keys: Ed25519PrivateKey) -> str:
    """A text, which ends with a newline, signed by each key under this name (C2SP signed-note)."""
    return f"{text}\n" + "".join(f"— {name} {_signature(text, name, key)}\n" for key in keys)


def _signature(text: str, name: str, key: Ed25519PrivateKey) -> str:
    key_id = Verifier(name, key.public_key().public_bytes_raw()).key_id
    return base64.b64encode(key_id + key.sign(text.encode())).decode()


def opened(note: str, verifier: Verifier) -> Checkpoint:
    """The checkpoint in a note that this verifier signed as its own log. Raises NotACheckpoint."""
    checkpoint = parsed(note_text(note, verifier))
    if checkpoint.origin != verifier.name:
        raise NotACheckpoint
    return checkpoint


def parsed(text: str) -> Checkpoint:
    """The checkpoint that a note's text says, whoever signed it. Raises NotACheckpoint.

    Lines after the third (the specification allows them) are passed over, an empty one is a fault.
    """
    lines = text.split("\n")
    if len(lines) < 4 or lines.pop() or not all(lines):  # noqa: PLR2004 -- three lines, each with its end
        raise NotACheckpoint
    origin, size, root = lines[:3]
    if not _SIZE.fullmatch(size):
        raise NotACheckpoint
    return Checkpoint(origin, int(size), _root(root))


def note_text(note: str, verifier: Verifier) -> str:
    """The text of a signed note, when this verifier signed it (C2SP signed-note). Raises NotACheckpoint."""
    text, below = _parts(note)
    signatures = [_SIGNATURE.fullmatch(line) for line in below]
    theirs = [one[2] for one in signatures if one and one[1] == verifier.name]
    keys = (verifier, *(Verifier(verifier.name, earlier) for earlier in verifier.earlier))
    if None in signatures or not any(_one_holds(theirs, text, key) for key in keys):
        raise NotACheckpoint
    return text


def unsigned_text(note: str) -> str:
    """The text of what is written as a signed note, whoever signed it. Raises NotACheckpoint."""
    return _parts(note)[0]


def _parts(note: str) -> tuple[str, Sequence[str]]:
    """The text and the signature lines of a note."""
    text, gap, below = note.rpartition("\n\n")
    if not gap or not below.endswith("\n") or len(note) > _LONGEST_NOTE or _has_control_characters(note):
        raise NotACheckpoint
    lines = below[:-1].split("\n")
    if not all(_SIGNATURE.fullmatch(line) for line in lines):
        raise NotACheckpoint
    return f"{text}\n", lines


def _one_holds(signatures: Sequence[str], text: str, verifier: Verifier) -> bool:
    """Whether there is a signature under the verifier's key id; and every such one must hold."""
    raw = [unbase64(one) for one in signatures]
    ours = [one[_ID_BYTES:] for one in raw if one[:_ID_BYTES] == verifier.key_id]
    return bool(ours) and all(_holds(one, text, verifier) for one in ours)


def _holds(signature: bytes, text: str, verifier: Verifier) -> bool:
    try:
        Ed25519PublicKey.from_public_bytes(verifier.public).verify(signature, text.encode())
    except InvalidSignature:
        return False
    return True


def _has_control_characters(note: str) -> bool:
    return any(letter < " " and letter != "\n" for letter in note)


def _root(line: str) -> bytes:
    root = unbase64(line)
    if len(root) != _ROOT_BYTES:
        raise NotACheckpoint
    return root


def unbase64(text: str) -> bytes:
    """The bytes of a base64 text in its one canonical form. Raises NotACheckpoint."""
    try:
        raw = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise NotACheckpoint from None
    if base64.b64encode(raw).decode() != text:
        raise NotACheckpoint
    return raw
