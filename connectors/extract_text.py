"""A CSV extract as text: is it in its encoding, does it end like a whole file, what does its first line say."""

from __future__ import annotations

import codecs
import csv
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from connectors.contract import SourceMisfit, SourceUnavailable

_LONGEST_HEADER = 1 << 16


@dataclass(frozen=True, slots=True)
class Header:
    """The names of the columns, and how lines end."""

    names: tuple[str, ...]
    line_end: str


class Text:
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
    check_distinct(name, names)
    return Header(tuple(names), "\r\n" if line.endswith("\r") else "\n")


def check_distinct(name: str, names: Sequence[str]) -> None:
    """Raises SourceMisfit when two columns can't be told apart."""
    first: dict[str, int] = {}
    for place, one in enumerate(names, 1):
        if (before := first.setdefault(one.casefold(), place)) != place:
            raise SourceMisfit(
                f"{name}: the extract's columns {before} and {place} have the same name"
                " (capitals do not count), so neither can be told from the other."
            )
