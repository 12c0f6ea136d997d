"""Looking at SQL Server, which no machine of ours runs: held to an independent parser."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pytest
import sqlglot

from connectors.candidate_query import CandidateQuery
from connectors.contract import SourceFault, SourceUnavailable
from connectors.inspection.on_sqlserver import LookAtSqlserver
from connectors.inspection.seen import SeenIndex
from connectors.source_file import SourceFile
from tests.spec.connectors.engines import housing


class Answering:
    """A session that answers by a word of the statement, and keeps what it was asked."""

    database, numbered = "sqlserver", False

    def __init__(self, answers: Mapping[str, Sequence[Sequence[object]]]) -> None:
        self.source: SourceFile = housing()
        self.asked: list[str] = []
        self._answers = answers

    async def rows(self, text: str, *values: object) -> Sequence[Sequence[object]]:
        self.asked.append(text)
        assert text.count("?") == len(values)
        found = next((rows for word, rows in self._answers.items() if word in text), None)
        if found is None:
            raise SourceUnavailable("not permitted")
        return found

    async def query(self) -> CandidateQuery:
        raise SourceFault("not asked here")

    async def close(self) -> None:
        self.asked.append("close")


ANSWERS: Mapping[str, Sequence[Sequence[object]]] = {
    "sys.partitions": [("dbo.Orders", 0, 1200), ("dbo.OrdersView", 1, None)],
    "sys.types": [("Surname", "nvarchar", 120), ("Born", "date", 3), ("Seen", "datetimeoffset", 10)],
    "sys.index_columns": [
        ("pk", True, 1, "Ref"),
        ("names", False, 1, "Surname"),
        ("names", False, 2, "Born"),
    ],
    "'INSERT'": [(2,)],
    "GROUP BY": [("ACT", 90), ("TERM", 12)],
    "TOP 5": [("a",), (None,), (" ",)],
    "COUNT(*)": [(7,)],
    "@@LOCK_TIMEOUT": [(2000,)],
}


@pytest.fixture
def session() -> Answering:
    return Answering(ANSWERS)


async def test_its_catalogue_is_read(session: Answering) -> None:
    look = LookAtSqlserver(session)
    assert [(one.name, one.is_view, one.rows) for one in await look.tables()] == [
        ("dbo.Orders", False, 1200), ("dbo.OrdersView", True, None),
    ]  # fmt: skip
    assert [one.kind for one in await look.columns("dbo.Orders")] == ["text", "date", "moment_with_zone"]
    assert await look.indexes("dbo.Orders") == (
        SeenIndex("pk", ("Ref",), unique=True), SeenIndex("names", ("Surname", "Born")),
    )  # fmt: skip
    assert await look.may_write() == ("may change rows of 2 tables",)
    assert (await look.limits()).lock == 2.0
    assert (await look.encryption()).encrypted is None
    assert (
        look.index_statement("dbo.Orders", "Born")
        == "CREATE INDEX family_context_orders_born ON [dbo].[Orders] ([Born])"
    )


async def test_its_values_are_read(session: Answering) -> None:
    look = LookAtSqlserver(session)
    codes = await look.codes("dbo.Orders", "Status", 30)
    assert codes is not None
    assert [(one.value, one.rows) for one in codes] == [("ACT", 90), ("TERM", 12)]
    assert await look.sample("dbo.Orders", "Sur]name", 5) == ("a",)
    assert await look.rows_of("dbo.Orders") == 7
    assert await look.time_of("dbo.Orders", "Born", "1889-11-17") >= 0


async def test_every_statement_is_one_that_sql_server_takes(session: Answering) -> None:
    await test_its_catalogue_is_read(session)
    await test_its_values_are_read(session)
    for statement in session.asked:
        (parsed,) = sqlglot.parse(statement, dialect="tsql")
        assert isinstance(parsed, sqlglot.exp.Select)
    assert any("[Sur]]name]" in statement for statement in session.asked)
