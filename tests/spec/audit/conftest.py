"""A test says what a log does; it runs once for each store that can keep one."""

from __future__ import annotations

from pathlib import Path

import pytest

from deploy.demo.postgres import PostgresCluster
from tests.spec.audit.kept import Commits, Kept, in_postgresql, in_sqlite


@pytest.fixture(params=["sqlite", "postgresql"])
def kept(request: pytest.FixtureRequest, tmp_path: Path) -> Kept:
    """A log in each store in turn; it is not there yet."""
    if request.param == "sqlite":
        return in_sqlite(tmp_path)
    in_database: Kept = request.getfixturevalue("in_database")
    return in_database


@pytest.fixture
def in_database(durable_postgres: PostgresCluster, durable_database: str, tmp_path: Path) -> Kept:
    """A log in PostgreSQL, where several brokers may write; it is not there yet."""
    return in_postgresql(durable_postgres, durable_database, tmp_path)


@pytest.fixture
def commits(kept: Kept, monkeypatch: pytest.MonkeyPatch) -> Commits:
    """The transactions of the log."""
    return Commits.of(kept, monkeypatch)
