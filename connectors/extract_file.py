"""An extract as a file: which one it is, how old, and whether it is whole.

It is replaced each night, possibly while it is read. So a new one is opened once and read through that one
opening, into memory, where it is looked through: another file renamed over it changes nothing. Somebody who writes
*into* it meanwhile is noticed by its size and time. One that is known is read where it lies, and what was read
counts only when it is still that one afterwards.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from io import BufferedReader, FileIO
from pathlib import Path
from stat import S_ISREG
from threading import Event
from zoneinfo import ZoneInfo

from connectors.connection import ExtractConnection
from connectors.contract import SourceMisfit, SourceTimedOut, SourceUnavailable
from connectors.extract_text import Text

MOST_BYTES = 128 << 20
"""About 400,000 rows: looked through in 2 s and asked in .4 s. Beyond, the service needs a database."""

_LONDON = ZoneInfo("Europe/London")
_HOUR = 3600
_CLOCKS_DIFFER_SECONDS = 300  # a file server's clock and ours
_CHUNK = 1 << 20
_TIMES = 2  # how often a file is read that somebody writes into meanwhile
SETTLED_SECONDS = 1.0
"""How long nobody may have written into a new version. Who writes it in place, instead of renaming it when it is
whole, writes again within that time; and a second write within a tick of the clock leaves a file's time as it was.
"""


@dataclass(frozen=True, slots=True)
class Version:
    """Which file a name stood for, and when it was last written. It tells nothing of what is in it."""

    device: int
    inode: int
    size: int
    written_ns: int

    @property
    def as_of(self) -> date:
        """The day on which it was written, in London."""
        return datetime.fromtimestamp(self.written_ns / 1e9, _LONDON).date()


@dataclass(frozen=True, slots=True)
class ExtractFile:
    """The file of a source, ``name``. ``now`` is in seconds since 1970; ``stopped``: nobody waits any more."""

    name: str
    path: Path
    settings: ExtractConnection
    now: Callable[[], float]
    stopped: Event

    def copy_to(self, memory: int, known: Version | None) -> Version:
        """Write the whole of one version, in UTF-8, into an open file of the memory; which version that is.

        One that is not ``known`` is looked through: is it text, does it end like a whole file. Raises
        SourceUnavailable and SourceTimedOut.
        """
        for _ in range(_TIMES):
            with self._opened() as file:
                version = _version(file)
                self._settle(self._checked_age(version), new=version != known)
                if _version(file) == version and self._copied(file, version, memory, new=version != known):
                    return version
        raise SourceUnavailable(
            f"{self.name}: somebody wrote into the extract while it was read, and again."
            " A new one should be renamed over the old one, whole."
        )

    def is_still(self, version: Version) -> bool:
        """Whether the name stands for this version now. Raises SourceUnavailable when that is too old."""
        try:
            found = _version_of(self.path.stat())
        except OSError:
            return False  # opening it says why
        if found == version:
            self._checked_age(version)
        return found == version

    def copy_rows(self, version: Version, places: Sequence[int], memory: int) -> bool:
        """Write the header and the rows that begin at these places into an open file of the memory.

        False when the name does not stand for this version.
        """
        with self._opened() as raw, BufferedReader(raw) as file:
            if _version(raw) != version:
                return False
            rows = [file.readline()]
            for place in places:
                file.seek(place)
                rows.append(file.readline())
        os.lseek(memory, 0, os.SEEK_SET)
        os.write(memory, b"".join(rows))
        return True

    @contextmanager
    def _opened(self) -> Iterator[FileIO]:
        try:
            if not S_ISREG(self.path.stat().st_mode):
                raise SourceUnavailable(f"{self.name}: the extract is no plain file.")
            file = FileIO(self.path)
        except OSError as fault:
            why = type(fault).__name__
            raise SourceUnavailable(f"{self.name}: the extract could not be opened ({why}).") from fault
        with file:
            yield file

    def _checked_age(self, version: Version) -> float:
        """How old it is, in seconds. Raises SourceUnavailable when it is too old, or not fit to be read."""
        hours, age = self.settings.fresh_for_hours, self.now() - version.written_ns / 1e9
        if not version.size:
            raise SourceUnavailable(f"{self.name}: the extract is empty.")
        if version.size > MOST_BYTES:
            raise SourceUnavailable(f"{self.name}: the extract is larger than {MOST_BYTES >> 20} MiB.")
        if age > hours * _HOUR:
            raise SourceUnavailable(
                f"{self.name}: the extract is {int(age / _HOUR)} hours old; it may be {hours} at most."
                " Has the nightly export run?"
            )
        if age < -_CLOCKS_DIFFER_SECONDS:
            raise SourceUnavailable(f"{self.name}: the extract's time lies in the future: how old is it?")
        return age

    def _settle(self, age: float, *, new: bool) -> None:
        if new and age < SETTLED_SECONDS:
            self.stopped.wait(SETTLED_SECONDS - max(age, 0))

    def _copied(self, file: FileIO, version: Version, memory: int, *, new: bool) -> bool:
        """Whether it could be copied without anybody writing into it."""
        try:
            self._copy(file, memory, new=new)
        except OSError as fault:
            why = type(fault).__name__
            raise SourceUnavailable(f"{self.name}: the extract could not be read ({why}).") from fault
        except (SourceUnavailable, SourceMisfit):
            if _version(file) == version:
                raise
        return _version(file) == version

    def _copy(self, file: FileIO, memory: int, *, new: bool) -> None:
        os.ftruncate(memory, 0)
        os.lseek(memory, 0, os.SEEK_SET)
        with os.fdopen(memory, "wb", closefd=False) as copy:
            if self.settings.form == "csv":
                copy.writelines(self._checked_text(file, new=new))
            elif self.settings.form == "parquet":
                copy.writelines(self._chunks(file))
            else:
                copy.write(self._workbook(b"".join(self._chunks(file))))

    def _checked_text(self, file: FileIO, *, new: bool) -> Iterator[bytes]:
        encoding = self.settings.encoding
        if not new and encoding == "utf-8":
            yield from self._chunks(file)
            return
        text = Text(self.name, encoding)
        for chunk in self._chunks(file):
            yield text.in_unicode(chunk)
        text.check_end()

    def _workbook(self, content: bytes) -> bytes:
        from connectors.extract_workbook import csv_of  # noqa: PLC0415 -- what reads workbooks is an optional extra

        return csv_of(self.name, content, self.settings.sheet, self.settings.delimiter)

    def _chunks(self, file: FileIO) -> Iterator[bytes]:
        while chunk := file.read(_CHUNK):
            if self.stopped.is_set():
                raise SourceTimedOut(f"{self.name}: the time was over while the extract was read.")
            yield chunk


def _version(file: FileIO) -> Version:
    return _version_of(os.fstat(file.fileno()))


def _version_of(found: os.stat_result) -> Version:
    return Version(found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns)
