"""Proofs that stand on their own: that one entry is in the log, as a text of C2SP tlog-proof.

Whoever holds a receipt (index and leaf hash) and the log's verifier key checks it without the log, and without
this program.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Sequence

from broker.audit.checkpoint import NotACheckpoint, Verifier, opened
from broker.audit.tree import included

_HEAD = "c2sp.org/tlog-proof@v1"
_INDEX = re.compile(r"index (0|[1-9][0-9]{0,18})", re.ASCII)


def proof_text(index: int, path: Sequence[bytes], note: str) -> str:
    """The proof of one entry against a signed checkpoint."""
    return "\n".join([_HEAD, f"index {index}", *(base64.b64encode(one).decode() for one in path), "", note])


def proves(text: str, leaf: bytes, verifier: Verifier) -> bool:
    """Whether a proof shows that an entry with this leaf hash is in the log of this verifier."""
    head, gap, note = text.partition("\n\n")
    lines = head.split("\n")
    index = _INDEX.fullmatch(lines[1]) if len(lines) > 1 else None
    if not gap or lines[0] != _HEAD or index is None:
        return False
    try:
        checkpoint = opened(note, verifier)
        path = [_hash(line) for line in lines[2:]]
    except (NotACheckpoint, ValueError):
        return False
    return included(leaf, int(index[1]), checkpoint.size, path, checkpoint.root)


def _hash(line: str) -> bytes:
    """A hash in its one way of being written, so that no two proofs are one. Raises ValueError."""
    found = base64.b64decode(line, validate=True)
    if base64.b64encode(found).decode() != line:
        raise ValueError("not canonical")
    return found
