"""An extract's own index, such as a database has: at which byte a row stands that holds a value.

It is made for each version of the file while that is looked through, and goes with it. It holds no row and no
value: of each value in an indexed column 36 bits of its hash, keyed by the interpreter's own secret (SipHash, PEP
456), and where the row begins. Two values that share a hash bring a row too many, which is compared all the same.
"""

from __future__ import annotations

import csv
from array import array
from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event

from connectors.contract import Search, SourceTimedOut
from connectors.expand import date_text
from connectors.live_columns import columns_of
from connectors.rules import Comparison, Probe, probes
from connectors.source_file import SourceFile

_PLACE_BITS = 28
"""Enough for the largest extract that is read (see ``extract_file.MOST_BYTES``)."""

_PLACE, _HASH = (1 << _PLACE_BITS) - 1, (1 << (64 - _PLACE_BITS)) - 1
_ROWS_BETWEEN_LOOKS = 1_000
MOST_ROWS = 5_000
"""Beyond, one pass through the whole file is as fast as reading rows one by one."""


@dataclass(frozen=True, slots=True)
class ExtractIndex:
    """Of one version. ``columns``: for each indexed one, its hashes and places in order."""

    columns: Mapping[str, array[int]] = field(repr=False)

    def places(self, search: Search, source: SourceFile) -> list[int] | None:
        """Where every row begins that may be one of the people; None where the whole file has to be read."""
        found: set[int] = set()
        for probe in probes(search, source):
            compared = self._served_by(probe)
            if compared is None:
                return None
            for value in _texts(compared):
                found.update(self._holding(compared.column.column, value))
        return sorted(found) if len(found) <= MOST_ROWS else None

    def _served_by(self, probe: Probe) -> Comparison | None:
        """The comparison of a probe that finds the fewest values in the index."""
        served = [
            one for one in probe.comparisons if one.how == "one_of" and one.column.column in self.columns
        ]
        return min(served, key=lambda one: len(one.values), default=None)

    def _holding(self, column: str, value: str) -> Iterator[int]:
        entries, wanted = self.columns[column], hash(value) & _HASH
        at = bisect_left(entries, wanted << _PLACE_BITS)
        while at < len(entries) and entries[at] >> _PLACE_BITS == wanted:
            yield entries[at] & _PLACE
            at += 1


def indexed(
    path: Path, names: Sequence[str], delimiter: str, source: SourceFile, stopped: Event
) -> ExtractIndex | None:
    """The index of a file in UTF-8 of which every row stands in one line; None when its lines are not its rows.

    Raises SourceTimedOut when it is ``stopped``.
    """
    wanted = {column.column for _, column in columns_of(source.identifiers) if column.indexed}
    entries: dict[int, list[int]] = {place: [] for place, name in enumerate(names) if name in wanted}
    starts: list[int] = []
    with path.open("rb") as file:
        rows = csv.reader(_lines(file, starts), delimiter=delimiter)
        for number, row in enumerate(rows):
            if number % _ROWS_BETWEEN_LOOKS == 0 and stopped.is_set():
                raise SourceTimedOut(f"{source.source}: the time was over while the extract was read.")
            if len(starts) != number + 1:
                return None
            for place, found in entries.items() if row and number else ():  # the first is the header
                if row[place]:
                    found.append((hash(row[place]) & _HASH) << _PLACE_BITS | starts[number])
    return ExtractIndex({names[place]: array("Q", sorted(found)) for place, found in entries.items()})


def _lines(file: Iterator[bytes], starts: list[int]) -> Iterator[str]:
    """Every line, with the place where it begins added to ``starts``."""
    place = 0
    for line in file:
        starts.append(place)
        place += len(line)
        yield line.decode()


def _texts(compared: Comparison) -> Iterator[str]:
    """The values as the cells hold them."""
    for value in compared.values:
        yield value if isinstance(value, str) else date_text(value, compared.column.format)
