"""Makes the test vectors of ``docs/reference/audit-log-format.md``: ``python -m tests.unit.audit.audit_vectors``.

Three entries were written by the broker once, and stand in ``entries.json`` with the keys that open them. All else
follows from them: ``log.json`` is made again at any time, byte for byte.
"""

from __future__ import annotations

import base64
import hashlib
import json
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from broker.audit.checkpoint import Checkpoint, Verifier, signed
from broker.audit.encoding import entry_of
from broker.audit.entry import opened
from broker.audit.keys import create_keys, load_keys
from broker.audit.proof import proof_text
from broker.audit.tiles import Tile, bundle, tiles
from broker.audit.tree import (
    Subtree,
    consistency_proof,
    frontier_of,
    inclusion_proof,
    leaf_hash,
    perfect_root,
)
from tests.unit.audit.audit_samples import closed, disclosure, intent

HERE = Path(__file__).parents[2] / "vectors" / "audit"
ORIGIN, WITNESS = "vectors.example/log", "witness.example/w1"
SIGNING, COSIGNING = bytes(range(32)), bytes(range(32, 64))
SIZE, OLDER = 600, 257
SIZES = (0, 1, 2, 3, 4, 7, 8, 255, 256, OLDER, 511, 512, 599, SIZE)
PLACES = ((0, 1), (0, 2), (1, SIZE), (2, 3), (255, 256), (256, OLDER), (256, SIZE), (599, SIZE))
GROWTHS = (
    (1, 2),
    (1, SIZE),
    (3, 7),
    (4, 8),
    (255, 256),
    (256, OLDER),
    (OLDER, SIZE),
    (512, SIZE),
    (SIZE, SIZE),
)
SEEN_AT = 1767225600


def entries() -> list[bytes]:
    """The entries of the vectors' log: the broker's three, then short texts."""
    kept = json.loads((HERE / "entries.json").read_text(encoding="utf-8"))["entries"]
    first = [base64.b64decode(one["bytes"]) for one in kept]
    return [*first, *(f"entry {index}\n".encode() for index in range(len(first), SIZE))]


def log_vectors() -> Mapping[str, Any]:
    """What ``log.json`` holds."""
    leaves, key = [leaf_hash(one) for one in entries()], Ed25519PrivateKey.from_private_bytes(SIGNING)
    subtree, cosigner = _subtree(leaves), Ed25519PrivateKey.from_private_bytes(COSIGNING)
    roots = {size: frontier_of(size, subtree).root() for size in SIZES}
    notes = {size: signed(Checkpoint(ORIGIN, size, roots[size]), key) for size in (OLDER, SIZE)}
    verifier = Verifier(ORIGIN, key.public_key().public_bytes_raw())
    return {
        "origin": ORIGIN,
        "signing_key": SIGNING.hex(),
        "verifier_key": verifier.text(),
        "entries": "those of entries.json, then from index 3 to 599 the ASCII text 'entry INDEX' and a line end",
        "leaf_hashes": {str(index): leaves[index].hex() for index in (0, 1, 2, 3, 256, 599)},
        "roots": {str(size): root.hex() for size, root in roots.items()},
        "inclusion": [
            {"index": index, "size": size, "path": _hex(inclusion_proof(index, size, subtree))}
            for index, size in PLACES
        ],
        "consistency": [
            {"older": older, "size": size, "path": _hex(consistency_proof(older, size, subtree))}
            for older, size in GROWTHS
        ],
        "checkpoints": {str(size): note for size, note in notes.items()},
        "tlog_proof_of_1": proof_text(1, inclusion_proof(1, SIZE, subtree), notes[SIZE]),
        "files": {one.path: hashlib.sha256(content(one)).hexdigest() for one in tiles(SIZE)},
        "witness": _cosigned(notes[SIZE], cosigner),
        "refused": _refused(notes[SIZE], key),
    }


def content(tile: Tile) -> bytes:
    """The bytes of a file of the vectors' log."""
    if tile.level is None:
        return bundle(entries()[tile.first : tile.first + tile.width])
    subtree = _subtree([leaf_hash(one) for one in entries()])
    return b"".join(subtree(8 * tile.level, number) for number in range(tile.first, tile.first + tile.width))


def _subtree(leaves: Sequence[bytes]) -> Subtree:
    return lambda height, number: perfect_root(leaves[number << height : (number + 1) << height])


def _cosigned(note: str, key: Ed25519PrivateKey) -> Mapping[str, Any]:
    material = b"\x04" + key.public_key().public_bytes_raw()
    key_id = hashlib.sha256(WITNESS.encode() + b"\n" + material).digest()[:4]
    text = note.partition("\n\n")[0] + "\n"
    signature = key.sign(f"cosignature/v1\ntime {SEEN_AT}\n{text}".encode())
    line = base64.b64encode(key_id + SEEN_AT.to_bytes(8, "big") + signature).decode()
    return {
        "signing_key": COSIGNING.hex(),
        "verifier_key": f"{WITNESS}+{key_id.hex()}+{base64.b64encode(material).decode()}",
        "seen_at": SEEN_AT,
        "checkpoint": f"{note}— {WITNESS} {line}\n",
    }


def _refused(note: str, key: Ed25519PrivateKey) -> Mapping[str, str]:
    """Checkpoints that a verifier of this log must not take."""
    other = Ed25519PrivateKey.from_private_bytes(COSIGNING)
    root = bytes(32)
    return {
        "another size": note.replace(f"\n{SIZE}\n", f"\n{SIZE - 1}\n"),
        "another key": signed(Checkpoint(ORIGIN, SIZE, root), other),
        "another log": signed(Checkpoint("other.example/log", SIZE, root), key),
        "a size with a leading zero, signed": _signed(f"{ORIGIN}\n0{SIZE}\n{_text(root)}\n", key),
        "a root that is too short, signed": _signed(f"{ORIGIN}\n{SIZE}\n{_text(root[:31])}\n", key),
        "two lines, signed": _signed(f"{ORIGIN}\n{SIZE}\n", key),
        "no line end": note[:-1],
        "no signature": note.partition("\n\n")[0] + "\n\n",
        "stray bits in base64": _stray(note),
    }


def _signed(text: str, key: Ed25519PrivateKey) -> str:
    """A text that is no checkpoint, under a signature that holds."""
    key_id = Verifier(ORIGIN, key.public_key().public_bytes_raw()).key_id
    return f"{text}\n— {ORIGIN} {_text(key_id + key.sign(text.encode()))}\n"


def _text(raw: bytes) -> str:
    return base64.b64encode(raw).decode()


def _stray(note: str) -> str:
    """The same signature in another way: its last letter has bits that stand for nothing."""
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    last = note[-3]
    return f"{note[:-3]}{letters[letters.index(last) + 1]}{note[-2:]}"


def _hex(hashes: Sequence[bytes]) -> list[str]:
    return [one.hex() for one in hashes]


def _new_entries() -> Mapping[str, Any]:
    """Three entries by the broker's own code, and what opens them."""
    with tempfile.TemporaryDirectory() as place:
        create_keys(Path(place) / "keys")
        keys = load_keys(Path(place) / "keys")
        made = [entry_of(event, keys) for event in (intent(), disclosure(), closed())]
        kept = []
        names = {"auditors": keys.for_auditors(), "source school": keys.for_source("school")}
        for one in made:
            parts = json.loads(one.raw.split(b"\n")[2])
            for part in parts.values():
                kind, _, which = part["key"].partition(" ")
                if kind == "person":
                    found = keys.keystore.key(bytes.fromhex(which))
                    assert found is not None
                    names[part["key"]] = found
            facts = opened(one.raw, keys)
            kept.append(
                {
                    "bytes": base64.b64encode(one.raw).decode(),
                    "leaf_hash": leaf_hash(one.raw).hex(),
                    "tags": [tag.hex() for tag in one.tags],
                    "parts": {name: facts[name] for name in parts},
                }
            )
        keys.close()
    return {"keys": {name: key.hex() for name, key in names.items()}, "entries": kept}


def _written(path: Path, vectors: Mapping[str, Any]) -> None:
    path.write_text(json.dumps(vectors, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


if __name__ == "__main__":
    if not (HERE / "entries.json").exists():
        _written(HERE / "entries.json", _new_entries())
    _written(HERE / "log.json", log_vectors())
