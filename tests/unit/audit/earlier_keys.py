"""A key directory as the version before epochs made it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import apsw
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.keywrap import aes_key_wrap

from broker.audit.sealing import derived
from broker.audit.tags import TagKeys
from tests.unit.audit.audit_samples import ANNA

_SCHEMA = """
CREATE TABLE person_key (key_id BLOB PRIMARY KEY, wrapped BLOB NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE person_tag (tag BLOB, key_id BLOB, PRIMARY KEY (tag, key_id)) STRICT, WITHOUT ROWID;
CREATE INDEX person_tag_of_key ON person_tag (key_id);
"""


@dataclass(frozen=True, slots=True)
class EarlierKeys:
    """What is in it. ``key`` is Anna's."""

    epoch: str
    public: bytes
    wrapping: bytes
    key_id: bytes
    key: bytes
    agreements: bytes
    key_tags: tuple[bytes, ...]


def earlier_keys(directory: Path) -> EarlierKeys:
    """Make it, with a key for Anna."""
    directory.mkdir(exist_ok=True)
    signing, wrapping, tags = Ed25519PrivateKey.generate(), bytes([1]) * 32, bytes([2]) * 32
    said = {"epoch": "0011aabb", "wrapping": wrapping.hex(), "tags": tags.hex()}
    (directory / "signing.key").write_text(signing.private_bytes_raw().hex())
    (directory / "epoch.key").write_text(json.dumps(said))
    key_id, key, key_tags = bytes([3]) * 16, bytes([4]) * 32, TagKeys(tags).key_tags(ANNA)
    with apsw.Connection(str(directory / "keystore.db")) as db:
        db.execute(_SCHEMA)
        db.execute("INSERT INTO person_key VALUES (?, ?)", (key_id, aes_key_wrap(wrapping, key)))
        db.executemany("INSERT INTO person_tag VALUES (?, ?)", ((tag, key_id) for tag in key_tags))
    db.close()
    public = signing.public_key().public_bytes_raw()
    agreements = derived(wrapping, "register agreements")
    return EarlierKeys("0011aabb", public, wrapping, key_id, key, agreements, key_tags)
