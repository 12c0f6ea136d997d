"""What a witness answers: each status of C2SP tlog-witness, and never two trees of one size or a smaller one."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from broker.audit.tree import EMPTY_ROOT
from broker.audit.witness.cosignature import Cosigner, cosignature_in
from broker.audit.witness.deciding import SIZE, Known, Reply, Unreadable, Witness, asked, decided
from broker.audit.witness.memory import Memory, MemoryUnfit
from tests.fakes.witnesses import NAME, NumberedLog

AT = datetime(2026, 6, 1, 9, 0, tzinfo=UTC)
KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
COSIGNER = Cosigner(NAME, KEY.public_key().public_bytes_raw())


def answered(body: str, log: NumberedLog, known: Known | None = None) -> Reply:
    return decided(asked(body), known, Witness(NAME, KEY, {log.origin: (log.verifier,)}), AT)


def known_at(log: NumberedLog, size: int) -> Known:
    return Known(size, log.checkpoint(size).root, log.note(size))


def test_the_first_checkpoint_of_a_log_is_cosigned_without_a_proof() -> None:
    log = NumberedLog().grow(5)
    reply = answered(log.request(0), log)
    assert reply.status == 200
    assert reply.remember == known_at(log, 5)
    assert cosignature_in(reply.body, log.checkpoint().text(), COSIGNER).at == AT


def test_growth_that_is_proved_is_cosigned_and_the_same_size_again() -> None:
    log = NumberedLog().grow(9)
    for old in range(1, 10):
        reply = answered(log.request(old), log, known_at(log, old))
        assert (reply.status, reply.remember) == (200, known_at(log, 9)), old


def test_an_empty_log_is_cosigned_as_empty_alone() -> None:
    log = NumberedLog()
    assert log.checkpoint().root == EMPTY_ROOT
    assert answered(log.request(0), log).status == 200
    assert answered(log.request(0, proof=[bytes(32)]), log).status == 422


def test_an_unknown_origin_is_404_also_when_its_signature_would_hold() -> None:
    log, other = NumberedLog().grow(3), NumberedLog("elsewhere.example/log").grow(3)
    assert answered(other.request(0), log).status == 404


def test_a_key_that_is_not_the_logs_is_403_and_a_second_key_of_the_log_is_taken() -> None:
    log, forger = NumberedLog().grow(3), NumberedLog().grow(3)
    assert answered(forger.request(0), log).status == 403
    both = Witness(NAME, KEY, {log.origin: (log.verifier, forger.verifier)})
    assert decided(asked(forger.request(0)), None, both, AT).status == 200


@pytest.mark.parametrize("old", [0, 3, 5])
def test_another_old_size_than_the_one_that_was_cosigned_is_409_and_told(old: int) -> None:
    log = NumberedLog().grow(9)
    reply = answered(log.request(old), log, known_at(log, 4))
    assert (reply.status, reply.body, reply.kind, reply.remember) == (409, "4\n", SIZE, None)


def test_another_tree_of_the_same_size_is_409_and_kept_as_evidence() -> None:
    log = NumberedLog().grow(6)
    fork = log.forked(2, 4)
    reply = answered(fork.request(6), log, known_at(log, 6))
    assert (reply.status, reply.body, reply.kind) == (409, "6\n", SIZE)
    assert (reply.evidence, reply.remember) == (True, None)


def test_a_proof_that_leads_from_another_tree_is_422_and_kept_as_evidence() -> None:
    log = NumberedLog().grow(6)
    fork = log.forked(2, 7)
    reply = answered(fork.request(6), log, known_at(log, 6))
    assert (reply.status, reply.evidence, reply.remember) == (422, True, None)
    missing = answered(log.request(4, proof=[]), log, known_at(log, 4))
    assert (missing.status, missing.remember) == (422, None)


@pytest.mark.parametrize(
    "change",
    [
        lambda body: "",
        lambda body: "old 4\n",
        lambda body: body.replace("old 4", "old 04"),
        lambda body: body.replace("old 4", "old -4"),
        lambda body: body.replace("old 4", "Old 4"),
        lambda body: body.replace("old 4\n", ""),
        lambda body: body.replace("old 4", "old 10"),
        lambda body: body.replace("old 4\n", "old 4\nAAAA\n"),
        lambda body: body.replace("old 4\n", "old 4\n" + f"{'A' * 43}=\n" * 64),
        lambda body: body.replace("old 4\n", "old 4\n%%%\n"),
        lambda body: body.partition("\n\n— ")[0] + "\n",
        lambda body: body.replace("\n9\n", "\nnine\n"),
        lambda body: body.replace("\n", "\r\n"),
    ],
)
def test_what_is_not_written_as_the_specification_says_is_unreadable(change: object) -> None:
    body = NumberedLog().grow(9).request(4)
    assert asked(body).old == 4
    with pytest.raises(Unreadable):
        asked(change(body))  # type: ignore[operator]


class ALogThatLies(RuleBasedStateMachine):
    """Whatever is asked, in whatever order: what was cosigned is one history that never gets shorter."""

    def __init__(self) -> None:
        super().__init__()
        honest = NumberedLog().grow(24)
        self.histories = [honest, honest.forked(3, 20), honest.forked(11, 13), honest.forked(0, 24)]
        self.known: Known | None = None
        self.cosigned: dict[int, bytes] = {}
        self.sizes: list[int] = [0]

    @rule(which=st.integers(0, 3), size=st.integers(0, 23), old=st.integers(-1, 23))
    def ask(self, which: int, size: int, old: int) -> None:
        log, knows = self.histories[which], self.known.size if self.known else 0
        old = knows if old < 0 else old
        if old > size:
            return
        reply = answered(log.request(old, size), log, self.known)
        if reply.remember is not None:
            assert reply.status == 200
            assert self.cosigned.setdefault(size, reply.remember.root) == reply.remember.root
            self.sizes.append(size)
            self.known = reply.remember

    @rule(size=st.integers(0, 23))
    def grow_honestly(self, size: int) -> None:
        """The history that was cosigned, where there is one, goes on being cosigned."""
        its = [
            one
            for one in self.histories
            if self.known and one.checkpoint(self.known.size).root == self.known.root
        ]
        if self.known and its and size >= self.known.size:
            assert answered(its[0].request(self.known.size, size), its[0], self.known).status == 200

    @invariant()
    def never_goes_back(self) -> None:
        assert self.sizes == sorted(self.sizes)

    @invariant()
    def one_history(self) -> None:
        assert any(
            all(log.checkpoint(size).root == root for size, root in self.cosigned.items())
            for log in self.histories
        )


ALogThatLies.TestCase.settings = settings(max_examples=60, stateful_step_count=25, deadline=None)
TestALogThatLies = ALogThatLies.TestCase


def test_a_memory_is_of_one_witness_and_is_never_begun_twice(tmp_path: Path) -> None:
    path = tmp_path / "witness.db"
    Memory.create(path, "one")
    Memory.open(path, "one").close()
    with pytest.raises(MemoryUnfit, match="another witness"):
        Memory.open(path, "two")
    with pytest.raises(MemoryUnfit, match="there already"):
        Memory.create(path, "one")


def test_a_memory_that_is_gone_or_is_none_is_not_begun_anew(tmp_path: Path) -> None:
    (tmp_path / "text.db").write_text("not a database at all, but a text of some length" * 40)
    for name in ("missing.db", "text.db"):
        with pytest.raises(MemoryUnfit, match="must sign nothing more"):
            Memory.open(tmp_path / name, "one")
    assert not (tmp_path / "missing.db").exists()


def test_contradictions_are_kept_once_with_what_had_been_cosigned(tmp_path: Path) -> None:
    log = NumberedLog().grow(6)
    Memory.create(tmp_path / "witness.db", "one")
    memory = Memory.open(tmp_path / "witness.db", "one")
    witness = Witness(NAME, KEY, {log.origin: (log.verifier,)})
    for body in (
        log.request(0),
        log.forked(2, 4).request(6),
        log.forked(2, 4).request(6),
        log.forked(1, 7).request(6),
    ):
        memory.asked(asked(body), lambda request, known: decided(request, known, witness, AT), AT)
    found = list(memory.contradictions())
    assert [one.known for one in found] == [log.note(6)] * 2
    assert {one.refused for one in found} == {log.forked(2, 4).note(), log.forked(1, 7).note()}
    assert memory.known(log.origin) == known_at(log, 6)
    memory.close()
