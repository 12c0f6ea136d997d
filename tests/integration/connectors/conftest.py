"""A PostgreSQL and a MariaDB of a module's own, read by ODBC."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator

import pytest

from connectors.contract import Connector
from deploy.demo.postgres import PostgresCluster
from tests.fakes.mariadb import MariadbServer
from tests.integration.connectors.odbc_sources import ADAS_ROW, POOL
from tests.odbc_drivers import require_odbc_drivers
from tests.spec.connectors.engines import PASSWORD, READER, by_odbc, housing, in_postgresql


@pytest.fixture(scope="module")
def odbc_cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PostgresCluster]:
    """A server of this module's own, because its tests freeze and kill it."""
    require_odbc_drivers()
    own = PostgresCluster(tmp_path_factory.mktemp("cluster"))
    own.start()
    own.create_role(READER, PASSWORD)
    yield own
    own.destroy()


@pytest.fixture
async def odbc_source(odbc_cluster: PostgresCluster) -> AsyncIterator[Connector]:
    """An open source with one row, number 1: Ada Smith."""
    native = in_postgresql(housing(), [ADAS_ROW], {}, odbc_cluster, "postgres")
    connector = by_odbc(native.source, pool_size=POOL)
    await connector.open()
    yield connector
    await connector.close()


@pytest.fixture(scope="module")
def mariadb(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MariadbServer]:
    """A server of this module's own, because its tests freeze it."""
    require_odbc_drivers()
    with MariadbServer(tmp_path_factory.mktemp("mariadb")) as own:
        own.create_reader(READER, PASSWORD)
        yield own
