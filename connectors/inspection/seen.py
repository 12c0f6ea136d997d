"""What an owner's tools see of a live database, and the promise of whoever looks.

A look is read-only, like a connector's session. Whatever it gives back is about tables and columns. The two
exceptions are ``sample`` and ``codes``: their values stay in memory, and only counts of them, or codes that many
rows share, may be told. They are left out of ``repr``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Protocol

from connectors.candidate_query import CandidateQuery, Question
from connectors.live_columns import ColumnKind

Rows = Sequence[Sequence[object]]


@dataclass(frozen=True, slots=True)
class SeenTable:
    """A table or view by its full name. ``rows``: about how many, None where the database does not say."""

    name: str
    is_view: bool = False
    rows: int | None = None


@dataclass(frozen=True, slots=True)
class SeenColumn:
    """A column; ``declared`` is its type in the database's own words."""

    name: str
    kind: ColumnKind
    declared: str


@dataclass(frozen=True, slots=True)
class SeenIndex:
    """An index of whole columns, in order, over all rows. Others (of expressions, partial, broken) aren't seen."""

    name: str
    columns: tuple[str, ...]
    unique: bool = False


@dataclass(frozen=True, slots=True)
class Step:
    """A step of a plan, in plain words and without a value. ``reads_all``: the table that it reads row by row.

    ``rows`` is the database's estimate of what it reads, ``cost`` in the database's own unit.
    """

    says: str
    reads_all: str | None = None
    index: str | None = None
    rows: int | None = None
    cost: float | None = None


@dataclass(frozen=True, slots=True)
class Limits:
    """What became of a statement of ``statement_asked`` seconds that runs for longer: seconds until it was broken
    off, None where the database has no such limit. ``lock``: how long it says that it waits for a lock.
    """

    statement_asked: float
    statement: float | None
    lock: float | None


@dataclass(frozen=True, slots=True)
class Encryption:
    """Whether the connection is encrypted. ``leaves``: whether there is a network to cross at all."""

    encrypted: bool | None
    how: str = ""
    leaves: bool = True


@dataclass(frozen=True, slots=True)
class Age:
    """The day that an extract is of, and how many hours old it is and may be."""

    as_of: date
    hours: float
    allowed_hours: int


@dataclass(frozen=True, slots=True)
class Coded:
    """A value of a column of codes, and how many rows have it."""

    value: str = field(repr=False)
    rows: int


class Look(Protocol):
    """A look at the database of one source. Made by ``opening.look_at``; every method raises SourceFault."""

    database: str
    """postgresql, mariadb, sqlserver, sqlite, or duckdb for an extract."""

    @property
    def age(self) -> Age | None:
        """Of an extract; None of what is live."""

    async def tables(self) -> tuple[SeenTable, ...]:
        """Every table and view that the connection's user may read."""

    async def columns(self, table: str) -> tuple[SeenColumn, ...]:
        """The columns that may be read, in the table's order; none when there is no such table."""

    async def indexes(self, table: str) -> tuple[SeenIndex, ...]:
        """Its indexes, the primary key's first."""

    async def rows_of(self, table: str) -> int | None:
        """About how many rows it has."""

    async def sample(self, table: str, column: str, most: int) -> tuple[str, ...]:
        """Some of its values as texts, without blanks and missing ones: only counts of them may be told."""

    async def codes(self, table: str, column: str, most: int) -> tuple[Coded, ...] | None:
        """Its distinct values, the commonest first; None when there are more than ``most``."""

    async def query(self) -> CandidateQuery:
        """How the source is asked, its columns checked as the connector does. Raises SourceMisfit."""

    async def plan(self, question: Question) -> tuple[Step, ...] | None:
        """How the database would answer; None where it can't be told."""

    async def time_of(self, table: str, column: str, value: object) -> float:
        """Seconds for counting the rows with that value, the best of three."""

    def index_statement(self, table: str, column: str) -> str:
        """What its administrator would run to give the column an index."""

    async def may_write(self) -> tuple[str, ...]:
        """The rights to change something that the connection's user has, in plain words."""

    async def encryption(self) -> Encryption:
        """Of the connection itself."""

    async def limits(self) -> Limits:
        """Measured: whether a statement that takes too long is broken off."""

    async def close(self) -> None:
        """Let go of the connection."""
