"""The latest cosignature of each witness, as the log's store keeps it; and checkpoints with their cosignatures.

Beside a cosignature stands the log's own signature of that checkpoint, sealed: an older signed checkpoint would
fit a log whose end was cut off, so whoever has the file, and not the keys, must not find one in it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from broker.audit.checkpoint import Checkpoint, NotACheckpoint, parsed, unsigned_text
from broker.audit.sealing import Sealed, Unreadable, derived, seal, unseal
from broker.audit.witness.cosignature import Cosignature, Cosigner, NotCosigned, cosignature_in

_WRAPPED_BYTES, _ROOM = 40, 512


@dataclass(frozen=True, slots=True)
class Kept:
    """What one witness cosigned last. ``witness`` is its public key as text, ``line`` its line of the note."""

    witness: str
    size: int
    root: bytes
    line: str
    sealed_note: bytes = field(repr=False)

    def holds(self, origin: str) -> Cosignature | None:
        """The cosignature, where it is that of the witness with this key over this log; None where it is not."""
        try:
            return cosignature_in(
                self.line, Checkpoint(origin, self.size, self.root).text(), Cosigner.of(self.witness)
            )
        except (NotCosigned, ValueError):
            return None


def kept(witness: Cosigner, line: str, note: str, wrapping: bytes) -> Kept:
    """A cosignature of a signed checkpoint, to be kept. ``wrapping`` is a key of 32 bytes that outlives epochs."""
    of = parsed(unsigned_text(note))
    key, who = derived(wrapping, "witnessed"), witness.text()
    sealed = seal(note.encode(), key, _bound(who, of), _ROOM)
    return Kept(who, of.size, of.root, line, sealed.wrapped_key + sealed.sealed)


def with_cosignatures(note: str, found: Iterable[Kept]) -> str:
    """A signed checkpoint, with the lines of those who cosigned this very one."""
    try:
        of = parsed(unsigned_text(note))
    except NotACheckpoint:
        return note
    return note + "".join(one.line for one in found if (one.size, one.root) == (of.size, of.root))


def most_witnessed(note: str, found: Sequence[Kept], wrapping: bytes, covering: int) -> str:
    """Of the last signed checkpoint and those that were cosigned, the one with most cosignatures.

    Of equals, the one with most entries. Only the last may have fewer than ``covering``.
    """
    try:
        last = parsed(unsigned_text(note))
    except NotACheckpoint:
        return note
    notes = {last.size: note}
    for one in found:
        if one.size >= covering and one.size not in notes and (its := _unsealed(one, last.origin, wrapping)):
            notes[one.size] = its
    whole = [(one, with_cosignatures(one, found), size) for size, one in notes.items()]
    return max(whole, key=lambda one: (one[1].count("\n") - one[0].count("\n"), one[2]))[1]


def covered(found: Iterable[Kept], witnesses: Sequence[Cosigner], enough: int, origin: str) -> int:
    """How many entries of the log at least ``enough`` of these witnesses cosigned."""
    theirs = {one.witness: one for one in found}
    held = [theirs[who.text()] for who in witnesses if who.text() in theirs]
    sizes = sorted((one.size for one in held if one.holds(origin)), reverse=True)
    return sizes[enough - 1] if 0 < enough <= len(sizes) else 0


def cosigned_at(one: Kept, origin: str) -> datetime | None:
    """When a witness cosigned, by its own clock; None where the cosignature does not hold."""
    held = one.holds(origin)
    return held.at if held else None


def _unsealed(one: Kept, origin: str, wrapping: bytes) -> str | None:
    """The signed checkpoint; None where its key is another, or was destroyed with its epoch."""
    sealed = Sealed(one.sealed_note[:_WRAPPED_BYTES], one.sealed_note[_WRAPPED_BYTES:])
    bound = _bound(one.witness, Checkpoint(origin, one.size, one.root))
    try:
        return unseal(sealed, derived(wrapping, "witnessed"), bound).rstrip(b" ").decode()
    except (Unreadable, UnicodeDecodeError):
        return None


def _bound(witness: str, of: Checkpoint) -> bytes:
    return f"{witness}\n{of.text()}".encode()
