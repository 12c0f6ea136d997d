"""The test vectors of the log's format are what the broker makes, and what the stand-alone verifier takes."""

from __future__ import annotations

import base64
import hashlib
import json
from pathlib import Path
from typing import Any

import pytest

from broker.audit.checkpoint import NotACheckpoint, Verifier, opened
from broker.audit.entry import listing
from broker.audit.proof import proves
from broker.audit.sealing import Sealed, unseal
from broker.audit.tiles import tiles
from broker.audit.tree import consistent, included, leaf_hash
from tests.unit.audit.audit_vectors import HERE, SIZE, content, entries, log_vectors
from tests.unit.audit.standalone import verify_alone

LOG: dict[str, Any] = json.loads((HERE / "log.json").read_text(encoding="utf-8"))
ENTRIES: dict[str, Any] = json.loads((HERE / "entries.json").read_text(encoding="utf-8"))
PAGE = HERE.parents[2] / "docs" / "reference" / "audit-log-format.md"


def verifier() -> Verifier:
    name, _, material = LOG["verifier_key"].split("+", 2)
    return Verifier(name, base64.b64decode(material)[1:])


def test_the_logs_vectors_are_what_is_made_today() -> None:
    assert json.loads(json.dumps(log_vectors())) == LOG


@pytest.mark.parametrize("entry", ENTRIES["entries"], ids=[0, 1, 2])
def test_an_entrys_vectors_open_as_the_format_says(entry: dict[str, Any]) -> None:
    raw = base64.b64decode(entry["bytes"])
    assert leaf_hash(raw).hex() == entry["leaf_hash"]
    assert [tag.hex() for tag in listing(raw)[3]] == entry["tags"]
    clear, _, parts = raw.splitlines(keepends=True)
    for name, part in json.loads(parts).items():
        sealed = Sealed(*(base64.b64decode(part[one]) for one in ("wrapped_key", "sealed")))
        plain = unseal(sealed, bytes.fromhex(ENTRIES["keys"][part["key"]]), clear + name.encode())
        assert json.loads(plain) == entry["parts"][name]


def test_the_proofs_hold() -> None:
    leaves = [leaf_hash(one) for one in entries()]
    roots = {int(size): bytes.fromhex(root) for size, root in LOG["roots"].items()}
    for one in LOG["inclusion"]:
        path = [bytes.fromhex(step) for step in one["path"]]
        assert included(leaves[one["index"]], one["index"], one["size"], path, roots[one["size"]])
    for one in LOG["consistency"]:
        path = [bytes.fromhex(step) for step in one["path"]]
        assert consistent(one["older"], one["size"], path, roots[one["older"]], roots[one["size"]])
    assert proves(LOG["tlog_proof_of_1"], leaves[1], verifier())


@pytest.mark.parametrize("why", LOG["refused"])
def test_what_has_to_be_refused_is(why: str, tmp_path: Path) -> None:
    with pytest.raises(NotACheckpoint):
        opened(LOG["refused"][why], verifier())


def test_the_stand_alone_verifier_takes_the_vectors_and_refuses_the_others(tmp_path: Path) -> None:
    log = published(tmp_path)
    kept, proof, cosigned = tmp_path / "kept", tmp_path / "1.proof", tmp_path / "cosigned"
    kept.write_text(LOG["checkpoints"]["257"], encoding="utf-8")
    proof.write_text(LOG["tlog_proof_of_1"], encoding="utf-8")
    proof.with_suffix(".entry").write_bytes(entries()[1])
    cosigned.write_text(LOG["witness"]["checkpoint"], encoding="utf-8")
    key = ("--key", LOG["verifier_key"])
    assert verify_alone("tiles", log, *key, "--against", kept).returncode == 0
    assert verify_alone("proof", proof, *key).returncode == 0
    seen = verify_alone("checkpoint", cosigned, *key, "--witness", LOG["witness"]["verifier_key"]).stdout
    assert "witness.example/w1 saw it at 2026-01-01T00:00:00Z." in seen
    refused = [tmp_path / f"refused {number}" for number, _ in enumerate(LOG["refused"])]
    for path, note in zip(refused, LOG["refused"].values(), strict=True):
        path.write_text(note, encoding="utf-8")
    told = verify_alone("checkpoint", *refused, *key)
    assert [one.split(" /")[0] for one in told.stdout.splitlines()] == ["DOES NOT VERIFY"] * len(refused)


def published(directory: Path) -> Path:
    """The vectors' log as files, each with the hash that stands in the vectors."""
    for tile in tiles(SIZE):
        path = directory / "log" / tile.path
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content(tile))
        assert hashlib.sha256(path.read_bytes()).hexdigest() == LOG["files"][tile.path]
    (directory / "log" / "checkpoint").write_text(LOG["checkpoints"][str(SIZE)], encoding="utf-8")
    return directory / "log"


def test_the_page_names_every_vector_and_takes_two_pages() -> None:
    page = PAGE.read_text(encoding="utf-8")
    assert [name for name in (*LOG, *ENTRIES, "log.json", "entries.json") if f"`{name}`" not in page] == []
    assert len(page.split()) < 1_300
