"""The databases that are read whole."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from deploy.demo.postgres import PostgresCluster
from tests.fakes.mariadb import MariadbServer
from tests.odbc_drivers import require_odbc_drivers
from tests.spec.connectors.engines import PASSWORD, READER


@pytest.fixture(scope="session")
def postgres_with_reader(postgres: PostgresCluster) -> PostgresCluster:
    """The server, with the role that reads."""
    postgres.create_role(READER, PASSWORD)
    return postgres


@pytest.fixture(scope="module")
def mariadb(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MariadbServer]:
    require_odbc_drivers()
    with MariadbServer(tmp_path_factory.mktemp("mariadb")) as own:
        own.create_reader(READER, PASSWORD)
        yield own
