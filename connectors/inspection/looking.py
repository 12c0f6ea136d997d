"""What is asked alike of every database: counts, samples, codes, times. What differs is in a file for each."""

from __future__ import annotations

import re
import time

from connectors.candidate_query import CandidateQuery
from connectors.contract import SourceFault
from connectors.inspection.seen import Age, Coded
from connectors.inspection.sessions import Session
from connectors.read_values import text_of

_TIMES = 3


class Looking:
    """The part of ``seen.Look`` that all databases share."""

    quote = ('"', '"')
    """The opening and the closing mark around a name."""
    top = False
    """Whether a limit is written TOP, before the columns, instead of LIMIT, at the end."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self.database = session.database

    @property
    def age(self) -> Age | None:
        return None

    async def query(self) -> CandidateQuery:
        return await self._session.query()

    async def close(self) -> None:
        await self._session.close()

    async def sample(self, table: str, column: str, most: int) -> tuple[str, ...]:
        name = self.quoted(column)
        found = await self._session.rows(
            self.limited(f"{name} FROM {self.relation(table)} WHERE {name} IS NOT NULL", most)
        )
        return tuple(text for (value,) in found if (text := text_of(value)) is not None)

    async def codes(self, table: str, column: str, most: int) -> tuple[Coded, ...] | None:
        """None also where counting takes the database too long."""
        name = self.quoted(column)
        grouped = f"{name}, COUNT(*) FROM {self.relation(table)} WHERE {name} IS NOT NULL GROUP BY {name}"
        try:
            found = await self._session.rows(self.limited(f"{grouped} ORDER BY 2 DESC", most + 1))
        except SourceFault:
            return None
        if len(found) > most:
            return None
        pairs = ((text_of(value), int(str(count))) for value, count in found)
        return tuple(Coded(value, count) for value, count in pairs if value is not None)

    async def time_of(self, table: str, column: str, value: object) -> float:
        counted = f"SELECT COUNT(*) FROM {self.relation(table)} WHERE {self.quoted(column)} = {self.mark()}"  # nosec B608  # noqa: S608 -- names, quoted
        return min([await self._timed(counted, value) for _ in range(_TIMES)])

    async def rows_of(self, table: str) -> int | None:
        """Counted; None where that takes the database too long."""
        try:
            ((count,),) = await self._session.rows(f"SELECT COUNT(*) FROM {self.relation(table)}")  # nosec B608  # noqa: S608 -- as above
        except SourceFault:
            return None
        return int(str(count))

    def index_statement(self, table: str, column: str) -> str:
        name = re.sub(r"[^a-z0-9]+", "_", f"{table.rpartition('.')[2]}_{column}".lower())
        return f"CREATE INDEX family_context_{name} ON {self.relation(table)} ({self.quoted(column)})"

    def mark(self) -> str:
        """The first parameter of a statement."""
        return "$1" if self._session.numbered else "?"

    def quoted(self, name: str) -> str:
        """A name of a table or column, whatever is in it."""
        first, last = self.quote
        return f"{first}{name.replace(last, last * 2)}{last}"

    def relation(self, table: str) -> str:
        """A table with or without its schema, as a source file has it."""
        schema, _, name = table.rpartition(".")
        return f"{self.quoted(schema)}.{self.quoted(name)}" if schema else self.quoted(name)

    def limited(self, after_select: str, most: int) -> str:
        return f"SELECT TOP {most} {after_select}" if self.top else f"SELECT {after_select} LIMIT {most}"

    async def _timed(self, text: str, *values: object) -> float:
        began = time.perf_counter()
        await self._session.rows(text, *values)
        return time.perf_counter() - began


def called(alias: str) -> str:
    """A table of a plan as a person knows it: the source's own has the alias r in every question."""
    return "the source's table" if alias == "r" else alias


def may_change(tables: object) -> str:
    """A right to write, in words, by the number of tables that it is over."""
    return "may change rows of 1 table" if str(tables) == "1" else f"may change rows of {tables} tables"
