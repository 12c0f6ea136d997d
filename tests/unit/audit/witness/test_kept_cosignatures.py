"""Cosignatures beside the log: shown with their checkpoint and in proofs, and held against the log itself."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from pathlib import Path

import apsw
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from broker.audit.checkpoint import Checkpoint, opened, parsed, unsigned_text
from broker.audit.keys import load_keys
from broker.audit.log import AuditLog, LogUnavailable
from broker.audit.proof import proves
from broker.audit.tree import leaf_hash
from broker.audit.witness.cosignature import Cosigner, cosignature_in, cosigned
from broker.audit.witness.kept import Kept, covered, kept
from broker.audit.witness.standing import alone, standing
from tests.unit.audit.audit_samples import (
    NOW,
    ORIGIN,
    closed,
    everything_in,
    intent,
    keys_in,
    open_log,
    reading,
    sign_again,
    swap,
    tamper,
    writing,
)

POLICE = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
HEALTH = Ed25519PrivateKey.from_private_bytes(bytes(range(1, 33)))


def cosigner(name: str, key: Ed25519PrivateKey) -> Cosigner:
    return Cosigner(name, key.public_key().public_bytes_raw())


BY_POLICE, BY_HEALTH = cosigner("police.example/w", POLICE), cosigner("health.example/w", HEALTH)


def cosigned_by(who: Cosigner, key: Ed25519PrivateKey, note: str, directory: Path) -> Kept:
    keys = load_keys(keys_in(directory))
    line = cosigned(unsigned_text(note), who.name, key, NOW)
    keys.close()
    return kept(who, line, note, keys.for_register("witnesses"))


async def checkpoint_of(log: AuditLog, size: int) -> str:
    """The log's last signed checkpoint, once it is over so many entries."""
    for _ in range(500):
        note = await log.read(lambda store: store.note() or "")
        if parsed(unsigned_text(note)).size >= size:
            return note
        await asyncio.sleep(0.02)
    raise AssertionError("no checkpoint was signed in ten seconds")


async def test_a_checkpoint_is_shown_with_the_lines_of_those_who_cosigned_this_very_one(
    tmp_path: Path,
) -> None:
    async with writing(tmp_path) as log:
        await log.record(intent())
        note = await checkpoint_of(log, 1)
        await log.keep(
            [cosigned_by(BY_POLICE, POLICE, note, tmp_path), cosigned_by(BY_HEALTH, HEALTH, note, tmp_path)]
        )
        with reading(tmp_path) as reader:
            shown = reader.checkpoint()
            assert opened(shown, reader.verifier).size == 1
        for who in (BY_POLICE, BY_HEALTH):
            assert cosignature_in(shown, unsigned_text(note), who).at == NOW
        await log.record(closed())
        await checkpoint_of(log, 2)
        with reading(tmp_path) as reader:
            assert reader.checkpoint().count("— ") == 1
            assert reader.witnessed() == shown
            assert opened(reader.witnessed(covering=2), reader.verifier).size == 2


async def test_an_entry_is_proved_against_the_checkpoint_that_most_witnesses_cosigned(tmp_path: Path) -> None:
    async with writing(tmp_path) as log:
        await log.record(intent())
        note = await checkpoint_of(log, 1)
        await log.keep([cosigned_by(BY_POLICE, POLICE, note, tmp_path)])
        await log.record(closed())
        await checkpoint_of(log, 2)
        with reading(tmp_path) as reader:
            first, second = reader.prove(0), reader.prove(1)
            assert first is not None
            assert second is not None
            rows = [raw for _, _, raw in reader.store.rows()]
            assert proves(first, leaf_hash(rows[0]), reader.verifier)
            assert proves(second, leaf_hash(rows[1]), reader.verifier)
    assert f"— {BY_POLICE.name} " in first
    assert f"— {BY_POLICE.name} " not in second


async def test_a_cosignature_never_gives_way_to_one_of_fewer_entries(tmp_path: Path) -> None:
    async with writing(tmp_path) as log:
        await log.record(intent())
        older = cosigned_by(BY_POLICE, POLICE, await checkpoint_of(log, 1), tmp_path)
        await log.record(closed())
        newer = cosigned_by(BY_POLICE, POLICE, await checkpoint_of(log, 2), tmp_path)
        for one in (older, newer, older):
            await log.keep([one])
        assert [one.size for one in await log.read(lambda store: store.cosignatures())] == [2]


async def test_without_the_keys_no_older_signed_checkpoint_is_in_the_file(tmp_path: Path) -> None:
    async with writing(tmp_path) as log:
        await log.record(intent())
        older = await checkpoint_of(log, 1)
        await log.keep([cosigned_by(BY_POLICE, POLICE, older, tmp_path)])
        await log.record(closed())
        await checkpoint_of(log, 2)
    file = apsw.Connection(str(tmp_path / "audit.db"))
    file.execute("VACUUM")  # what was overwritten is in free pages until then, as it always was
    file.close()
    signature = older.splitlines()[-1].split()[-1]
    assert signature.encode() not in everything_in(tmp_path)


async def test_history_that_is_signed_again_fails_against_a_cosignature_that_was_left(tmp_path: Path) -> None:
    async with writing(tmp_path) as log:
        for number in range(3):
            await log.record(intent(f"q-{number}"))
        note = await checkpoint_of(log, 3)
        await log.keep([cosigned_by(BY_POLICE, POLICE, note, tmp_path)])
        await log.record(closed())
    swap(tmp_path, 1, 2)
    sign_again(tmp_path)
    with reading(tmp_path) as reader:
        assert reader.verify().fault == "The first 3 entries are not those that were signed."
    with pytest.raises(LogUnavailable, match="The first 3 entries are not those that were signed"):
        await open_log(tmp_path)


async def test_a_log_that_is_shorter_than_what_was_cosigned_does_not_start(tmp_path: Path) -> None:
    async with writing(tmp_path) as log:
        for number in range(3):
            await log.record(intent(f"q-{number}"))
        await log.keep([cosigned_by(BY_POLICE, POLICE, await checkpoint_of(log, 3), tmp_path)])
    for table, column in (("entry", "idx"), ("tag", "idx"), ("query", "idx")):
        tamper(tmp_path, f"DELETE FROM {table} WHERE {column} = 2")  # noqa: S608 -- names of ours
    sign_again(tmp_path)
    with pytest.raises(LogUnavailable, match="Entry 2 is missing at the end"):
        await open_log(tmp_path)


def test_so_many_entries_are_covered_as_enough_witnesses_cosigned() -> None:
    def of(who: Cosigner, key: Ed25519PrivateKey, size: int) -> Kept:
        at = Checkpoint(ORIGIN, size, bytes(32))
        return Kept(who.text(), size, at.root, cosigned(at.text(), who.name, key, NOW), b"")

    both, found = [BY_POLICE, BY_HEALTH], [of(BY_POLICE, POLICE, 7), of(BY_HEALTH, HEALTH, 5)]
    assert covered(found, both, 1, ORIGIN) == 7
    assert covered(found, both, 2, ORIGIN) == 5
    assert covered(found[:1], both, 2, ORIGIN) == 0
    assert covered(found, [BY_HEALTH], 1, ORIGIN) == 5
    forged = of(BY_HEALTH, POLICE, 9)
    assert covered([found[0], forged], both, 2, ORIGIN) == 0
    assert covered(found, both, 1, "elsewhere.example/log") == 0


def test_what_waits_for_longer_than_the_limit_lapses_and_a_look_that_never_came_does_too() -> None:
    now, limit = standing([BY_POLICE], 1, timedelta(minutes=60), NOW), timedelta(minutes=60)
    assert not now.lapsed(NOW + limit)
    assert now.lapsed(NOW + limit + timedelta(seconds=1))
    waiting = now.looked(NOW - timedelta(minutes=59), NOW)
    assert not waiting.lapsed(NOW)
    assert waiting.lapsed(NOW + timedelta(minutes=2))
    assert not waiting.looked(None, NOW + timedelta(minutes=2)).lapsed(NOW + timedelta(minutes=2))
    assert not now.looked(NOW + timedelta(days=1), NOW).lapsed(NOW)
    assert not alone().lapsed(NOW + timedelta(days=36500))
