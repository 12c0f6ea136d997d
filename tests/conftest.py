"""What tests of any room may need: a real PostgreSQL.

It starts once a session, when the first test asks for it, and every test that asks for ``database`` gets an
empty one of its own.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest
from hypothesis import settings

from deploy.demo.postgres import PostgresCluster

# Whoever loads readline (pytest does) leaves a terminal's width to its children, which have no terminal.
for _name in ("COLUMNS", "LINES"):
    os.environ.pop(_name, None)

# No test is timed: the machine may be doing something else just then.
settings.register_profile("tests", deadline=None)
settings.load_profile("tests")


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresCluster]:
    """A running PostgreSQL server, thrown away after the session; so it does not sync to disk."""
    place = Path(tempfile.mkdtemp(prefix="family-context-tests-"))
    place.chmod(0o755)  # PostgreSQL may run as another user than the tests
    cluster = PostgresCluster(place, settings={"fsync": "off"})
    cluster.start()
    yield cluster
    cluster.destroy()


@pytest.fixture(scope="session")
def _database_numbers() -> Iterator[int]:
    return count(1)


@pytest.fixture
def database(postgres: PostgresCluster, _database_numbers: Iterator[int]) -> Iterator[str]:
    """The name of an empty database of ``postgres``, dropped after the test."""
    name = f"test_{next(_database_numbers)}"
    postgres.create_database(name)
    yield name
    postgres.drop_database(name)


@pytest.fixture(scope="session")
def durable_postgres() -> Iterator[PostgresCluster]:
    """A running PostgreSQL server that syncs to disk, as the audit log wants it; thrown away after the session."""
    place = Path(tempfile.mkdtemp(prefix="family-context-tests-"))
    place.chmod(0o755)
    cluster = PostgresCluster(place)
    cluster.start()
    yield cluster
    cluster.destroy()


@pytest.fixture
def durable_database(durable_postgres: PostgresCluster, _database_numbers: Iterator[int]) -> Iterator[str]:
    """The name of an empty database of ``durable_postgres``, dropped after the test."""
    name = f"test_{next(_database_numbers)}"
    durable_postgres.create_database(name)
    yield name
    durable_postgres.drop_database(name)
