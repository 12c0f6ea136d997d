"""The log as files: whole at every moment, never overwritten, and nothing personal to be read in them."""

from __future__ import annotations

import asyncio
import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from broker.audit import publishing
from broker.audit.checkpoint import Checkpoint, Verifier, opened, signed
from broker.audit.publishing import NotPublished, Published, Publishing, differing, publish
from broker.audit.reader import AuditReader
from broker.audit.stores.sqlite import open_to_read
from broker.audit.tiles import tiles
from broker.audit.tree import leaf_hash, perfect_root
from broker.audit.whole_files import alone, write
from tests.unit.audit.audit_samples import (
    closed,
    disclosure,
    everything_in,
    intent,
    reading,
    sign_again,
    tamper,
    writing,
)


async def grow(directory: Path, count: int) -> None:
    async with writing(directory) as log:
        for _ in range(0, count, 60):
            await asyncio.gather(*(log.record(closed()) for _ in range(min(60, count - _))))


@pytest.fixture
def log(tmp_path: Path) -> Iterator[AuditReader]:
    """A log of 300 entries in ``tmp_path``, open to read."""
    asyncio.run(grow(tmp_path, 300))
    with reading(tmp_path) as reader:
        yield reader


def files_in(directory: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(directory)): path.read_bytes() for path in directory.rglob("*") if path.is_file()
    }


def published(log: AuditReader, directory: Path) -> Published:
    return publish(log.store, log.verifier, directory)


def test_a_log_is_published_as_its_entries_hashes_and_checkpoint(log: AuditReader, tmp_path: Path) -> None:
    done = published(log, tmp_path / "tiles")
    files = files_in(tmp_path / "tiles")
    assert done == Published(300, 5)
    assert sorted(files) == ["checkpoint", *sorted(one.path for one in tiles(300))]
    assert files["checkpoint"].decode() == log.checkpoint()
    raw = [raw for _, _, raw in log.store.rows()]
    assert files["tile/entries/001.p/44"] == b"".join(len(one).to_bytes(2, "big") + one for one in raw[256:])
    leaves = [leaf_hash(one) for one in raw]
    assert files["tile/0/000"] == b"".join(leaves[:256])
    assert files["tile/1/000.p/1"] == perfect_root(leaves[:256])


def test_publishing_again_writes_nothing_that_is_there(log: AuditReader, tmp_path: Path) -> None:
    published(log, tmp_path / "tiles")
    before = files_in(tmp_path / "tiles")
    assert published(log, tmp_path / "tiles") == Published(300, 0)
    assert files_in(tmp_path / "tiles") == before


async def test_a_log_that_grew_keeps_partial_tiles_until_they_are_full(tmp_path: Path) -> None:
    directory = tmp_path / "tiles"
    for count in (200, 40, 60):
        await grow(tmp_path, count)
        with reading(tmp_path) as log:
            published(log, directory)
        if count == 40:
            assert {"tile/0/000.p/200", "tile/0/000.p/240"} <= set(files_in(directory))
    files = files_in(directory)
    assert sorted(files) == ["checkpoint", *sorted(one.path for one in tiles(300))]


async def test_a_growing_directory_is_the_same_as_one_published_at_once(tmp_path: Path) -> None:
    for count in (3, 254, 1, 300):
        await grow(tmp_path, count)
        with reading(tmp_path) as log:
            published(log, tmp_path / "grown")
    with reading(tmp_path) as log:
        published(log, tmp_path / "at once")
    grown, at_once = files_in(tmp_path / "grown"), files_in(tmp_path / "at once")
    assert {name: grown[name] for name in at_once} == at_once


def test_a_publishing_that_was_killed_at_any_file_is_gone_on_with(
    log: AuditReader, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    left = 0

    def failing(path: Path, content: bytes) -> None:
        nonlocal left
        left -= 1
        if left < 0:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.with_name(f".{path.name}.part").write_bytes(content[: len(content) // 2])
            raise OSError
        write(path, content)

    monkeypatch.setattr(publishing, "write", failing)
    for allowed in range(6):
        directory, left = tmp_path / f"tiles {allowed}", allowed
        with pytest.raises(OSError, match=r"^$"):
            published(log, directory)
        assert not (directory / "checkpoint").exists()  # it comes last
        left = 10
        assert published(log, directory) == Published(300, 5 - allowed)
        assert differing(log.store, log.verifier, directory) is None


def test_everything_is_durable_before_the_checkpoint_that_needs_it(
    log: AuditReader, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    done: list[str] = []
    fsync, replace, directory = os.fsync, Path.replace, tmp_path / "tiles"

    def noted(handle: int) -> None:
        done.append(f"synced {Path(f'/proc/self/fd/{handle}').resolve()}")
        fsync(handle)

    def moved(path: Path, to: Path) -> Path:
        done.append(f"moved {to}")
        return replace(path, to)

    monkeypatch.setattr(os, "fsync", noted)
    monkeypatch.setattr(Path, "replace", moved)
    published(log, directory)
    at = done.index(f"moved {directory / 'checkpoint'}")
    for tile in tiles(300):
        path = directory / tile.path
        moving = done.index(f"moved {path}")
        assert done.index(f"synced {path.with_name(f'.{path.name}.part')}") < moving
        for above in (path.parent, path.parent.parent):
            assert moving < done.index(f"synced {above}") < at
    assert f"synced {directory}" in done[at:]


REWRITTEN = {
    "rewritten": "UPDATE entry SET raw = CAST(replace(raw, 'answered', 'aborted!') AS BLOB) WHERE idx = 7",
    "cut off": "DELETE FROM entry WHERE idx >= 290",
}


@pytest.mark.parametrize("way", REWRITTEN)
def test_history_that_was_signed_again_does_not_overwrite_what_was_published(
    way: str, log: AuditReader, tmp_path: Path
) -> None:
    published(log, tmp_path / "tiles")
    before = files_in(tmp_path / "tiles")
    tamper(tmp_path, REWRITTEN[way])
    sign_again(tmp_path)
    with reading(tmp_path) as again, pytest.raises(NotPublished, match="no longer has as they were"):
        published(again, tmp_path / "tiles")
    assert files_in(tmp_path / "tiles") == before


TAMPERED = [
    "UPDATE entry SET raw = CAST(replace(raw, 'answered', 'aborted!') AS BLOB) WHERE idx = 7",
    "UPDATE entry SET leaf = zeroblob(32) WHERE idx = 7",
    "DELETE FROM entry WHERE idx = 7",
    "UPDATE subtree SET root = zeroblob(32)",
    "DELETE FROM subtree",
    "UPDATE checkpoint SET note = replace(note, '300', '299')",
    "DELETE FROM checkpoint",
]


@pytest.mark.parametrize("statement", TAMPERED)
def test_a_log_that_was_tampered_with_is_not_published(
    statement: str, log: AuditReader, tmp_path: Path
) -> None:
    tamper(tmp_path, statement)
    with pytest.raises(NotPublished, match="broker audit verify"):
        published(log, tmp_path / "tiles")
    assert not (tmp_path / "tiles" / "checkpoint").exists()


def test_another_logs_directory_is_left_alone(log: AuditReader, tmp_path: Path) -> None:
    asyncio.run(grow(tmp_path / "other", 3))
    with reading(tmp_path / "other") as other:
        published(other, tmp_path / "tiles")
    with pytest.raises(NotPublished, match="is not of this log"):
        published(log, tmp_path / "tiles")


def test_a_tile_that_is_there_and_is_wrong_is_kept_as_it_is(log: AuditReader, tmp_path: Path) -> None:
    wrong = tmp_path / "tiles" / "tile" / "0" / "000"
    wrong.parent.mkdir(parents=True)
    wrong.write_bytes(b"wrong")
    with pytest.raises(NotPublished, match="is not this log's"):
        published(log, tmp_path / "tiles")
    assert wrong.read_bytes() == b"wrong"


def test_only_one_publishes_at_a_time(log: AuditReader, tmp_path: Path) -> None:
    (tmp_path / "tiles").mkdir()
    with alone(tmp_path / "tiles") as nobody_else:
        assert nobody_else
        with pytest.raises(NotPublished, match="Somebody else publishes"):
            published(log, tmp_path / "tiles")
    assert published(log, tmp_path / "tiles").entries == 300


def test_a_file_that_differs_from_the_log_is_named(log: AuditReader, tmp_path: Path) -> None:
    directory = tmp_path / "tiles"
    assert differing(log.store, log.verifier, directory) == "checkpoint"
    published(log, directory)
    assert differing(log.store, log.verifier, directory) is None
    for name in sorted(files_in(directory)):
        shutil.copytree(directory, tmp_path / "copy")
        changed = bytearray((directory / name).read_bytes())
        changed[len(changed) // 2] ^= 1
        (tmp_path / "copy" / name).write_bytes(changed)
        assert differing(log.store, log.verifier, tmp_path / "copy") == name
        shutil.rmtree(tmp_path / "copy")


async def test_nothing_personal_can_be_read_in_the_files(tmp_path: Path) -> None:
    async with writing(tmp_path) as log:
        for event in (intent(), disclosure(), closed()):
            await log.record(event)
    with reading(tmp_path) as reader:
        published(reader, tmp_path / "tiles")
    files = everything_in(tmp_path / "tiles")
    assert b"query.intent" in files
    for personal in (
        b"Anna",
        b"Thistlewood",
        b"2016-02-29",
        b"9990000018",
        b"NS1 4AB",
        b"Kit",
        b"Bruises",
        b"4711",
    ):
        assert personal not in files


async def test_a_running_broker_keeps_the_directory_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(publishing, "PUBLISHED_EVERY", 0.01)
    await grow(tmp_path, 3)
    with reading(tmp_path) as reader:
        verifier = reader.verifier
    directory = tmp_path / "tiles"
    keeps = Publishing(lambda: open_to_read(tmp_path / "audit.db"), lambda: verifier, directory)
    async with asyncio.TaskGroup() as group:
        work = group.create_task(keeps.keep_up())
        await size_reached(directory, verifier, 3)
        await grow(tmp_path, 300)
        await size_reached(directory, verifier, 303)
        (directory / "checkpoint").write_text("no checkpoint")
        await until(lambda: "is not published" in caplog.text)
        await asyncio.sleep(0.1)
        assert caplog.text.count("is not published") == 1  # told once
        work.cancel()


async def test_a_signing_key_that_changes_is_gone_on_with(tmp_path: Path) -> None:
    """The directory holds what the old key signed; the log what the new one does."""
    await grow(tmp_path, 3)
    directory = tmp_path / "tiles"
    with reading(tmp_path) as log:
        published(log, directory)
        old = log.verifier
    new = Ed25519PrivateKey.generate()
    tree = Checkpoint(old.name, 3, opened((directory / "checkpoint").read_text(), old).root)
    tamper(tmp_path, f"UPDATE checkpoint SET note = '{signed(tree, new)}'")  # noqa: S608 -- our own text
    after = Verifier(old.name, new.public_key().public_bytes_raw(), (old.public,))
    keeps = Publishing(lambda: open_to_read(tmp_path / "audit.db"), lambda: after, directory)
    await keeps.last()
    assert (directory / "checkpoint").read_text() == signed(tree, new)


async def size_reached(directory: Path, verifier: Verifier, size: int) -> None:
    def reached() -> bool:
        path = directory / "checkpoint"
        return path.exists() and opened(path.read_text(), verifier).size == size

    await until(reached)


async def until(what: Callable[[], bool]) -> None:
    async with asyncio.timeout(5):
        while not what():  # noqa: ASYNC110 -- a file and a log line wake nobody
            await asyncio.sleep(0.01)


async def test_where_no_directory_is_wanted_nothing_is_published(tmp_path: Path) -> None:
    await grow(tmp_path, 3)
    with reading(tmp_path) as reader:
        verifier = reader.verifier
    nothing = Publishing(lambda: open_to_read(tmp_path / "audit.db"), lambda: verifier, None)
    before = files_in(tmp_path)
    await nothing.keep_up()
    await nothing.last()
    assert files_in(tmp_path) == before
