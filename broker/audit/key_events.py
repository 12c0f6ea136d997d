"""What the log records of its own keys."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import ClassVar, Literal

from broker.audit.events import Facts, ForAuditors, Part, Plain
from broker.audit.tags import TagKeys


class OfKeys(Plain):
    """What every entry about keys has: it is found by its type, in every epoch."""

    __slots__ = ()
    kind: ClassVar[str]

    def tags(self, keys: TagKeys) -> tuple[bytes, ...]:
        return (keys.kind(self.kind),)


@dataclass(frozen=True, slots=True)
class KeyRotated(OfKeys):
    """That a new epoch, signing key or period of the keystore is about to begin.

    ``new`` and ``old`` are public: names of epochs or periods, or verifier keys. ``who`` is an account of the
    machine.
    """

    kind: ClassVar[str] = "key.rotated"

    at: datetime
    what: Literal["epoch", "signing key", "keystore"]
    new: str
    old: str
    who: str = field(repr=False)
    query_id: str | None = None

    def clear(self) -> Facts:
        return {"what": self.what, "new": self.new, "old": self.old}

    def parts(self) -> Mapping[str, Part]:
        return {"request": ForAuditors({"who": self.who})}
