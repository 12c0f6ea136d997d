"""A source file against the live database: vetted queries, and what is said when the two do not fit."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from connectors.contract import Connector, Identifiers, SourceMisfit
from connectors.registry import connect
from tests.spec.connectors.conftest import ENGINES, WITH_SQL, WITH_TYPES, Hold
from tests.spec.connectors.engines import HOUSING, PASSWORD, housing, refs
from tests.spec.connectors.served_by_http import as_web_api

ADA = Identifiers(given_name="Ada", family_name="Smith")
NAMED = {"forename": "Ada", "surname": "Smith"}
WITH_A_CATALOGUE = pytest.mark.parametrize("engine", ENGINES[1:], indirect=True)
"""A web API has one as far as its probe goes."""
ASKED_IN_SQL = pytest.mark.parametrize("engine", WITH_SQL, indirect=True)
ASKED_IN_SQL_WITH_A_CATALOGUE = pytest.mark.parametrize("engine", WITH_SQL[1:], indirect=True)


def queried(query: str) -> dict[str, Any]:
    return {"table": None, "query": query}


@ASKED_IN_SQL
@pytest.mark.parametrize(
    "query",
    [
        "SELECT * FROM tenancy",
        "select * from tenancy where 'x%:y' = 'x%:y'",
        "SELECT * FROM (SELECT * FROM tenancy) AS inner_one WHERE ')' <> '('",
    ],
)
async def test_a_vetted_query_stands_where_a_table_would(hold: Hold, query: str) -> None:
    source = await hold(NAMED, {"forename": "Bob", "surname": "Smith"}, **queried(query))
    assert await refs(source, ADA) == ["1"]


@ASKED_IN_SQL
@pytest.mark.parametrize(
    "query",
    [
        "DELETE FROM tenancy",
        "WITH gone AS (DELETE FROM tenancy RETURNING *) SELECT * FROM gone",
        "SELECT * FROM tenancy; DROP TABLE tenancy",
        "SELECT * FROM tenancy) AS r -- ",
        "SELECT * FROM tenancy) AS r, (SELECT 1",
        "SELECT * FROM tenancy /* and more",
        "SELECT * FROM tenancy WHERE surname = 'Smith",
        "SELECT * FROM tenancy WHERE surname = $1",
        "SELECT * FROM tenancy WHERE surname = ?",
        "",
    ],
)
async def test_anything_but_one_select_is_refused(hold: Hold, query: str) -> None:
    with pytest.raises(SourceMisfit, match="query"):
        await hold(NAMED, **queried(query))


def misread(whole: Connector, directory: Path, **changed: Any) -> Connector:
    """Another source file for the same database."""
    if whole.source.request is not None:
        url = str(whole.source.connection["url"])
        return connect(as_web_api("http", housing(**changed), url), lambda _: PASSWORD, directory)
    where = {name: getattr(whole.source, name) for name in ("kind", "connection", "as_of")}
    return connect(housing(**where, **changed), lambda _: PASSWORD, directory)


@WITH_A_CATALOGUE
async def test_everything_that_is_missing_is_named_at_once_with_a_hint(hold: Hold, tmp_path: Path) -> None:
    identifiers = {**HOUSING["identifiers"], "family_name": "surnam", "birth_date": "xyzzy"}
    wrong = misread(await hold(NAMED), tmp_path, identifiers=identifiers, gates={"plan": "categroy"})
    with pytest.raises(SourceMisfit) as raised:
        await wrong.open()
    await wrong.close()
    columns = str(raised.value).replace("'/", "'")  # a web API's are pointers
    assert columns.splitlines()[1:] == [
        "identifiers.family_name: there is no column 'surnam'. Did you mean 'surname'?",
        "identifiers.birth_date: there is no column 'xyzzy'.",
        "gates.plan: there is no column 'categroy'. Did you mean 'category'?",
    ]


@ASKED_IN_SQL_WITH_A_CATALOGUE
async def test_a_table_that_is_missing_is_named_with_a_hint(hold: Hold, tmp_path: Path) -> None:
    wrong = misread(await hold(NAMED), tmp_path, table="tenancies")
    with pytest.raises(
        SourceMisfit, match=r"no table or view 'tenancies'.* Did you mean '(public\.)?tenancy'"
    ):
        await wrong.open()
    await wrong.close()


@pytest.mark.parametrize("engine", WITH_TYPES, indirect=True)
@pytest.mark.parametrize(
    ("place", "kind"), [("family_name", "integer"), ("birth_date", "text"), ("postcode", "date")]
)
async def test_a_column_that_cannot_be_compared_is_named(hold: Hold, place: str, kind: str) -> None:
    column = HOUSING["identifiers"][place]["column"]
    with pytest.raises(
        SourceMisfit, match=f"identifiers.{place}: the column '{column}' is of the wrong kind"
    ):
        await hold(types={column: kind})


@pytest.mark.parametrize("engine", WITH_TYPES, indirect=True)
async def test_a_table_may_be_named_with_its_schema(hold: Hold, tmp_path: Path) -> None:
    elsewhere = misread(await hold(NAMED), tmp_path, table="public.tenancy")
    assert await refs(elsewhere, ADA) == ["1"]
    await elsewhere.close()
