"""In production a source whose user may write is not asked; the others are."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from broker.app import connectors_of
from broker.catalogue import load_catalogue
from broker.production import OnlyReaders
from broker.settings import load_settings
from connectors.contract import Identifiers, Search, SourceFault, SourceMisfit
from connectors.registry import connect
from deploy.demo.postgres import PostgresCluster
from tests.fakes.mariadb import MariadbServer
from tests.integration.source_tools import probation
from tests.spec.connectors.engines import PASSWORD, READER, TABLE, by_odbc, housing, in_mariadb, in_postgresql

ADA = {"ref": "1", "forename": "Ada", "surname": "Smith"}
SEARCH = Search("q-1", (Identifiers("Ada", "Smith"),), frozenset(), 5.0)
SECRETS = {"env:PASSWORD": PASSWORD}.__getitem__


@pytest.fixture
def reader(postgres: PostgresCluster) -> str:
    postgres.create_role(READER, PASSWORD)
    return READER


@pytest.mark.parametrize("by", ["asyncpg", "odbc"])
async def test_a_postgresql_user_who_may_write_is_refused_until_the_right_is_gone(
    postgres: PostgresCluster, database: str, reader: str, by: str
) -> None:
    made = in_postgresql(housing(), [ADA], {}, postgres, database)
    source = OnlyReaders(by_odbc(made.source) if by == "odbc" else made, SECRETS, Path())
    postgres.run(f"GRANT INSERT ON {TABLE} TO {reader}", database)
    for ask in (source.open(), source.candidates(SEARCH)):
        with pytest.raises(SourceMisfit, match="In production it is not asked"):
            await ask
    postgres.run(f"REVOKE INSERT ON {TABLE} FROM {reader}", database)
    assert [row.local_key for row in (await source.candidates(SEARCH)).rows] == ["1"]
    await source.close()


async def test_a_mariadb_user_who_may_write_is_refused(tools_mariadb: MariadbServer) -> None:
    made, secrets = in_mariadb(housing(), [ADA], {}, tools_mariadb), {"env:PASSWORD": probation.PASSWORD}
    asked = made.source.model_copy(update={"connection": tools_mariadb.connection(probation.READER)})
    source = OnlyReaders(connect(asked, secrets.__getitem__, Path()), secrets.__getitem__, Path())
    await source.open()
    tools_mariadb.run(f"GRANT UPDATE ON {TABLE} TO {probation.READER}@'127.0.0.1'")
    try:
        with pytest.raises(SourceMisfit, match="has the right UPDATE"):
            await source.open()
    finally:
        tools_mariadb.run(
            f"REVOKE UPDATE ON {TABLE} FROM {probation.READER}@'127.0.0.1'", f"DROP TABLE {TABLE}"
        )
        await source.close()


async def test_a_source_that_is_down_is_looked_at_when_it_is_back(
    postgres: PostgresCluster, database: str, reader: str
) -> None:
    made = in_postgresql(housing(), [ADA], {}, postgres, database)
    away = made.source.model_copy(update={"connection": {**made.source.connection, "port": 1}})
    with pytest.raises(SourceFault, match="nothing listens"):
        await OnlyReaders(connect(away, SECRETS, Path()), SECRETS, Path()).candidates(SEARCH)


def test_the_setting_guards_every_source_with_users(directory: Path) -> None:
    partnership = load_settings(directory, {})
    catalogue = load_catalogue(directory)
    path = directory / "sources" / "school.yaml"
    text = path.read_text(encoding="utf-8").replace("kind: memory", "kind: postgresql")
    text = text.replace("connection: {}", "connection: {host: 127.0.0.1, database: d, user: u}")
    path.write_text(text, encoding="utf-8")
    catalogue = load_catalogue(directory)
    for production in (False, True):
        settings = partnership.settings.model_copy(update={"production": production})
        made = connectors_of(replace(partnership, settings=settings), catalogue)
        guarded = {name for name, one in made.items() if isinstance(one, OnlyReaders)}
        assert guarded == ({"school"} if production else set())
