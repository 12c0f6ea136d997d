"""The log published as a directory of files (C2SP tlog-tiles), for auditors and witnesses to read or be served.

Whoever reads it meets no half: each file is made beside its place and moved there, and the checkpoint comes after
all that it needs. A tree that was published is never overwritten with another: what does not continue it is
refused, because somebody may hold the old one as evidence.
"""

from __future__ import annotations

import asyncio
import logging
import shutil
from collections.abc import Callable, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path

from broker.audit.checkpoint import Checkpoint, NotACheckpoint, Verifier, opened
from broker.audit.stores.contract import TILE_HEIGHT, Store, StoreFault, UnsafeStore
from broker.audit.tiles import CHECKPOINT, Tile, bundle, tiles
from broker.audit.tree import EMPTY_ROOT, frontier_of, leaf_hash, perfect_root
from broker.audit.whole_files import alone, holds, synced, write

log = logging.getLogger(__name__)

PUBLISHED_EVERY = 1.0
"""Seconds between two looks for a new checkpoint: one is signed each second at most, or each 256 entries."""


class NotPublished(Exception):
    """The log can't be published into this directory; the sentence says what to do."""


@dataclass(frozen=True, slots=True)
class Published:
    """So many ``entries`` are in the directory now; so many ``files`` were written, without the checkpoint."""

    entries: int
    files: int


def publish(store: Store, verifier: Verifier, directory: Path) -> Published:
    """Bring a directory up to the log's last signed checkpoint, durably.

    Raises NotPublished, OSError and StoreFault. A next turn goes on where one was broken off.
    """
    directory.mkdir(parents=True, exist_ok=True)
    with alone(directory) as nobody_else:
        if not nobody_else:
            raise NotPublished(
                f"Somebody else publishes into {directory} at this moment. Try again, or stop one of the two."
            )
        note = store.note() or ""
        before, size = _published(directory, verifier), _signed_size(note, verifier, store)
        if before.size > size or _root(store, before.size) != before.root:
            raise NotPublished(
                f"{directory} holds {before.size} entries of this log that the log no longer has as they were."
                " Keep it as it is, and tell whoever is responsible for information governance. Find out more"
                f" with: broker audit verify --against {directory / CHECKPOINT}"
            )
        return Published(size, _brought_up(store, directory, before.size, size, note))


def differing(store: Store, verifier: Verifier, directory: Path) -> str | None:
    """The first file in which a published directory is not this log's, by its path in it; None when none is.

    Looks at what the directory's own checkpoint needs. Raises NotPublished when the log itself is not sound.
    """
    try:
        published = _published(directory, verifier)
    except NotPublished:
        return CHECKPOINT
    if not (directory / CHECKPOINT).exists() or _root(store, published.size) != published.root:
        return CHECKPOINT
    for tile in tiles(published.size):
        if not holds(directory / tile.path, _content(store, tile)):
            return tile.path
    return None


@dataclass(frozen=True, slots=True)
class Publishing:
    """Keeps a directory at the log's last checkpoint, while a broker runs; nothing where there is none to keep.

    What fails is told, once, and tried again: that the log can't be published holds nobody's question up.
    """

    open_store: Callable[[], Store]
    verifier: Callable[[], Verifier]
    directory: Path | None

    async def keep_up(self) -> None:
        """Publish each new checkpoint, for ever."""
        told = ""
        while self.directory is not None:
            await asyncio.sleep(PUBLISHED_EVERY)
            told = await asyncio.to_thread(self._turn, self.directory, told)

    async def last(self) -> None:
        """Publish the checkpoint that was signed when the log was closed."""
        if self.directory is not None:
            await asyncio.to_thread(self._turn, self.directory, "")

    def _turn(self, directory: Path, told: str) -> str:
        fault = self._published(directory)
        if fault not in ("", told):
            log.error("audit log: it is not published. %s", fault)
        return fault

    def _published(self, directory: Path) -> str:
        """Publish the last checkpoint unless it is published. "" when all is well, else a sentence."""
        try:
            with closing(self.open_store()) as store:
                if not holds(directory / CHECKPOINT, (store.note() or "").encode()):
                    publish(store, self.verifier(), directory)
        except (NotPublished, UnsafeStore) as fault:
            return str(fault)
        except (OSError, StoreFault) as fault:
            return f"{directory} cannot be brought up to date: {type(fault).__name__}."
        return ""


def _published(directory: Path, verifier: Verifier) -> Checkpoint:
    """The checkpoint that was published last; an empty tree's where none was."""
    try:
        note = (directory / CHECKPOINT).read_text(encoding="utf-8")
        return opened(note, verifier)
    except FileNotFoundError:
        return Checkpoint(verifier.name, 0, EMPTY_ROOT)
    except (NotACheckpoint, ValueError):
        raise NotPublished(
            f"{directory / CHECKPOINT} is not of this log, or was changed. Publish into another directory."
        ) from None


def _signed_size(note: str, verifier: Verifier, store: Store) -> int:
    """How many entries the log's own checkpoint is over. Raises NotPublished where the log is not what it says."""
    with suppress(NotACheckpoint):
        signed = opened(note, verifier)
        if _root(store, signed.size) == signed.root:
            return signed.size
    raise NotPublished("The log's own checkpoint does not hold. Find out more with: broker audit verify")


def _root(store: Store, size: int) -> bytes | None:
    """The root over the first entries; None where hashes of them are missing."""
    try:
        return frontier_of(size, store.subtree).root()
    except KeyError:
        return None


def _brought_up(store: Store, directory: Path, since: int, size: int, note: str) -> int:
    """Write the files that are new, and then the checkpoint; how many files were new."""
    written, named = 0, {directory, directory.parent}
    for tile in tiles(size, since):
        path = directory / tile.path
        named.update(one for one in path.parents if directory in one.parents)
        written += _put(path, _content(store, tile))
        if tile.full:
            shutil.rmtree(directory / tile.partials, ignore_errors=True)
    synced(named)
    write(directory / CHECKPOINT, note.encode())
    synced({directory})
    return written


def _put(path: Path, content: bytes) -> bool:
    """Write a file that will never change; False when an earlier turn did. Raises NotPublished."""
    if holds(path, content):
        return False
    if path.exists():
        raise NotPublished(
            f"{path} is there, and is not this log's. Publish into another directory, and keep this one."
        )
    write(path, content)
    return True


def _content(store: Store, tile: Tile) -> bytes:
    """The bytes of a file, as the checkpoint proves them. Raises NotPublished where the log has other ones."""
    if tile.level is None:
        rows = list(store.rows(tile.first, tile.first + tile.width))
        sound = len(rows) == tile.width and all(leaf_hash(raw) == leaf for _, leaf, raw in rows)
        content = bundle(raw for _, _, raw in rows)
    else:
        hashes = store.kept_hashes(tile.level * TILE_HEIGHT, tile.first, tile.width)
        sound = len(hashes) == tile.width and (not tile.full or _fills(hashes, tile, store))
        content = b"".join(hashes)
    if not sound:
        raise NotPublished(f"The log's {tile.path} is not what was signed: ask broker audit verify.")
    return content


def _fills(hashes: Sequence[bytes], tile: Tile, store: Store) -> bool:
    """Whether the hashes of a full tile make the one above them, which the root proves."""
    assert tile.level is not None  # noqa: S101 -- entries have no hash above them: their leaves have
    try:
        return perfect_root(hashes) == store.subtree((tile.level + 1) * TILE_HEIGHT, tile.number)
    except KeyError:
        return False
