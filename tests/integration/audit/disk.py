"""A disk with a memory before it, as Linux has it: what was written and not synced is lost, torn or out of order.

SQLite reads and writes real files below a directory: they are the memory, and outlive whoever is killed. Beside
each, the disk's own bytes are kept, and what was written since. A sync that is told to fail says so once, and
takes what was written for synced all the same (as Linux does), whatever of it reached the disk. A power cut puts
the disk's bytes in the place of the files.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import apsw

NAME = "a disk that fails"
SECTOR = 512

EIO, FULL, SHORT, SYNC = "EIO in a write", "ENOSPC in a write", "a short write", "EIO in a sync"
WRITES = (EIO, FULL, SHORT)


@dataclass(frozen=True, slots=True)
class Change:
    """Bytes that were written at an offset; None: the file was cut to that length."""

    offset: int
    content: bytes | None

    def pieces(self) -> Iterator[Change]:
        """What the disk may do in any order: one sector at a time."""
        if self.content is None:
            yield self
            return
        start, end = self.offset, self.offset + len(self.content)
        for sector in range(start - start % SECTOR, end, SECTOR):
            first, last = max(start, sector), min(end, sector + SECTOR)
            yield Change(first, self.content[first - start : last - start])


@dataclass(slots=True)
class Content:
    """A file's bytes on the disk, and what waits to get there."""

    synced: bytearray = field(default_factory=bytearray)
    waiting: list[Change] = field(default_factory=list)

    def sync(self) -> None:
        for change in self.waiting:
            self._put(change)
        self.waiting.clear()

    def sync_what_may_be(self, chance: random.Random) -> None:
        """Some sectors get there, some do not, some are torn or spoilt; and nothing waits any more."""
        likely = chance.choice((0.0, 0.5, 0.9, 1.0))
        for change in self.waiting:
            for piece in change.pieces():
                if chance.random() < likely:
                    self._put(piece)
                elif piece.content is not None and chance.random() < 0.1:
                    self._put(_spoilt(piece, chance))
        self.waiting.clear()

    def _put(self, change: Change) -> None:
        if change.content is None:
            del self.synced[change.offset :]
            return
        if (gap := change.offset - len(self.synced)) > 0:
            self.synced += bytes(gap)
        self.synced[change.offset : change.offset + len(change.content)] = change.content


@dataclass(slots=True)
class Name:
    """What a name leads to: on the disk, since its directory was last synced, and now."""

    on_disk: Content | None
    now: Content | None


class Disk(apsw.VFS):
    """SQLite's usual way to the disk for files below ``directory``, until ``unregister``."""

    def __init__(self, directory: Path, chance: random.Random) -> None:
        super().__init__(NAME, "unix", makedefault=True)
        self.directory, self.chance = directory, chance
        self.names: dict[str, Name] = {}
        self.fault: tuple[str, int] | None = None  # which kind, and how many go well before
        self.stops_after: int | None = None  # how many writes and syncs go well before the power does
        self.stopped = False
        self.counted = dict.fromkeys((*WRITES, SYNC), 0)

    def xOpen(self, name: Any, flags: list[int]) -> apsw.VFSFile:  # noqa: N802 -- apsw's name
        path = name.filename() if isinstance(name, apsw.URIFilename) else name
        if path is None or not Path(path).is_relative_to(self.directory):
            return apsw.VFSFile("unix", name, flags)
        there = Path(path).exists()
        opened = File(self, path, name, flags)
        if path not in self.names:  # who made it has synced its directory
            content = Content(bytearray(Path(path).read_bytes())) if there else None
            self.names[path] = Name(content, content)
        if self.names[path].now is None:
            self.names[path].now = Content()
        return opened

    def xDelete(self, path: str, sync_directory: bool) -> None:  # noqa: N802 -- apsw's
        self.allow()
        super().xDelete(path, sync_directory)
        if name := self.names.get(path):
            name.now = None
            if sync_directory:
                name.on_disk = None

    def sync_directory(self, directory: Path) -> None:
        """Whatever was made or deleted in it is so on the disk."""
        for path, name in self.names.items():
            if Path(path).parent == directory:
                name.on_disk = name.now

    def allow(self) -> None:
        """Nothing more is written by whoever was killed, or has no power. Raises apsw.IOError."""
        if self.stopped:
            raise apsw.IOError("stopped")

    def will_fail(self, kind: str, after: int) -> None:
        """Have one write or sync fail, when so many went well."""
        self.fault, self.counted = (kind, after), dict.fromkeys(self.counted, 0)

    def will_stop(self, after: int) -> None:
        """Have the power fail in the middle of a write or a sync, when so many went well."""
        self.stops_after, self.counted = after, dict.fromkeys(self.counted, 0)

    def counts(self, *kinds: str) -> str | None:
        """Which fault this write or sync meets, if any."""
        met = None
        for kind in kinds:
            if self.fault == (kind, self.counted[kind]):
                met = kind
            self.counted[kind] += 1
        if self.stops_after == self.counted[EIO] + self.counted[SYNC]:
            self.stopped = True
        return met

    @property
    def met(self) -> bool:
        """Whether the fault was met."""
        return self.fault is not None and self.counted[self.fault[0]] > self.fault[1]

    def cut_power(self) -> None:
        """Bring the files to what the disk has. Nobody may have one open."""
        for path, name in self.names.items():
            found = self.chance.choice((name.on_disk, name.now)) if name.now is not name.on_disk else name.now
            Path(path).unlink(missing_ok=True)
            if found is not None:
                found.sync_what_may_be(self.chance)
                Path(path).write_bytes(found.synced)
            name.on_disk = name.now = found
        for lock in self.directory.rglob("*.lock"):  # of the log; never synced
            if self.chance.random() < 0.5:
                lock.write_bytes(b"")
        self.restart()

    def restart(self) -> None:
        """After a kill, and after the power is back: no fault, and nothing of what programs kept in memory."""
        for path in self.directory.rglob("*-shm"):
            path.unlink()
        self.fault, self.stops_after, self.stopped = None, None, False
        self.counted = dict.fromkeys(self.counted, 0)


class File(apsw.VFSFile):
    """An open file of the disk."""

    def __init__(self, disk: Disk, path: str, name: Any, flags: list[int]) -> None:
        super().__init__("unix", name, flags)
        self.disk, self.path = disk, path
        journal = bool(flags[0] & (apsw.SQLITE_OPEN_WAL | apsw.SQLITE_OPEN_MAIN_JOURNAL))
        self.syncs_directory = journal and bool(flags[0] & apsw.SQLITE_OPEN_CREATE)
        self.to_read = bool(flags[1] & apsw.SQLITE_OPEN_READONLY)

    def xLock(self, level: int) -> None:  # noqa: N802 -- apsw's name
        if self.to_read and level == apsw.SQLITE_LOCK_EXCLUSIVE:  # SQLite tries, and does not mind
            raise apsw.BusyError("a reader")
        super().xLock(level)

    @property
    def content(self) -> Content:
        now = self.disk.names[self.path].now
        assert now is not None, "written after it was deleted"
        return now

    def xWrite(self, written: Any, offset: int) -> None:  # noqa: N802 -- apsw's name
        self.disk.allow()
        whole = bytes(written)
        match self.disk.counts(*WRITES):
            case None:
                self._write(whole, offset)
            case kind if kind == SHORT:
                self._write(whole[: self.disk.chance.randrange(len(whole))], offset)
                raise apsw.IOError("injected")
            case kind:
                raise apsw.FullError("injected") if kind == FULL else apsw.IOError("injected")

    def xTruncate(self, size: int) -> None:  # noqa: N802 -- apsw's name
        self.disk.allow()
        super().xTruncate(size)
        self.content.waiting.append(Change(size, None))

    def xSync(self, flags: int) -> None:  # noqa: N802 -- apsw's
        self.disk.allow()
        met = self.disk.counts(SYNC)
        self.disk.allow()
        if met:
            self.content.sync_what_may_be(self.disk.chance)
            raise apsw.IOError("injected")
        self.content.sync()
        if self.syncs_directory:  # as SQLite does at the first sync of a journal or WAL, and then no more
            self.disk.sync_directory(Path(self.path).parent)
            self.syncs_directory = False

    def _write(self, content: bytes, offset: int) -> None:
        if content:
            super().xWrite(content, offset)
            self.content.waiting.append(Change(offset, content))


def _spoilt(piece: Change, chance: random.Random) -> Change:
    """A piece of which the beginning was written, or something else in its place."""
    assert piece.content is not None
    if chance.random() < 0.5:
        return Change(piece.offset, piece.content[: chance.randrange(len(piece.content))])
    return Change(piece.offset, chance.randbytes(len(piece.content)))
