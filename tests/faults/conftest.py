"""One PostgreSQL for the whole rig: it is frozen and killed, so nothing else may use it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from deploy.demo.postgres import PostgresCluster
from tests.faults.rig import Rig, rig, server
from tests.odbc_drivers import require_odbc_drivers


@pytest.fixture(scope="session")
def faulty_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PostgresCluster]:
    require_odbc_drivers()
    with server(tmp_path_factory.mktemp("faults")) as started:
        yield started


@pytest.fixture
async def broken(tmp_path: Path, faulty_server: PostgresCluster) -> AsyncIterator[Rig]:
    """A rig of the test's own, which was asked once and is whole."""
    async with rig(tmp_path, faulty_server) as made:
        yield made
