"""A partnership's directory, and a probation service on each kind of real database."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest

from deploy.demo.postgres import PostgresCluster
from tests.fakes.littleworth import write_files
from tests.fakes.mariadb import MariadbServer
from tests.integration.source_tools import probation
from tests.integration.source_tools.probation import PASSWORD, READER, Service
from tests.odbc_drivers import require_odbc_drivers

ENGINES = ("sqlite", "postgresql", "extract", "sqlite by odbc", "postgresql by odbc", "mariadb by odbc")


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    """Littleworth's files, with keys and a key set."""
    made = write_files(tmp_path / "partnership")
    probation.run("keys", "init", made)
    (made / "state" / "jwks.json").write_text('{"keys": []}', encoding="utf-8")
    return made


@pytest.fixture(scope="session")
def tools_mariadb(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MariadbServer]:
    """A MariaDB whose reader the owner's tools use."""
    require_odbc_drivers()
    with MariadbServer(tmp_path_factory.mktemp("mariadb")) as server:
        server.create_reader(READER, PASSWORD)
        yield server


@pytest.fixture(params=ENGINES)
def service(request: pytest.FixtureRequest, tmp_path: Path) -> Service:
    """The probation service, on each engine."""
    return service_on(request.param, request, tmp_path)


def service_on(engine: str, request: pytest.FixtureRequest, tmp_path: Path) -> Service:
    """The probation service on one engine."""
    if "odbc" in engine:
        require_odbc_drivers()
    cluster: Callable[[], tuple[PostgresCluster, str]] = lambda: (  # noqa: E731 -- only where it is asked for
        request.getfixturevalue("postgres"), request.getfixturevalue("database"),
    )  # fmt: skip
    makers: Mapping[str, Callable[[], Service]] = {
        "sqlite": lambda: probation.in_sqlite(tmp_path / "probation.db"),
        "sqlite by odbc": lambda: probation.by_odbc_in_sqlite(tmp_path / "probation.db"),
        "extract": lambda: probation.in_extract(tmp_path / f"{probation.TABLE}.csv"),
        "postgresql": lambda: probation.in_postgresql(*cluster()),
        "postgresql by odbc": lambda: probation.by_odbc_in_postgresql(*cluster()),
        "mariadb by odbc": lambda: probation.in_mariadb(request.getfixturevalue("tools_mariadb")),
    }
    return makers[engine]()
