"""Looking at an extract, by DuckDB: one table, no index, nothing that could be written."""

from __future__ import annotations

from connectors.candidate_query import Question
from connectors.inspection.extract_session import ExtractSession
from connectors.inspection.looking import Looking
from connectors.inspection.seen import Age, Encryption, Limits, SeenColumn, SeenIndex, SeenTable, Step


class LookAtExtract(Looking):
    """As ``seen.Look``."""

    def __init__(self, session: ExtractSession) -> None:
        super().__init__(session)
        self._extract = session

    @property
    def age(self) -> Age:
        """How old the extract is."""
        return self._extract.age

    async def tables(self) -> tuple[SeenTable, ...]:
        return (SeenTable(self._extract.table, rows=await self.rows_of(self._extract.table)),)

    async def columns(self, table: str) -> tuple[SeenColumn, ...]:
        if table != self._extract.table:
            return ()
        found = await self._session.rows(f"DESCRIBE FROM {self.relation(table)}")
        return tuple(SeenColumn(str(name), "untyped", "text") for name, *_ in found)

    async def indexes(self, table: str) -> tuple[SeenIndex, ...]:  # noqa: ARG002 -- a Look's
        return ()

    async def plan(self, question: Question) -> tuple[Step, ...] | None:  # noqa: ARG002 -- a Look's
        """Its connector keeps an index of its own of the columns that the source file calls indexed."""
        return None

    async def may_write(self) -> tuple[str, ...]:
        """A file that is only read: who delivers it is somebody else."""
        return ()

    async def encryption(self) -> Encryption:
        return Encryption(None, "a file on this machine", leaves=False)

    async def limits(self) -> Limits:
        return Limits(0.0, None, None)

    def relation(self, table: str) -> str:
        """A file's name may hold a dot."""
        return self.quoted(table)
