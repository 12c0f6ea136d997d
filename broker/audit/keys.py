"""The audit log's keys: one directory, readable by the broker's account only.

    signing.key     Ed25519, signs checkpoints
    epoch.key       the epoch's name, the key that wraps its other keys, and the key of its tags
    keystore.db     a key per person; destroying one makes that person unreadable

The first two never change while an epoch lasts.
"""

from __future__ import annotations

import json
import os
import secrets
from dataclasses import dataclass, field
from pathlib import Path

import apsw
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from broker.audit.keystore import Keystore, open_keystore
from broker.audit.sealing import KEY_BYTES, derived
from broker.audit.tags import TagKeys
from connectors.contract import Identifiers

_SIGNING, _EPOCH, _KEYSTORE = "signing.key", "epoch.key", "keystore.db"


class KeysExist(Exception):
    """The directory has keys already; they are never overwritten."""


class KeysMissing(Exception):
    """The directory has no keys, or not all of them."""


@dataclass(frozen=True, slots=True)
class Keys:
    """The keys of the current epoch, open. ``wrapping`` is 32 bytes; ``epoch`` is its name in entries."""

    directory: Path
    epoch: str
    signing: Ed25519PrivateKey = field(repr=False)
    wrapping: bytes = field(repr=False)
    tags: TagKeys = field(repr=False)
    keystore: Keystore = field(repr=False)

    @property
    def public(self) -> bytes:
        """The public half of the signing key: 32 bytes."""
        return self.signing.public_key().public_bytes_raw()

    def for_auditors(self) -> bytes:
        """The key of what only auditors read: requester and reason."""
        return derived(self.wrapping, "auditors")

    def for_source(self, source: str) -> bytes:
        """The key of what auditors and the owner of one source read."""
        return derived(self.wrapping, f"source {source}")

    def for_owner(self, source: str) -> X25519PrivateKey:
        """The key of what is for one source's owner alone, for an owner whose policy names no key of their own."""
        return X25519PrivateKey.from_private_bytes(derived(self.wrapping, f"owner {source}"))

    def for_register(self, register: str) -> bytes:
        """The key of one of the partnership's own registers."""
        return derived(self.wrapping, f"register {register}")

    def person_key(self, person: Identifiers) -> tuple[bytes, bytes]:
        """The id and key of a person. Queries that share a number, or names and birth date, share the key."""
        return self.keystore.key_for(self.tags.key_tags(person))

    def destroy_person_key(self, person: Identifiers) -> int:
        """Destroy every key that is kept for exactly this person; how many there were. It cannot be undone.

        Give all that is known of them: a key is found by a number, or by names with the birth date.
        """
        return self.keystore.destroy(self.tags.key_tags(person))

    def close(self) -> None:
        self.keystore.close()


def create_keys(directory: Path) -> None:
    """Make the keys of a new log. Raises KeysExist rather than overwrite any."""
    if any((directory / name).exists() for name in (_SIGNING, _EPOCH, _KEYSTORE)):
        raise KeysExist(
            f"{directory} has keys already. They are never overwritten: a log without its keys is lost."
        )
    directory.mkdir(parents=True, exist_ok=True, mode=0o700)
    directory.chmod(0o700)
    epoch = {
        "epoch": secrets.token_hex(4),
        "wrapping": secrets.token_hex(KEY_BYTES),
        "tags": secrets.token_hex(KEY_BYTES),
    }
    _write(directory / _SIGNING, Ed25519PrivateKey.generate().private_bytes_raw().hex())
    _write(directory / _EPOCH, json.dumps(epoch))
    _write(directory / _KEYSTORE, "")
    load_keys(directory).close()
    _sync(directory)


def load_keys(directory: Path) -> Keys:
    """Open the keys. Raises KeysMissing with the command that makes them."""
    try:
        signing = bytes.fromhex((directory / _SIGNING).read_text(encoding="ascii"))
        epoch = json.loads((directory / _EPOCH).read_bytes())
        wrapping, tags = (bytes.fromhex(epoch[name]) for name in ("wrapping", "tags"))
        return Keys(
            directory=directory,
            epoch=epoch["epoch"],
            signing=Ed25519PrivateKey.from_private_bytes(signing),
            wrapping=wrapping,
            tags=TagKeys(tags),
            keystore=open_keystore(directory / _KEYSTORE, wrapping),
        )
    except (OSError, ValueError, KeyError, apsw.Error):
        raise KeysMissing(
            f"There are no whole keys in {directory}. Make them with: broker keys init. Where a log exists"
            " already, bring its own keys back from their copy instead."
        ) from None


def _write(path: Path, text: str) -> None:
    """Write a new file that nobody else can read, and that a power cut does not take."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.write(text)
        file.flush()
        os.fsync(descriptor)


def _sync(directory: Path) -> None:
    descriptor = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
