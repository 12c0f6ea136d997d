"""Go's sumdb, which we have not written, verifies the demo's log and every proof from it, and nothing else."""

from __future__ import annotations

import asyncio
import base64
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from broker.audit.checkpoint import opened
from broker.audit.keys import load_keys
from broker.audit.publishing import publish
from broker.audit.reader import AuditReader
from broker.audit.tree import consistency_proof, frontier_of, leaf_hash, perfect_root
from deploy.demo import referral
from tests.fakes.northshire import northshire
from tests.oracle import go_sumdb
from tests.oracle.go_sumdb import Go, GoMissing, built
from tests.unit.audit.audit_samples import sign_again, tamper
from tests.unit.audit.audit_vectors import entries
from tests.unit.audit.standalone import verify_alone
from tests.unit.audit.test_audit_vectors import LOG
from tests.unit.audit.test_audit_vectors import published as published_vectors


@dataclass(frozen=True, slots=True)
class Published:
    """The demo's log, published; and a checkpoint that was kept from before its last question."""

    log: Path
    tiles: Path
    kept: Path
    key: str

    def job(self, **changed: Any) -> dict[str, Any]:
        return {
            "kind": "tiles",
            "directory": self.tiles,
            "key": self.key,
            "older": self.kept,
            "every": 1,
            **changed,
        }


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Published:
    """Northshire's log once it was asked many times and has ended; with a checkpoint kept from before."""
    return asyncio.run(_asked(tmp_path_factory.mktemp("demo")))


async def _asked(directory: Path) -> Published:
    async with northshire(directory, seed=1) as town:
        truth, state = town.northshire.truth, town.northshire.directory / "state"
        for count in (3, 40):
            for _ in range(count):
                status, answer = await town.post("/v1/queries", referral.section_47(truth))
                assert status == 200, answer
            if count == 3:
                await _signed(state)
                (state / "kept").write_bytes(published(state).read_bytes())
        await town.stop()
        published(state)
        with read(state) as reader:
            key = reader.verifier.text()
        return Published(state, state / "tiles", state / "kept", key)


async def _signed(state: Path) -> None:
    """Wait until every entry so far is under a checkpoint, which takes a second."""
    with read(state) as reader:
        while opened(reader.checkpoint(), reader.verifier).size < reader.store.size():  # noqa: ASYNC110 -- another process signs
            await asyncio.sleep(0.1)


def read(state: Path) -> AuditReader:
    origin = "northshire.example/family-context"
    return AuditReader.open(state / "audit.db", load_keys(state / "keys"), origin)


def published(state: Path, to: str = "tiles") -> Path:
    """Publish a log; the checkpoint's file."""
    with read(state) as reader:
        publish(reader.store, reader.verifier, state / to)
    return state / to / "checkpoint"


def test_go_verifies_the_demos_log_entry_by_entry_and_that_it_grew(go: Go, demo: Published) -> None:
    (verdict,) = go.judge([demo.job()])
    assert (verdict.good, verdict.fault) == (True, "")
    with read(demo.log) as reader:
        assert verdict.entries == verdict.proved == reader.store.size() > 256
        assert 0 < opened(demo.kept.read_text(), reader.verifier).size < verdict.entries
    told = verify_alone("tiles", demo.tiles, "--key", demo.key, "--against", demo.kept)
    assert (told.returncode, f"{verdict.entries} entries" in told.stdout) == (0, True)


def test_go_verifies_every_proof_that_the_log_gives(go: Go, demo: Published, tmp_path: Path) -> None:
    with read(demo.log) as reader:
        for index, _, raw in reader.store.rows():
            (tmp_path / f"{index}.proof").write_text(reader.prove(index) or "", encoding="utf-8")
            (tmp_path / f"{index}.entry").write_bytes(raw)
        size = reader.store.size()
    proofs = [tmp_path / f"{index}.proof" for index in range(size)]
    jobs = [
        {"kind": "proof", "proof": one, "entry": one.with_suffix(".entry"), "key": demo.key} for one in proofs
    ]
    assert [one.fault for one in go.judge(jobs) if not one.good] == []
    others = [{**job, "entry": before["entry"]} for job, before in zip(jobs[1:], jobs, strict=False)]
    assert [one for one in go.judge(others) if one.good] == []
    assert verify_alone("proof", *proofs, "--key", demo.key).stdout.count("VERIFIED") == size


def test_go_refuses_what_was_signed_again_against_a_kept_checkpoint(
    go: Go, demo: Published, tmp_path: Path
) -> None:
    shutil.copytree(demo.log, tmp_path / "state")
    tamper(
        tmp_path / "state", "UPDATE entry SET raw = CAST(replace(raw, '2026', '2025') AS BLOB) WHERE idx = 5"
    )
    sign_again(tmp_path / "state", origin="northshire.example/family-context")
    published(tmp_path / "state", "again")
    again = demo.job(directory=tmp_path / "state" / "again")
    alone, against = go.judge([{**again, "older": ""}, again])
    assert (alone.good, against.good) == (True, False)


def test_go_takes_the_test_vectors_of_the_format(go: Go, tmp_path: Path) -> None:
    log, kept, proof = published_vectors(tmp_path), tmp_path / "kept", tmp_path / "1.proof"
    kept.write_text(LOG["checkpoints"]["257"], encoding="utf-8")
    proof.write_text(LOG["tlog_proof_of_1"], encoding="utf-8")
    proof.with_suffix(".entry").write_bytes(entries()[1])
    jobs = [
        {"kind": "tiles", "directory": log, "older": kept, "every": 1},
        {"kind": "proof", "proof": proof, "entry": proof.with_suffix(".entry")},
    ]
    for number, note in enumerate(LOG["refused"].values()):
        refused = tmp_path / str(number)
        refused.mkdir()
        (refused / "checkpoint").write_text(note, encoding="utf-8")
        jobs.append({"kind": "tiles", "directory": refused})
    verdicts = [one.good for one in go.judge([{**job, "key": LOG["verifier_key"]} for job in jobs])]
    assert verdicts == [True, True, *([False] * len(LOG["refused"]))]


@given(st.integers(2, 700), st.data())
def test_go_takes_our_consistency_proofs_and_no_other(go: Go, size: int, data: st.DataObject) -> None:
    leaves = [leaf_hash(number.to_bytes(2, "big")) for number in range(size)]
    older = data.draw(st.integers(1, size))

    def subtree(height: int, number: int) -> bytes:
        return perfect_root(leaves[number << height : (number + 1) << height])

    roots, path = (
        [frontier_of(one, subtree).root() for one in (older, size)],
        consistency_proof(older, size, subtree),
    )
    job = {"kind": "trees", "sizes": [older, size], "roots": _texts(roots), "path": _texts(path)}
    wrong = {**job, "roots": _texts([bytes(32), roots[1]])}
    assert [one.good for one in go.judge([job, wrong])] == [True, False]


def _texts(hashes: Sequence[bytes]) -> list[str]:
    return [base64.b64encode(one).decode() for one in hashes]


def test_without_go_it_is_said_how_to_install_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(go_sumdb, "find_spec", lambda name: None)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(GoMissing, match=r"make setup .*apt-get install golang-go golang-golang-x-mod-dev"):
        built(tmp_path)


def test_without_its_sumdb_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    package = SimpleNamespace(origin=str(tmp_path / "go" / "__init__.py"))
    monkeypatch.setattr(go_sumdb, "find_spec", lambda name: package)
    monkeypatch.setattr(go_sumdb, "DEBIANS", tmp_path / "nowhere")
    with pytest.raises(GoMissing, match="sumdb is missing"):
        built(tmp_path)
