"""The audit log's keys: one directory, readable by the broker's account only.

    signing.key     Ed25519, signs checkpoints
    epoch.key       keys of the epoch: one that wraps, and one per type of tag
    keystore.db     a key per person, wrapped by the epoch's; destroying one makes that person unreadable

The first two never change while an epoch lasts. The keystore is the only part of the log that can be changed,
and it holds nothing but tags and wrapped keys.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import apsw
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.keywrap import aes_key_unwrap, aes_key_wrap

from broker.audit.sealing import KEY_BYTES, derived
from broker.audit.tags import TYPES, TagKeys
from connectors.contract import Identifiers

_SCHEMA = """
CREATE TABLE IF NOT EXISTS person_key (key_id BLOB PRIMARY KEY, wrapped BLOB NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS person_tag (tag BLOB PRIMARY KEY, key_id BLOB NOT NULL) WITHOUT ROWID;
"""


class KeysExist(Exception):
    """The directory has keys already; they are never overwritten."""


class KeysMissing(Exception):
    """The directory has no keys, or not all of them."""


@dataclass(frozen=True, slots=True)
class Keys:
    """The keys of the current epoch, open. ``epoch_key`` and all that derives from it are 32 bytes."""

    directory: Path
    signing: Ed25519PrivateKey = field(repr=False)
    epoch_key: bytes = field(repr=False)
    tags: TagKeys = field(repr=False)
    keystore: apsw.Connection = field(repr=False)

    @property
    def public(self) -> bytes:
        """The public half of the signing key: 32 bytes."""
        return self.signing.public_key().public_bytes_raw()

    def for_auditors(self) -> bytes:
        """The key of what only auditors read: requester and reason."""
        return derived(self.epoch_key, "auditors")

    def for_source(self, source: str) -> bytes:
        """The key of what auditors and the owner of one source read."""
        return derived(self.epoch_key, f"source {source}")

    def person_key(self, person: Identifiers) -> tuple[bytes, bytes]:
        """The id and key of a person, made when there is none yet; durable before it is given.

        Queries that share a number, or names and birth date, share the key.
        """
        tags = self.tags.strong(person) or self.tags.person(person)
        with self.keystore:
            found = self._found(tags)
            key_id = found or secrets.token_bytes(16)
            if not found:
                wrapped = aes_key_wrap(self.epoch_key, secrets.token_bytes(KEY_BYTES))
                self.keystore.execute("INSERT INTO person_key VALUES (?, ?)", (key_id, wrapped))
            for tag in tags:
                self.keystore.execute("INSERT OR IGNORE INTO person_tag VALUES (?, ?)", (tag, key_id))
        key = self.person_key_by_id(key_id)
        if key is None:
            raise KeysMissing("a person's key has just vanished from the keystore")
        return key_id, key

    def person_key_by_id(self, key_id: bytes) -> bytes | None:
        """A person's key; None when it was destroyed."""
        row = self.keystore.execute("SELECT wrapped FROM person_key WHERE key_id = ?", (key_id,)).fetchone()
        return aes_key_unwrap(self.epoch_key, row[0]) if row else None

    def destroy_person_key(self, person: Identifiers) -> int:
        """Destroy every key that is kept for a person; how many there were. It cannot be undone."""
        with self.keystore:
            ids = {key_id for tag in self.tags.person(person) if (key_id := self._found([tag]))}
            for key_id in ids:
                self.keystore.execute("DELETE FROM person_key WHERE key_id = ?", (key_id,))
                self.keystore.execute("DELETE FROM person_tag WHERE key_id = ?", (key_id,))
        self.keystore.pragma("wal_checkpoint", "TRUNCATE")
        return len(ids)

    def close(self) -> None:
        self.keystore.close()

    def _found(self, tags: Sequence[bytes]) -> bytes | None:
        for tag in tags:
            row = self.keystore.execute("SELECT key_id FROM person_tag WHERE tag = ?", (tag,)).fetchone()
            if row:
                return bytes(row[0])
        return None


def create_keys(directory: Path) -> None:
    """Make the keys of a new log. Raises KeysExist rather than overwrite any."""
    if (directory / "signing.key").exists():
        raise KeysExist(
            f"{directory} has keys already. They are never overwritten: a log without its keys is lost."
        )
    directory.mkdir(parents=True, exist_ok=True, mode=0o700)
    directory.chmod(0o700)
    _write(directory / "signing.key", Ed25519PrivateKey.generate().private_bytes_raw().hex())
    epoch = {name: secrets.token_hex(KEY_BYTES) for name in ("wrapping", *TYPES)}
    _write(directory / "epoch.key", json.dumps(epoch))
    load_keys(directory).close()


def load_keys(directory: Path) -> Keys:
    """Open the keys. Raises KeysMissing with the command that makes them."""
    try:
        signing = bytes.fromhex((directory / "signing.key").read_text(encoding="ascii"))
        epoch = {
            name: bytes.fromhex(key)
            for name, key in json.loads((directory / "epoch.key").read_bytes()).items()
        }
        tags = TagKeys({name: epoch[name] for name in TYPES})
        return Keys(
            directory,
            Ed25519PrivateKey.from_private_bytes(signing),
            epoch["wrapping"],
            tags,
            _keystore(directory),
        )
    except (OSError, ValueError, KeyError):
        raise KeysMissing(
            f"There are no whole keys in {directory}. Make them with: broker keys init"
        ) from None


def _keystore(directory: Path) -> apsw.Connection:
    path = directory / "keystore.db"
    if not path.exists():
        _write(path, "")
    keystore = apsw.Connection(str(path))
    keystore.set_busy_timeout(5000)
    for pragma, value in (("journal_mode", "wal"), ("synchronous", 2), ("secure_delete", 1)):
        keystore.pragma(pragma, value)
    keystore.execute(_SCHEMA)
    return keystore


def _write(path: Path, text: str) -> None:
    path.touch(mode=0o600, exist_ok=False)
    path.write_text(text, encoding="ascii")
