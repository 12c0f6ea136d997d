"""One epoch's keys. Everything that is read from an entry is under its epoch; destroying it ends all of that."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from broker.audit.sealing import derived
from broker.audit.tags import TagKeys


@dataclass(frozen=True, slots=True)
class Epoch:
    """``name`` stands in entries. ``wrapping`` is 32 bytes; the tags' key is apart from it."""

    name: str
    since: datetime
    wrapping: bytes = field(repr=False)
    tags: TagKeys = field(repr=False)
    _derived: dict[str, bytes] = field(default_factory=dict, init=False, repr=False, compare=False)

    def for_auditors(self) -> bytes:
        """The key of what only auditors read: requester and reason."""
        return self._key("auditors")

    def for_source(self, source: str) -> bytes:
        """The key of what auditors and the owner of one source read."""
        return self._key(f"source {source}")

    def for_owner(self, source: str) -> X25519PrivateKey:
        """The key of what is for one source's owner alone, for an owner whose policy names no key of their own."""
        return X25519PrivateKey.from_private_bytes(self._key(f"owner {source}"))

    def for_people(self, period: bytes | None) -> bytes:
        """What wraps the keys of people: it takes the epoch's key and the keystore's period's.

        None: as an earlier version wrapped them, by the epoch's alone.
        """
        return self.wrapping if period is None else self._key(f"people {period.hex()}")

    def _key(self, purpose: str) -> bytes:
        if purpose not in self._derived:
            self._derived[purpose] = derived(self.wrapping, purpose)
        return self._derived[purpose]
