"""Handing an entry to whoever writes the log: once, sealed, and of a few types only."""

from __future__ import annotations

import asyncio
import os
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from broker.audit import handover
from broker.audit.change_events import AgreementRecorded, PolicySimulated
from broker.audit.event import Event, PersonAsked
from broker.audit.events import AuditRead
from broker.audit.handover import HANDED, event_in, handed_in, keep_taking_in, put, take_in
from broker.audit.key_events import DestructionProposed, KeyDestroyed, KeyHeld, KeyReleased, Signed
from broker.audit.keys import Keys, load_keys
from broker.audit.log import AuditLog, LogUnavailable, Receipt
from broker.audit.match_events import TriageClosed
from broker.audit.reading_events import ReportStarted, SubjectReleased, SubjectReviewed
from broker.audit.review_events import FlagChanged, ReviewDecided, ReviewFound
from broker.audit.spool import Spool, Unsealed
from connectors.contract import Identifiers
from tests.unit.audit.audit_samples import (
    ANNA,
    KIT,
    NOW,
    ORIGIN,
    closed,
    keys_in,
    open_log,
    reading,
    writing,
)

READ = AuditRead(NOW, "kit", "audit trace", "q-1", {"last": "20"}, "A complaint")
SIGNED = Signed("Jo Marsh", NOW, "c2ln", "jo")
EVERY_KIND: list[Event] = [
    READ,
    AuditRead(NOW, KIT, "audit trace"),
    ReportStarted("r-1", NOW, "kit", "A complaint", replace(ANNA, other_family_names=("Quill",)), 9, 2),
    ReportStarted(
        "r-2", NOW, "kit", "", Identifiers(born_between=(date(2016, 1, 1), date(2016, 12, 31))), 9, 0
    ),
    SubjectReviewed("r-1", NOW, "kit", 4, "released", None, serious_harm=False, third_party=False),
    SubjectReleased("r-1", NOW, "kit", "ab" * 32, 1, 0),
    FlagChanged(NOW, "flag-1", "person", "added", "kit", "A councillor"),
    ReviewDecided("look-1", NOW, "kit", "fine", "Not related"),
    ReviewFound(
        "look-1",
        NOW,
        "rate",
        "sha256:aa",
        "rate|u-7|4",
        KIT,
        NOW,
        NOW,
        (1, 4),
        2,
        "Kit looked.",
        None,
        ("ig",),
    ),
    ReviewFound("look-2", NOW, "refusals", "sha256:aa", "refusals||9", None, NOW, NOW, (9,), 12, "Somebody."),
    TriageClosed("f-1", NOW, "school", "kit", "Two cousins"),
    PolicySimulated("s-1", NOW, "school", "sha256:aa", "sha256:bb", 30, 12, "kit"),
    AgreementRecorded(
        at=NOW,
        requester=KIT,
        purpose="early_help_assessment",
        state="given",
        standing="the_adult",
        evidence="Case note 7",
        agreed_on=NOW.date(),
        until=NOW.date(),
        person=PersonAsked(1, "", ANNA),
        services=("school",),
    ),
    DestructionProposed("d-1", NOW, "person", ("aa", "bb"), "Her request", "Art. 17", SIGNED),
    KeyDestroyed("d-1", NOW, "epoch", ("0011aabb",), "p-1", "Over", "Schedule", SIGNED, SIGNED),
    KeyHeld("h-1", NOW, "person", ("aa",), "An inquiry", "jo", None, ANNA),
    KeyHeld("h-2", NOW, "case", (), "An inquiry", "jo", "NS/4711"),
    KeyReleased("h-1", NOW, "It is over", "jo"),
]


def keys_of(directory: Path) -> Keys:
    return load_keys(keys_in(directory))


def spool_of(directory: Path, keys: Keys, origin: str = ORIGIN) -> Spool:
    return Spool.beside(directory / "audit.db", keys, origin)


async def handed(directory: Path, event: Event = READ) -> Receipt:
    """A command's part: hand an event in, or write it where nobody else writes."""
    keys = keys_of(directory)
    try:
        return await handed_in(event, spool_of(directory, keys), lambda: open_log(directory))
    finally:
        keys.close()


def files(directory: Path) -> list[str]:
    return sorted(path.suffix for path in (directory / "audit.db.spool").iterdir())


@pytest.mark.parametrize("event", EVERY_KIND, ids=lambda event: event.kind)
def test_an_event_comes_out_of_the_spool_as_it_went_in(event: Event, tmp_path: Path) -> None:
    keys = keys_of(tmp_path)
    spool = spool_of(tmp_path, keys)
    assert event_in(spool.taken(put(event, spool))) == event
    keys.close()


def test_the_types_that_may_be_handed_in_are_a_closed_list() -> None:
    assert set(HANDED) == {
        "audit.read",
        "subject.report_started",
        "subject.reviewed",
        "subject.released",
        "match.triage_closed",
        "policy.simulated",
        "agreement.recorded",
        "flag.changed",
        "review.decided",
        "review.found",
        "key.rotated",
        "key.destruction_proposed",
        "key.destroyed",
        "key.held",
        "key.released",
    }


async def test_a_broker_that_writes_takes_it_in_and_gives_the_receipt(tmp_path: Path) -> None:
    async with writing(tmp_path) as log:
        await log.record(closed())
        keys = keys_of(tmp_path)
        watch = asyncio.create_task(keep_taking_in(spool_of(tmp_path, keys), log))
        receipt = await handed(tmp_path)
        watch.cancel()
        with reading(tmp_path) as reader:
            (entry,) = reader.entries(receipt.index)
        keys.close()
    assert (receipt.log, receipt.index, entry.kind) == (ORIGIN, 1, "audit.read")
    assert entry.facts["request"] == {
        "reader": "kit",
        "command": "audit trace",
        "asked": {"last": "20"},
        "reason": "A complaint",
    }
    assert files(tmp_path) == []


async def test_without_a_broker_the_command_writes_the_log_itself(tmp_path: Path) -> None:
    async with writing(tmp_path) as log:
        await log.record(closed())
    receipt = await handed(tmp_path)
    assert receipt.index == 1
    with reading(tmp_path) as reader:
        assert reader.verify().good
        assert [one.kind for one in reader.entries(1)] == ["audit.read"]


async def test_two_commands_at_once_are_both_recorded(tmp_path: Path) -> None:
    async with writing(tmp_path):
        pass
    receipts = await asyncio.gather(*(handed(tmp_path) for _ in range(6)))
    assert sorted(one.index for one in receipts) == list(range(6))
    assert files(tmp_path) == []


async def test_what_is_put_there_twice_is_written_once(tmp_path: Path) -> None:
    keys = keys_of(tmp_path)
    spool = spool_of(tmp_path, keys)
    name = put(READ, spool)
    event = spool.directory / f"{name}.event"
    copied = event.read_bytes()
    for _ in range(2):  # the second is a broker that was killed before it could answer, and was started again
        async with writing(tmp_path) as log:
            assert await take_in(spool, log) == 1
        told = spool.answered(name)
        event.write_bytes(copied)
        assert told is not None
        assert b'"index": 0' in told
    with reading(tmp_path) as reader:
        assert len(list(reader.entries())) == 1
    keys.close()


async def test_what_is_not_sealed_with_the_logs_keys_is_put_away(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    keys, others = keys_of(tmp_path), keys_of(tmp_path / "other")
    spool = spool_of(tmp_path, keys)
    put(READ, spool_of(tmp_path, others))
    put(READ, spool_of(tmp_path, keys, "elsewhere.example/log"))
    name = put(READ, spool)
    moved = spool.directory / f"{'0' * 32}.event"
    (spool.directory / f"{name}.event").rename(moved)
    (spool.directory / f"{'1' * 32}.event").symlink_to(tmp_path / "keys" / "epoch.key")
    (spool.directory / f"{'2' * 32}.event").write_bytes(b"")
    os.mkfifo(spool.directory / f"{'3' * 32}.event")
    (spool.directory / "notes.txt").write_text("nothing of ours")
    async with writing(tmp_path) as log:
        assert await take_in(spool, log) == 6
        assert await take_in(spool, log) == 0
    with reading(tmp_path) as reader:
        assert list(reader.entries()) == []
    assert files(tmp_path) == [*[".refused"] * 6, ".txt"]
    assert "not sealed with the log's keys" in caplog.text
    assert "complaint" not in caplog.text
    keys.close()
    others.close()


@pytest.mark.parametrize(
    "plain",
    [
        b"{",
        b"[]",
        b'{"kind": "disclosure", "fields": {}}',
        b'{"kind": "query.closed", "fields": {"query_id": "q", "at": "2026-06-01T09:00Z", "state": "aborted"}}',
        b'{"kind": "audit.read", "fields": {"reader": "kit"}}',
        b'{"kind": "audit.read", "fields": {"reader": "kit", "command": "c", "at": "2026-06-01T09:00:00"}}',
    ],
)
async def test_other_types_and_half_events_are_refused_though_they_are_sealed(
    plain: bytes, tmp_path: Path
) -> None:
    keys = keys_of(tmp_path)
    spool = spool_of(tmp_path, keys)
    spool.put(plain)
    async with writing(tmp_path) as log:
        await take_in(spool, log)
    with reading(tmp_path) as reader:
        assert list(reader.entries()) == []
    assert files(tmp_path) == [".refused"]
    keys.close()


async def test_a_receipt_that_is_not_sealed_is_no_receipt(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(handover, "WAIT", 0.3)
    keys = keys_of(tmp_path)
    spool = spool_of(tmp_path, keys)
    name = put(READ, spool)
    (spool.directory / f"{name}.receipt").write_bytes(b'{"log": "x", "index": 0, "leaf_hash": ""}')
    assert spool.answered(name) is None
    (spool.directory / f"{name}.event").rename(spool.directory / f"{name}.receipt")
    assert spool.answered(name) is None  # nor is an event that was renamed
    with pytest.raises(Unsealed):
        spool._read(name, "receipt")
    keys.close()


async def test_a_broker_that_takes_nothing_in_lets_nothing_be_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(handover, "WAIT", 0.2)
    async with writing(tmp_path):
        with pytest.raises(LogUnavailable, match="takes nothing in"):
            await handed(tmp_path)
    assert files(tmp_path) == []


async def test_a_log_that_failed_says_so_to_whoever_waits(tmp_path: Path) -> None:
    keys, log = keys_of(tmp_path), await open_log(tmp_path)
    spool = spool_of(tmp_path, keys)
    log._writer._broken = True
    watch = asyncio.create_task(keep_taking_in(spool, log))
    with pytest.raises(LogUnavailable, match="Mend the disk"):
        await handed(tmp_path)
    watch.cancel()
    await log.close()
    keys.close()


async def test_what_one_look_meets_does_not_end_the_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    looks: list[int] = []

    async def failing(spool: Spool, log: AuditLog) -> int:
        looks.append(1)
        if len(looks) == 1:
            raise OSError("secret")
        asyncio.get_running_loop().call_soon(watch.cancel)
        return 0

    monkeypatch.setattr(handover, "TAKEN_EVERY", 0)
    monkeypatch.setattr(handover, "take_in", failing)
    keys = keys_of(tmp_path)
    async with writing(tmp_path) as log:
        watch = asyncio.create_task(keep_taking_in(spool_of(tmp_path, keys), log))
        with pytest.raises(asyncio.CancelledError):
            await watch
    assert len(looks) >= 2
    assert "OSError" in caplog.text
    assert "secret" not in caplog.text
    keys.close()


def test_nobody_else_can_look_into_the_spool(tmp_path: Path) -> None:
    keys = keys_of(tmp_path)
    spool = spool_of(tmp_path, keys)
    name = put(READ, spool)
    file = spool.directory / f"{name}.event"
    assert (spool.directory.stat().st_mode & 0o777, file.stat().st_mode & 0o777) == (0o700, 0o600)
    assert b"complaint" not in file.read_bytes()
    assert "key" not in repr(spool)
    keys.close()


def test_an_answer_that_nobody_fetched_is_cleared_away(tmp_path: Path) -> None:
    keys = keys_of(tmp_path)
    spool = spool_of(tmp_path, keys)
    old, young = put(READ, spool), put(READ, spool)
    spool.answer(old, b"{}")
    long_ago = datetime(2026, 1, 1, tzinfo=UTC).timestamp()
    os.utime(spool.directory / f"{old}.receipt", (long_ago, long_ago))
    spool.answer(young, b"{}")
    assert (spool.answered(old), spool.answered(young) is not None) == (None, True)
    keys.close()
