"""A source in memory: the fake that ships with the project, for tests of the flow, lessons and trials.

It is not a second implementation of the rules: the rows go into an SQLite database in memory, and the same
candidate query as everywhere selects from it. What goes wrong with real sources can be had on demand:

    school = MemoryConnector(source_file, rows=[{"id": "1", "forename": "Ada", ...}])
    school.delays(0.1, times=1)      # the next question is answered late
    school.hangs()                   # and no other ever is,
    school.works()                   # until now
    school.as_of = date(2026, 5, 31)  # its rows are an extract of that day
    school.searches, school.columns  # what it was asked, and which columns it was to read
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

from connectors.candidate_query import selected_columns
from connectors.connection import MemoryConnection, Secrets, connection_of, path_below
from connectors.contract import (
    Candidate,
    Candidates,
    Connector,
    Search,
    SourceMisfit,
    SourceTimedOut,
)
from connectors.memory_rows import Row, as_queried, database_of, row_of
from connectors.source_file import SourceFile
from connectors.sqlite_reading import SqliteReader

Rows = Iterable[Row | Candidate]


@dataclass(slots=True)
class _Trouble:
    """What befalls questions, and how many more of them (None: all)."""

    befall: Callable[[Search], Awaitable[None]]
    times: int | None


class MemoryConnector:
    """A connector (see ``contract.Connector``) whose rows are given.

    ``rows`` are mappings by column name, or candidates, which are stored as the source file maps them. They
    may be replaced while it is open. Troubles come in the order in which they were ordered; one without
    ``times`` lasts until ``works``.
    """

    def __init__(self, source: SourceFile, rows: Rows = ()) -> None:
        self.source = source
        self.as_of: date | None = None
        self.searches: list[Search] = []
        self.columns: list[tuple[str, ...]] = []
        self._troubles: list[_Trouble] = []
        self._lost: set[str] = set()
        self._rows: list[Row] = []
        self._reader = SqliteReader(
            as_queried(source), lambda: database_of(source, self._rows, without=self._lost)
        )
        self.rows = rows

    @property
    def rows(self) -> Rows:
        """The rows, as mappings by column name."""
        return tuple(self._rows)

    @rows.setter
    def rows(self, rows: Rows) -> None:
        self._rows = [row_of(one, self.source) if isinstance(one, Candidate) else one for one in rows]
        self._reader.close()

    def fails(self, fault: Exception, times: int | None = None) -> None:
        """Questions raise this fault."""

        async def fail(_: Search) -> None:
            raise fault

        self._troubles.append(_Trouble(fail, times))

    def delays(self, seconds: float, times: int | None = None) -> None:
        """Questions are answered so much later; too late for a search that allows less."""
        self._troubles.append(_Trouble(lambda search: _late(self.source, seconds, search), times))

    def freezes(self, times: int | None = None) -> None:
        """Questions are never answered: SourceTimedOut at their deadline."""
        self.delays(float("inf"), times)

    def hangs(self, times: int | None = None) -> None:
        """Questions do not even keep their own deadline: they wait until they are cancelled."""

        async def hang(_: Search) -> None:
            await asyncio.Event().wait()

        self._troubles.append(_Trouble(hang, times))

    def loses(self, column: str) -> None:
        """The table has this column no more: SourceMisfit, also when opening, until ``works``."""
        self._lost.add(column)
        self._reader.close()

    def works(self) -> None:
        """Everything is well again."""
        self._troubles.clear()
        self._lost.clear()
        self._reader.close()

    async def open(self) -> None:
        """As ``contract.Connector.open``. Troubles befall questions only, except a lost column."""
        self._reader.ready()

    async def candidates(self, search: Search) -> Candidates:
        """As ``contract.Connector.candidates``."""
        self.searches.append(search)
        self.columns.append(selected_columns(self.source, search))
        await self._befall(search)
        return replace(self._reader.candidates(search), as_of=self.as_of)

    async def close(self) -> None:
        """As ``contract.Connector.close``."""
        self._reader.close()

    async def _befall(self, search: Search) -> None:
        if self._troubles:
            trouble = self._troubles[0]
            if trouble.times is not None:
                trouble.times -= 1
                if trouble.times <= 0:
                    self._troubles.pop(0)
            await trouble.befall(search)


def memory_connector(source: SourceFile, secrets: Secrets, base: Path) -> Connector:  # noqa: ARG001 -- a MakeConnector
    """A connector for a source file of kind ``memory``. Raises SourceMisfit."""
    named = connection_of(source, MemoryConnection).rows
    return MemoryConnector(source, rows_of_file(source, path_below(base, named)) if named else ())


async def _late(source: SourceFile, seconds: float, search: Search) -> None:
    await asyncio.sleep(min(seconds, search.seconds))
    if seconds > search.seconds:
        raise SourceTimedOut(f"{source.source}: no answer within {search.seconds:.2f} seconds")


def rows_of_file(source: SourceFile, path: Path) -> list[Row]:
    """The rows of a JSON file, a list of objects. Raises SourceMisfit."""
    try:
        rows = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as fault:
        raise SourceMisfit(f"{source.source}: {path.name} could not be read as JSON.") from fault
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise SourceMisfit(f"{source.source}: {path.name} has to be a list of objects, one for each row.")
    return rows
