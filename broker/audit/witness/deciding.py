"""What a witness answers to one request: pure, from what it remembers of the log and what it was sent.

    old 20852014
    PlRNCrwHpqhGrupue0L7gxbjbMiKA9temvuZZDDpkaw=

    northshire.example/family-context
    20852163
    ...

The size that it is asked to go on from; a consistency proof (RFC 6962, section 2.1.2), at most 63 lines; and the
checkpoint, as a signed note. As C2SP tlog-witness says of ``add-checkpoint``: https://c2sp.org/tlog-witness.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from broker.audit.checkpoint import (
    Checkpoint,
    NotACheckpoint,
    Verifier,
    note_text,
    parsed,
    unbase64,
    unsigned_text,
)
from broker.audit.tree import EMPTY_ROOT, consistent
from broker.audit.witness.cosignature import cosigned

LONGEST_REQUEST = 128 * 1024
"""Bytes: a whole proof, and a note with sixteen signatures of the longest kind."""

TEXT, SIZE = "text/plain; charset=utf-8", "text/x.tlog.size"
_LONGEST_PROOF, _HASH_BYTES = 63, 32
_OLD = re.compile(r"old (0|[1-9][0-9]{0,18})", re.ASCII)


@dataclass(frozen=True, slots=True)
class Known:
    """The latest checkpoint of a log that this witness cosigned, and the signed note that it was asked with."""

    size: int = 0
    root: bytes = EMPTY_ROOT
    note: str = ""


@dataclass(frozen=True, slots=True)
class Witness:
    """Who cosigns: its name and key, and the keys of the logs that it witnesses, by their origin."""

    name: str
    key: Ed25519PrivateKey = field(repr=False)
    logs: Mapping[str, Sequence[Verifier]]


@dataclass(frozen=True, slots=True)
class Reply:
    """What is answered.

    ``remember`` has to be durable before. ``evidence``: that a log contradicts itself, worth keeping.
    """

    status: int
    body: str
    kind: str = TEXT
    remember: Known | None = None
    evidence: bool = False


@dataclass(frozen=True, slots=True)
class Asked:
    """A request that could be read: from which size on it proves growth, the proof, and the signed checkpoint."""

    old: int
    proof: tuple[bytes, ...]
    note: str
    checkpoint: Checkpoint


class Unreadable(Exception):
    """The request is not written as tlog-witness says."""


def asked(body: str) -> Asked:
    """What a request asks. Raises Unreadable."""
    head, gap, note = body.partition("\n\n")
    first, *proof = head.split("\n")
    old = _OLD.fullmatch(first)
    if not gap or old is None or len(proof) > _LONGEST_PROOF:
        raise Unreadable
    try:
        checkpoint = parsed(unsigned_text(note))
        hashes = tuple(unbase64(line) for line in proof)
    except NotACheckpoint:
        raise Unreadable from None
    if any(len(one) != _HASH_BYTES for one in hashes) or int(old[1]) > checkpoint.size:
        raise Unreadable
    return Asked(int(old[1]), hashes, note, checkpoint)


def decided(request: Asked, known: Known | None, witness: Witness, now: datetime) -> Reply:
    """The answer, given the latest checkpoint of this log that was cosigned; None where there was none yet.

    The checks, their order and their statuses are those of tlog-witness.
    """
    keys = witness.logs.get(request.checkpoint.origin)
    if keys is None:
        return Reply(404, "This witness does not witness a log of this origin.\n")
    text = next((text for key in keys if (text := _signed_by(request.note, key)) is not None), None)
    if text is None:
        return Reply(403, "The checkpoint is not signed with a key that this witness knows of the log.\n")
    return _grown(request, known or Known(), text, witness, now)


def _grown(request: Asked, known: Known, text: str, witness: Witness, now: datetime) -> Reply:
    """Cosigned, when the tree is the one that is known, with more leaves or as many."""
    new = request.checkpoint
    if request.old != known.size:
        return Reply(409, f"{known.size}\n", SIZE)
    if new.size == known.size and new.root != known.root:
        return Reply(409, f"{known.size}\n", SIZE, evidence=True)
    if not _proved(request, known):
        return Reply(
            422, "The proof does not lead from the tree that was cosigned to this one.\n", evidence=True
        )
    line = cosigned(text, witness.name, witness.key, now)
    return Reply(200, line, remember=Known(new.size, new.root, request.note))


def _proved(request: Asked, known: Known) -> bool:
    """Whether nothing has to be proved, or it is. From the empty tree every tree grows, without a proof."""
    new = request.checkpoint
    if known.size == 0:
        return not request.proof
    return consistent(known.size, new.size, request.proof, known.root, new.root)


def _signed_by(note: str, key: Verifier) -> str | None:
    try:
        return note_text(note, key)
    except NotACheckpoint:
        return None
