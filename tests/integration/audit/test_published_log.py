"""A running broker keeps the log's files up to date, and they are the log's."""

from __future__ import annotations

import asyncio
from pathlib import Path

import aiohttp

from broker.app import running
from broker.audit.checkpoint import opened
from broker.audit.publishing import differing
from broker.settings import load_settings
from tests.fakes.littleworth import question
from tests.fakes.served_littleworth import ServedLittleworth, settled
from tests.unit.audit.standalone import verify_alone


def with_tiles(directory: Path) -> ServedLittleworth:
    """Littleworth, which publishes its log into ``state/tiles``."""
    town = settled(directory)
    path = directory / "broker.yaml"
    path.write_text(
        path.read_text().replace("log: state/audit.db,", "log: state/audit.db, tiles: state/tiles,")
    )
    return town


async def published(directory: Path, town: ServedLittleworth, size: int) -> str:
    """The published checkpoint, once it is over so many entries."""
    path = directory / "state" / "tiles" / "checkpoint"
    with town.reader() as reader:
        verifier = reader.verifier
    async with asyncio.timeout(10):
        while not path.exists() or opened(path.read_text(), verifier).size < size:  # noqa: ASYNC110 -- a file wakes nobody
            await asyncio.sleep(0.05)
    return path.read_text()


async def test_what_was_asked_is_in_the_published_files_within_seconds(tmp_path: Path) -> None:
    town = with_tiles(tmp_path)
    served = await town.start()
    try:
        async with (
            aiohttp.ClientSession(headers=town.headers()) as session,
            session.post(f"{served.address}/v1/queries", json=question()) as reply,
        ):
            receipt = (await reply.json())["receipt"]
        await published(tmp_path, town, receipt["index"] + 1)
    finally:
        served.kill()
    with town.reader() as reader:
        assert differing(reader.store, reader.verifier, tmp_path / "state" / "tiles") is None


async def test_a_broker_that_ends_has_published_its_last_checkpoint(tmp_path: Path) -> None:
    town = with_tiles(tmp_path)
    async with running(load_settings(tmp_path, {"SEAL_KEY": "5e" * 32})):
        pass
    with town.reader() as reader:
        size = reader.store.size()
        checkpoint = (tmp_path / "state" / "tiles" / "checkpoint").read_text()
        assert (opened(checkpoint, reader.verifier).size, checkpoint) == (size, reader.checkpoint())
        key = reader.verifier.text()
    alone = verify_alone("tiles", tmp_path / "state" / "tiles", "--key", key)
    assert (alone.returncode, f"{size} entries" in alone.stdout) == (0, True)


async def test_a_broker_answers_also_when_its_log_cannot_be_published(tmp_path: Path) -> None:
    town = with_tiles(tmp_path)
    (tmp_path / "state" / "tiles").write_text("a file is in the way")
    served = await town.start()
    try:
        async with (
            aiohttp.ClientSession(headers=town.headers()) as session,
            session.post(f"{served.address}/v1/queries", json=question()) as reply,
        ):
            assert reply.status == 200
    finally:
        served.kill()
