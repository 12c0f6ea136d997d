"""What two people sign before keys are destroyed: Ed25519, with keys as ``broker policy key`` makes them."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from broker.audit.key_events import Signed, What

FRESH = timedelta(days=30)
"""A proposal may be approved for so long: nobody finds years later what was once signed and never done."""

_FORMAT = "family-context-destruction/1"

As = Literal["proposed", "approved"]


@dataclass(frozen=True, slots=True)
class Statement:
    """A destruction in the words that are signed. ``log`` is its origin; the rest as the entry has it."""

    log: str
    id: str
    what: What
    names: tuple[str, ...]
    reason: str = field(repr=False)
    basis: str = field(repr=False)

    def text(self, role: As, by: str, at: datetime) -> bytes:
        """What is signed: lines of JSON, after the format's own."""
        said = [self.log, self.id, self.what, list(self.names), self.reason, self.basis, role, by]
        return "\n".join([_FORMAT, *map(json.dumps, [*said, at.isoformat()]), ""]).encode()

    def signed(self, role: As, by: str, key: Ed25519PrivateKey, at: datetime, who: str) -> Signed:
        """Somebody's signature. ``who``: the account of the machine."""
        return Signed(by, at, base64.b64encode(key.sign(self.text(role, by, at))).decode(), who)

    def holds(self, role: As, one: Signed, approvers: Mapping[str, str]) -> bool:
        """Whether it is the signature of somebody who may sign."""
        try:
            public = Ed25519PublicKey.from_public_bytes(base64.b64decode(approvers[one.by], validate=True))
            public.verify(base64.b64decode(one.signature), self.text(role, one.by, one.at))
        except (InvalidSignature, ValueError, KeyError):
            return False
        return True
