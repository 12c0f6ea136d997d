"""An extract as a file: which one it is, how old, whether it is whole, and what its first line says.

It is replaced each night, possibly while it is read. So a new one is opened once and read through that one
opening, into memory, where it is looked through: another file renamed over it changes nothing. Somebody who writes
*into* it meanwhile is noticed by its size and time. One that is known is read where it lies, and what was read
counts only when it is still that one afterwards.
"""

from __future__ import annotations

import codecs
import csv
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

MOST_BYTES = 128 << 20
"""About 400,000 rows: looked through in 2 s and asked in .4 s. Beyond, the service needs a database."""

_LONDON = ZoneInfo("Europe/London")
_HOUR = 3600
_CLOCKS_DIFFER_SECONDS = 300  # a file server's clock and ours
_CHUNK = 1 << 20
_LONGEST_HEADER = 1 << 16
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
class Header:
    """The names of the columns, and how lines end."""

    names: tuple[str, ...]
    line_end: str


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
        except SourceUnavailable:
            if _version(file) == version:
                raise
        return _version(file) == version

    def _copy(self, file: FileIO, memory: int, *, new: bool) -> None:
        os.ftruncate(memory, 0)
        os.lseek(memory, 0, os.SEEK_SET)
        encoding = self.settings.encoding
        text = _Text(self.name, encoding) if new or encoding != "utf-8" else None
        with os.fdopen(memory, "wb", closefd=False) as copy:
            while chunk := file.read(_CHUNK):
                if self.stopped.is_set():
                    raise SourceTimedOut(f"{self.name}: the time was over while the extract was read.")
                copy.write(chunk if text is None else text.in_unicode(chunk))
        if text is not None:
            text.check_end()


class _Text:
    """The text that pieces of a file make. Raises SourceUnavailable when they make none."""

    def __init__(self, name: str, encoding: str) -> None:
        self._name = name
        self._encoding = encoding
        # What calls itself latin-1 has the dashes and quotation marks of Windows all the same.
        self._decoder = codecs.getincrementaldecoder("utf-8" if encoding == "utf-8" else "cp1252")()
        self._as_utf_8 = None if encoding == "utf-8" else codecs.getincrementaldecoder("utf-8")()
        self._beyond_ascii = False
        self._lines = 1
        self._last = ""

    def in_unicode(self, chunk: bytes) -> bytes:
        first, self._lines = self._lines, self._lines + chunk.count(b"\n")
        try:
            text = self._decoder.decode(chunk)
        except UnicodeDecodeError:
            text = "\0"  # outside the handler: the fault holds what was read
        if "\0" in text:
            raise SourceUnavailable(
                f"{self._name}: the extract is not text in {self._encoding}:"
                f" look at lines {first} to {self._lines}."
            )
        self._last = text[-1:] or self._last
        self._compare_with_utf_8(chunk)
        return text.encode()

    def _compare_with_utf_8(self, chunk: bytes) -> None:
        self._beyond_ascii = self._beyond_ascii or not chunk.isascii()
        try:
            if self._as_utf_8 is not None:
                self._as_utf_8.decode(chunk)
        except UnicodeDecodeError:
            self._as_utf_8 = None

    def check_end(self) -> None:
        """A file that was cut off seldom ends where a line does. Accents that are all UTF-8 are UTF-8."""
        if self._as_utf_8 is not None and self._beyond_ascii:
            raise SourceUnavailable(
                f"{self._name}: the extract is text in utf-8, not in {self._encoding}: names with accents would"
                " not be found."
            )
        if self._decoder.getstate()[0] or self._last != "\n":
            raise SourceUnavailable(
                f"{self._name}: the extract does not end with the end of a line. It seems to be cut off."
            )


def header_of(name: str, text: Path, delimiter: str) -> Header:
    """What the first line says. Raises SourceMisfit; nothing of the line is repeated, for it may be a row."""
    with text.open(encoding="utf-8-sig", newline="\n") as lines:
        line, found, _ = lines.readline(_LONGEST_HEADER).partition("\n")
    if not found:
        raise SourceMisfit(f"{name}: the extract's first line is too long to be the names of its columns.")
    if line.count('"') % 2:
        raise SourceMisfit(f"{name}: the extract's header has to be one line, its quotation marks in pairs.")
    try:
        (names,) = csv.reader([line.removesuffix("\r")], delimiter=delimiter, strict=True)
    except (csv.Error, ValueError):
        names = []
    if not names or not all(one.strip() for one in names):
        raise SourceMisfit(f"{name}: the extract's first line does not give each column a name.")
    _check_distinct(name, names)
    return Header(tuple(names), "\r\n" if line.endswith("\r") else "\n")


def _check_distinct(name: str, names: list[str]) -> None:
    first: dict[str, int] = {}
    for place, one in enumerate(names, 1):
        if (before := first.setdefault(one.casefold(), place)) != place:
            raise SourceMisfit(
                f"{name}: the extract's columns {before} and {place} have the same name"
                " (capitals do not count), so neither can be told from the other."
            )


def _version(file: FileIO) -> Version:
    return _version_of(os.fstat(file.fileno()))


def _version_of(found: os.stat_result) -> Version:
    return Version(found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns)
