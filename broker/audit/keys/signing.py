"""The key that signs checkpoints, the one before it while both sign, and every key that ever did."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from broker.audit.keys import files
from broker.audit.keys.making import verifiers_in
from broker.audit.keys.providers import RootKey


@dataclass(frozen=True, slots=True)
class Verified:
    """A key that signs or once signed: its public half (32 bytes), from when, and until when (None: still)."""

    public: bytes
    since: datetime
    until: datetime | None


@dataclass(frozen=True, slots=True)
class Signing:
    """``before`` signs too, until ``overlap_ends``. ``verified`` are all that ever signed, oldest first."""

    key: Ed25519PrivateKey = field(repr=False)
    before: Ed25519PrivateKey | None = field(repr=False)
    overlap_ends: datetime | None
    verified: tuple[Verified, ...]

    @property
    def public(self) -> bytes:
        return self.key.public_key().public_bytes_raw()

    @property
    def earlier(self) -> tuple[bytes, ...]:
        """The public halves of the keys before this one, newest first."""
        return tuple(one.public for one in reversed(self.verified) if one.public != self.public)

    def keys(self) -> tuple[Ed25519PrivateKey, ...]:
        """The keys that sign a checkpoint."""
        return (self.key, self.before) if self.before else (self.key,)


def read_signing(directory: Path, root: RootKey, now: datetime) -> Signing:
    """Raises OSError, ValueError, KeyError; ProviderFailed."""
    key = files.read_key(directory / files.SIGNING, root).secret
    before, ends = _before(directory, root, now)
    verified = tuple(
        Verified(
            files.unbase64(one["public"]),
            datetime.fromisoformat(one["since"]),
            datetime.fromisoformat(one["until"]) if one["until"] else None,
        )
        for one in verifiers_in(directory)
    )
    return Signing(Ed25519PrivateKey.from_private_bytes(key), before, ends, verified)


def _before(
    directory: Path, root: RootKey, now: datetime
) -> tuple[Ed25519PrivateKey | None, datetime | None]:
    path = directory / files.SIGNING_BEFORE
    if not path.exists():
        return None, None
    file = files.read_key(path, root)
    ends = datetime.fromisoformat(file.facts["until"])
    return (Ed25519PrivateKey.from_private_bytes(file.secret), ends) if now < ends else (None, None)
