"""Tampering is found, the sentence says where it shows, and no broker starts on such a log."""

from __future__ import annotations

import asyncio
import os
import shutil
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from queue import SimpleQueue
from types import SimpleNamespace

import pytest

from broker.audit import halves, verify
from broker.audit.log import LogUnavailable
from broker.audit.tree import Frontier
from broker.audit.verify import Verification
from tests.unit.audit.audit_samples import (
    closed,
    disclosure,
    intent,
    open_log,
    reading,
    sign_again,
    tamper,
    writing,
)


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A log of 600 entries: 200 queries."""
    directory = tmp_path_factory.mktemp("written")
    asyncio.run(_write(directory))
    return directory


async def _write(directory: Path) -> None:
    async with writing(directory) as log:
        for number in range(0, 200, 20):
            for event in (intent, disclosure, closed):
                await asyncio.gather(*(log.record(event(f"q-{n}")) for n in range(number, number + 20)))


@pytest.fixture
def log(written: Path, tmp_path: Path) -> Path:
    """The log of 600 entries, to be tampered with."""
    shutil.copytree(written, tmp_path / "log")
    return tmp_path / "log"


def verified(directory: Path, older: str | None = None) -> Verification:
    with reading(directory) as reader:
        return reader.verify(older)


def test_a_log_that_nobody_touched_verifies(log: Path) -> None:
    told: list[tuple[int, int]] = []
    with reading(log) as reader:
        found = reader.verify(progress=lambda done, total: told.append((done, total)))
    assert (found.good, found.size, found.checkpoint_size) == (True, 600, 600)
    assert told[-1] == (600, 600)


OLD = "UPDATE entry SET raw = (SELECT raw FROM entry WHERE idx = 8), leaf = (SELECT leaf FROM entry WHERE idx = 8)"
SWAP = "UPDATE entry SET idx = CASE idx WHEN -1 THEN 7 WHEN 7 THEN 8 ELSE -1 END WHERE idx = "
TAMPERED = {
    "a byte flipped": (
        ["UPDATE entry SET raw = CAST(replace(raw, 'at', 'et') AS BLOB) WHERE idx = 300"],
        "Entry 300 was changed.",
    ),
    "a leaf hash flipped": (
        ["UPDATE entry SET leaf = zeroblob(32) WHERE idx = 300"],
        "Entry 300 was changed.",
    ),
    "one deleted": (["DELETE FROM entry WHERE idx = 300"], "Entry 300 is missing."),
    "several deleted": (["DELETE FROM entry WHERE idx BETWEEN 3 AND 40"], "Entries 3 to 40 are missing."),
    "the end cut off": (["DELETE FROM entry WHERE idx >= 590"], "Entries 590 to 599 are missing at the end."),
    "everything deleted": (["DELETE FROM entry"], "Entries 0 to 599 are missing at the end."),
    "two swapped": ([SWAP + "8", SWAP + "7", SWAP + "-1"], "The index does not list entry 7 as it is."),
    "one written over another": ([OLD + " WHERE idx = 300"], "The index does not list entry 300 as it is."),
    "one numbered anew": (["UPDATE entry SET idx = 600 WHERE idx = 599"], "Entry 599 is missing."),
    "the checkpoint gone": (
        ["DELETE FROM checkpoint"],
        "There are entries, but the signed checkpoint is missing.",
    ),
    "the checkpoint changed": (
        ["UPDATE checkpoint SET note = replace(note, '600', '599')"],
        "The checkpoint in the file is not signed with this log's key, or is of another log.",
    ),
    "a subtree's root changed": (
        ["UPDATE subtree SET root = zeroblob(32) WHERE number = 1"],
        "The index does not list entry 511 as it is.",
    ),
    "a query hidden from who traces it": (
        ["DELETE FROM query WHERE idx = 300"],
        "The index does not list entry 300 as it is.",
    ),
    "a query's entry moved to another": (
        ["UPDATE query SET query_id = 'q-0' WHERE idx = 300"],
        "The index does not list entry 300 as it is.",
    ),
    "a person hidden from who counts": (
        ["DELETE FROM tag WHERE idx = 300 AND tag = (SELECT min(tag) FROM tag WHERE idx = 300)"],
        "The index does not list entry 300 as it is.",
    ),
    "a tag that an entry does not have": (
        ["INSERT INTO tag VALUES (zeroblob(16), 300)"],
        "The index lists entries under what they don't have.",
    ),
}


@pytest.mark.parametrize("way", TAMPERED)
def test_tampering_is_found_and_named(way: str, log: Path) -> None:
    statements, sentence = TAMPERED[way]
    tamper(log, *statements)
    found = verified(log)
    assert (found.good, found.fault) == (False, sentence)


NOTICED_AT_START = [
    "a byte flipped",
    "a leaf hash flipped",
    "one deleted",
    "several deleted",
    "the end cut off",
    "everything deleted",
    "two swapped",
    "one written over another",
    "one numbered anew",
    "the checkpoint gone",
    "the checkpoint changed",
]


@pytest.mark.parametrize("way", NOTICED_AT_START)
async def test_a_broker_does_not_start_on_a_log_that_was_tampered_with(way: str, log: Path) -> None:
    tamper(log, *TAMPERED[way][0])
    with pytest.raises(LogUnavailable, match=r"does not verify: .*broker audit verify.*copy that verifies"):
        await open_log(log)
    async with asyncio.timeout(5):
        with pytest.raises(LogUnavailable, match="does not verify"):
            await open_log(log)  # the lock was let go of


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE subtree SET root = zeroblob(32) WHERE number = 0",
        "DELETE FROM subtree",
        "DELETE FROM entry WHERE idx = 530",
    ],
)
async def test_what_a_start_takes_from_subtrees_is_proved_by_the_checkpoint(
    statement: str, log: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(verify, "READ_AGAIN_AT_START", 50)
    tamper(log, statement)
    with pytest.raises(LogUnavailable, match="does not verify"):
        await open_log(log)


async def test_a_start_reads_the_end_again_and_goes_on_from_there(
    log: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(verify, "READ_AGAIN_AT_START", 50)
    before = verified(log)
    async with writing(log) as again:
        assert (await again.record(closed())).index == 600
    after = verified(log)
    assert (before.size, after.size, after.good) == (600, 601, True)


CUT_OFF = [
    "DELETE FROM entry WHERE idx >= 590",
    "DELETE FROM tag WHERE idx >= 590",
    "DELETE FROM query WHERE idx >= 590",
]
SWAPPED = [
    "UPDATE entry SET idx = -1 WHERE idx = 598",
    "UPDATE entry SET idx = 598 WHERE idx = 599",
    "UPDATE entry SET idx = 599 WHERE idx = -1",
    "UPDATE query SET idx = -1 WHERE idx = 598",
    "UPDATE query SET idx = 598 WHERE idx = 599",
    "UPDATE query SET idx = 599 WHERE idx = -1",
]


def test_history_that_was_cut_off_and_signed_again_passes_alone_and_fails_against_a_kept_checkpoint(
    log: Path,
) -> None:
    with reading(log) as reader:
        kept = reader.checkpoint()
    tamper(log, *CUT_OFF)
    sign_again(log)
    assert verified(log).good
    assert verified(log, kept).fault == "Entries 590 to 599 are missing at the end."


def test_history_that_was_rewritten_and_signed_again_fails_against_a_kept_checkpoint(log: Path) -> None:
    with reading(log) as reader:
        kept = reader.checkpoint()
    tamper(log, *SWAPPED)
    sign_again(log)
    assert verified(log).good
    assert verified(log, kept).fault == "The first 600 entries are not those that were signed."


async def test_a_log_that_grew_agrees_with_every_checkpoint_that_was_kept(log: Path) -> None:
    kept = []
    for number in range(3):
        with reading(log) as reader:
            kept.append(reader.checkpoint())
        async with writing(log) as again:
            await again.record(closed(f"q-{number}"))
    assert [verified(log, one).good for one in kept] == [True, True, True]


@pytest.mark.parametrize("older", ["", "no checkpoint", "x\n1\ny\n\n— x y\n"])
def test_a_text_that_is_no_checkpoint_is_said_to_be_none(older: str, log: Path) -> None:
    assert verified(log, older).fault == (
        "The checkpoint that was kept is not signed with this log's key, or is of another log."
    )


def test_a_damaged_file_is_said_to_be_damaged(log: Path) -> None:
    path = log / "audit.db"
    raw = bytearray(path.read_bytes())
    raw[4096 * 20 : 4096 * 60] = bytes(4096 * 40)
    path.write_bytes(raw)
    found = verified(log)
    assert not found.good
    assert found.fault is not None


async def test_a_broker_does_not_start_on_a_log_of_another_name(log: Path) -> None:
    with pytest.raises(LogUnavailable, match="of another log"):
        await open_log(log, origin="southshire.example/family-context")


@pytest.mark.parametrize("way", TAMPERED)
def test_two_halves_find_the_same_and_tell_it_in_the_same_words(
    way: str, log: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    in_halves(monkeypatch)
    statements, sentence = TAMPERED[way]
    tamper(log, *statements)
    assert verified(log).fault == sentence


@pytest.mark.parametrize(
    ("statement", "sentence"),
    [
        ("DELETE FROM entry WHERE idx BETWEEN 250 AND 260", "Entries 250 to 260 are missing."),
        ("DELETE FROM entry WHERE idx = 255", "Entry 255 is missing."),
        ("DELETE FROM entry WHERE idx = 256", "Entry 256 is missing."),
        ("UPDATE entry SET raw = zeroblob(9) WHERE idx IN (255, 256)", "Entry 255 was changed."),
        ("UPDATE entry SET raw = zeroblob(9) WHERE idx = 256", "Entry 256 was changed."),
        ("DELETE FROM subtree", "The index does not list entry 255 as it is."),
    ],
)
def test_what_is_wrong_where_the_halves_meet_is_found_too(
    statement: str, sentence: str, log: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    in_halves(monkeypatch)
    tamper(log, statement)
    assert verified(log).fault == sentence


def test_a_second_half_that_began_on_other_subtrees_does_not_count(
    log: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What it was told of the first half is proved by whoever walks that."""
    wrong = halves.Half(Frontier(256, (bytes(32),)), Frontier(), 0, "Not so.")

    @contextmanager
    def second_half(*_: object) -> Iterator[tuple[int, Callable[[], halves.Half]]]:
        yield 256, lambda: wrong

    monkeypatch.setattr(verify, "second_half", second_half)
    assert verified(log).good


def test_a_process_of_its_own_walks_the_second_half(log: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(halves, "HALVED_FROM", 0)
    told: list[int] = []
    with reading(log) as reader:
        with halves.second_half(reader.store, 600, ()) as (first, its_end):
            half = its_end()
        found = reader.verify(reader.checkpoint(), lambda done, _: told.append(done))
    assert half is not None
    assert (first, half.beginning.size, half.end.size, half.fault) == (256, 256, 600, None)
    assert half.end.root() == found.root
    assert (found.good, told) == (True, [600, 600])


def test_when_the_other_process_dies_the_whole_is_verified_all_the_same(
    log: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(halves, "HALVED_FROM", 0)
    monkeypatch.setattr(halves, "_walked", os.kill)  # which it does not survive: it takes other arguments
    assert verified(log).good


def in_halves(monkeypatch: pytest.MonkeyPatch) -> None:
    """From now on two threads verify a log, as two processes do a long one."""
    monkeypatch.setattr(halves, "HALVED_FROM", 0)
    monkeypatch.setattr(halves, "get_context", lambda _: SimpleNamespace(Pipe=_pipe, Process=_Thread))


def _pipe(duplex: bool) -> tuple[object, object]:
    said = SimpleQueue[halves.Half | None]()
    return SimpleNamespace(recv=said.get, close=int), SimpleNamespace(send=said.put, close=int)


class _Thread(threading.Thread):
    """A thread that can be begun as a process is."""

    def terminate(self) -> None:
        """It ends by itself."""
