"""A witness as it is in service: a process of its own, asked over HTTP by a real log, killed, and lied to."""

from __future__ import annotations

import asyncio
import json
import logging
import random
import shutil
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from broker.audit.checkpoint import Verifier, parsed, unsigned_text
from broker.audit.keys import load_keys
from broker.audit.log import AuditLog
from broker.audit.witness.cosignature import Cosigner, cosignature_in
from broker.audit.witness.kept import Kept
from broker.audit.witness.settings import WitnessOfLog
from broker.audit.witness.standing import standing
from broker.audit.witness.watching import Watching, watching
from tests.fakes.served_littleworth import ENVIRONMENT, ROOT
from tests.fakes.witnesses import NumberedLog, WitnessProcess, made_witness
from tests.unit.audit.audit_samples import (
    ORIGIN,
    closed,
    intent,
    keys_in,
    open_log,
    reading,
    sign_again,
    swap,
    tamper,
)

KILLS = 20


@pytest.fixture
def running_witness(tmp_path: Path) -> Iterator[WitnessProcess]:
    """A witness of the log in ``tmp_path / "log"``, running."""
    (tmp_path / "log").mkdir()
    keys = load_keys(keys_in(tmp_path / "log"))
    keys.close()
    made = made_witness(tmp_path / "witness", Verifier(ORIGIN, keys.public)).start()
    yield made
    made.kill()


@asynccontextmanager
async def watched(directory: Path, witness: WitnessProcess) -> AsyncIterator[tuple[AuditLog, Watching]]:
    """The log of a directory, open to write, and its one witness."""
    log, keys = await open_log(directory), load_keys(keys_in(directory))
    keys.close()
    try:
        of = [WitnessOfLog(name="Police", key=witness.key, address=witness.address)]
        log.standing = standing([of[0].cosigner], 1, timedelta(hours=1), datetime.now(UTC))
        async with watching(log, ORIGIN, of, keys.wrapping, directory, lambda: datetime.now(UTC)) as its:
            yield log, its
    finally:
        await log.close()


async def grown(directory: Path, witness: WitnessProcess, *query_ids: str) -> None:
    """Write entries, and have what was there before and after them cosigned, when the witness does."""
    async with watched(directory, witness) as (log, its):
        await its.look()
        for one in query_ids:
            await log.record(closed(one))
        async with asyncio.timeout(10):
            await signed_to_the_end(log)
        its.asking[0].not_before = 0
        await its.look()


async def signed_to_the_end(log: AuditLog) -> None:
    for _ in range(500):
        note, size = await log.read(lambda store: (store.note() or "", store.size()))
        if parsed(unsigned_text(note)).size == size:
            return
        await asyncio.sleep(0.02)


def kept_of(directory: Path) -> list[Kept]:
    with reading(directory) as reader:
        return reader.store.cosignatures()


def contradictions(directory: Path) -> tuple[int, Any]:
    """What ``broker audit witness contradictions`` says, and its exit code."""
    told = subprocess.run(  # noqa: S603 -- our own interpreter on our own module
        [sys.executable, "-m", "broker", "audit", "witness", "contradictions", str(directory), "--json"],
        cwd=ROOT,
        env=ENVIRONMENT,
        capture_output=True,
        text=True,
        check=False,
    )
    return told.returncode, json.loads(told.stdout)


async def test_a_log_that_grows_is_cosigned_again_and_again(
    tmp_path: Path, running_witness: WitnessProcess
) -> None:
    log = tmp_path / "log"
    for number in range(3):
        await grown(log, running_witness, f"q-{number}", f"r-{number}")
        assert [one.size for one in kept_of(log)] == [2 * (number + 1)]
    with reading(log) as reader:
        shown = reader.checkpoint()
    found = cosignature_in(shown, unsigned_text(shown), Cosigner.of(running_witness.key))
    assert abs((found.at - datetime.now(UTC)).total_seconds()) < 60
    assert contradictions(running_witness.directory) == (0, [])


async def test_a_broker_that_lost_what_its_witness_said_asks_once_more_and_goes_on(
    tmp_path: Path, running_witness: WitnessProcess
) -> None:
    log = tmp_path / "log"
    await grown(log, running_witness, "q-1", "q-2")
    tamper(log, "DELETE FROM cosignature")
    await grown(log, running_witness, "q-3")
    assert [one.size for one in kept_of(log)] == [3]


async def test_history_that_is_changed_and_signed_again_with_the_real_key_is_refused(
    tmp_path: Path, running_witness: WitnessProcess, caplog: pytest.LogCaptureFixture
) -> None:
    log = tmp_path / "log"
    await grown(log, running_witness, *(f"q-{number}" for number in range(8)))
    swap(log, 2, 5)
    tamper(log, "DELETE FROM cosignature")
    sign_again(log)
    with reading(log) as reader:
        assert reader.verify().good  # alone, it passes
    with caplog.at_level(logging.ERROR):
        await grown(log, running_witness, "q-8")
    assert "history was changed" in caplog.text
    assert "Stop the broker, keep the files as they are" in caplog.text
    assert kept_of(log) == []
    code, found = contradictions(running_witness.directory)
    assert code == 1
    assert {parsed(unsigned_text(one["refused"])).size for one in found} == {8, 9}
    assert {parsed(unsigned_text(one["cosigned"])).size for one in found} == {8}


async def test_a_log_that_was_brought_back_from_an_older_copy_is_refused_short_and_written_on(
    tmp_path: Path, running_witness: WitnessProcess, caplog: pytest.LogCaptureFixture
) -> None:
    log = tmp_path / "log"
    await grown(log, running_witness, "q-1", "q-2")
    shutil.copytree(log, tmp_path / "copy")
    await grown(log, running_witness, "q-3", "q-4", "q-5")
    shutil.rmtree(log)
    (tmp_path / "copy").rename(log)
    with caplog.at_level(logging.ERROR):
        await grown(log, running_witness, "another")
    assert "It cosigned 5 entries of this log, and here are 3: entries are missing" in caplog.text
    assert [one.size for one in kept_of(log)] == [2]
    caplog.clear()
    with caplog.at_level(logging.ERROR):
        await grown(log, running_witness, "another-1", "another-2", "another-3")
    assert "an older copy was brought back and written on" in caplog.text
    assert [one.size for one in kept_of(log)] == [2]
    with reading(log) as reader:
        assert reader.verify().good  # alone, it passes


async def test_two_logs_of_one_key_get_one_history_cosigned(tmp_path: Path) -> None:
    honest = NumberedLog().grow(30)
    fork = honest.forked(10, 20)
    witness = made_witness(tmp_path / "witness", honest.verifier).start()
    try:
        async with aiohttp.ClientSession() as session:
            answers = [
                await added(session, witness, body)
                for body in (
                    honest.request(0, 8),
                    fork.request(8, 20),
                    honest.request(8, 30),
                    honest.request(20, 30),
                )
            ]
            assert [status for status, _ in answers] == [200, 200, 409, 422]
            assert answers[2][1] == "20\n"
            assert (await added(session, witness, fork.request(20, 30)))[0] == 200
            assert (await added(session, witness, honest.request(30, 30)))[0] == 409
            assert (await added(session, witness, NumberedLog().grow(3).request(0)))[0] == 403
            assert (await added(session, witness, NumberedLog("elsewhere.example/log").grow(3).request(0)))[
                0
            ] == 404
            assert (await added(session, witness, "old 0\n"))[0] == 400
            assert (await added(session, witness, "x" * 200_000))[0] == 413
    finally:
        witness.kill()


async def test_a_witness_that_is_killed_again_and_again_signs_one_history_and_never_goes_back(
    tmp_path: Path,
) -> None:
    """Kill -9 between and inside requests of a log that lies: some of each history are in flight at any moment."""
    chance, honest = random.Random(11), NumberedLog().grow(400)  # noqa: S311 -- a test that can be repeated
    histories = [honest, honest.forked(7, 393), honest.forked(60, 340)]
    cosigner, cosigned, latest = None, dict[int, str](), 0
    witness = made_witness(tmp_path / "witness", honest.verifier)
    answered = 0
    try:
        for _ in range(KILLS):
            witness.start()
            cosigner = cosigner or Cosigner.of(witness.key)
            async with aiohttp.ClientSession() as session:
                asking = asyncio.ensure_future(all_of(session, witness, histories, chance, latest))
                await asyncio.sleep(chance.uniform(0.05, 0.4))
                witness.kill()
                told = await asking
            for text, answer in told:
                size = parsed(text).size
                assert cosignature_in(answer, text, cosigner).at.tzinfo is UTC
                assert cosigned.setdefault(size, text) == text, f"two trees of {size} entries were signed"
                answered += 1
            latest = max([latest, *(parsed(text).size for text, _ in told)])
        witness.start()
        async with aiohttp.ClientSession() as session:
            status, said = await added(session, witness, honest.request(0, 1))
            assert status == 409
            assert int(said) >= latest  # it knows all that it ever said
    finally:
        witness.kill()
    assert answered >= KILLS


async def all_of(
    session: aiohttp.ClientSession,
    witness: WitnessProcess,
    histories: list[NumberedLog],
    chance: random.Random,
    old: int,
) -> list[tuple[str, str]]:
    """Ask for every history at once, until the witness is gone: the checkpoints that were cosigned, in order."""
    told: list[tuple[str, str]] = []

    async def one(log: NumberedLog) -> None:
        known = old
        while known < len(log.entries):
            size = min(len(log.entries), known + chance.randint(0, 3))
            try:
                status, said = await added(session, witness, log.request(known, size))
            except (aiohttp.ClientError, OSError):
                return
            if status == 200:
                told.append((log.checkpoint(size).text(), said))
                known = size
            elif status == 409 and int(said) != known:
                known = int(said)
            else:
                await asyncio.sleep(0.01)

    await asyncio.gather(*(one(log) for log in histories for _ in range(2)))
    return told


async def added(session: aiohttp.ClientSession, witness: WitnessProcess, body: str) -> tuple[int, str]:
    async with session.post(f"{witness.address}/add-checkpoint", data=body.encode()) as reply:
        return reply.status, await reply.text()


def test_intents_can_be_witnessed_without_anything_of_them_leaving(tmp_path: Path) -> None:
    """What a witness is sent is a size and hashes: nothing of an entry."""
    body = NumberedLog(entries=[b"Anna Thistlewood", str(intent()).encode()]).request(0)
    assert "Anna" not in body
    assert len(body) < 400
