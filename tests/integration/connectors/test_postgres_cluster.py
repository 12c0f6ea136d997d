"""The launcher of a real PostgreSQL: kept between starts, for passwords only, never root."""

from __future__ import annotations

import importlib.util
import os
import socket
import stat
from collections.abc import Iterator
from pathlib import Path

import asyncpg
import pytest

from deploy.demo.postgres import PostgresCluster
from deploy.demo.postgres_binaries import PostgresFault


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory that nobody but the caller can enter."""
    return tmp_path_factory.mktemp("postgres")


@pytest.fixture(scope="module")
def cluster(place: Path) -> Iterator[PostgresCluster]:
    """A started server."""
    own = PostgresCluster(place)
    own.start()
    yield own
    own.destroy()


def process_of(cluster: PostgresCluster) -> int:
    return int((cluster.directory / "postmaster.pid").read_text().split()[0])


def test_data_and_port_are_kept_between_starts_and_a_crash(cluster: PostgresCluster) -> None:
    cluster.create_database("housing")
    cluster.run("CREATE TABLE tenancy (ref text); INSERT INTO tenancy VALUES ('1')", "housing")
    port = cluster.port
    for stop in (cluster.stop, cluster.stop_at_once):
        stop()
        assert not cluster.running
        stop()
        cluster.start()
        cluster.start()
        assert cluster.running
        assert cluster.port == port
        assert cluster.run("SELECT ref FROM tenancy", "housing") == [["1"]]


def test_another_launcher_of_the_same_directory_finds_it_running(
    cluster: PostgresCluster, place: Path
) -> None:
    other = PostgresCluster(place)
    other.start()
    assert process_of(other) == process_of(cluster)
    assert other.dsn() == cluster.dsn()


def test_the_server_is_not_root_and_its_password_is_for_its_owner_only(cluster: PostgresCluster) -> None:
    assert Path(f"/proc/{process_of(cluster)}").stat().st_uid != 0
    assert stat.S_IMODE(cluster.password_file.stat().st_mode) == 0o600
    assert cluster.password_file.stat().st_uid == os.geteuid()
    assert len(cluster.password) >= 32
    assert stat.S_IMODE(cluster.directory.stat().st_mode) == 0o700


def test_it_listens_on_the_loopback_only(cluster: PostgresCluster) -> None:
    assert cluster.run("SHOW listen_addresses; SHOW unix_socket_directories") == [["127.0.0.1"]]
    with socket.socket() as tried:
        assert tried.connect_ex(("127.0.0.2", cluster.port)) != 0


async def test_everyone_is_asked_for_a_password(cluster: PostgresCluster) -> None:
    cluster.create_role("it's me", "first 'word'")
    cluster.create_role("it's me", 'second "word"')
    connection = await asyncpg.connect(cluster.dsn(user="it's me", password='second "word"'))
    await connection.close()
    for user, password in (("it's me", "first 'word'"), ("postgres", ""), ("postgres", "postgres")):
        with pytest.raises(asyncpg.InvalidPasswordError):
            await asyncpg.connect(cluster.dsn(user=user, password=password))


def test_a_statement_that_fails_is_said_in_postgresqls_words(cluster: PostgresCluster) -> None:
    with pytest.raises(PostgresFault, match='relation "nothing" does not exist'):
        cluster.run("SELECT * FROM nothing")


def test_a_port_that_is_in_use_is_said(cluster: PostgresCluster, tmp_path: Path) -> None:
    other = PostgresCluster(tmp_path / "other", port=cluster.port)
    with pytest.raises(PostgresFault, match=f"Port {cluster.port} is in use"):
        other.start()
    other.destroy()


def test_a_wrong_setting_is_said_with_the_servers_last_words(tmp_path: Path) -> None:
    wrong = PostgresCluster(tmp_path / "wrong", settings={"shared_buffers": "a lot"})
    with pytest.raises(PostgresFault, match="shared_buffers"):
        wrong.start()
    wrong.destroy()


def test_nothing_is_left_of_a_destroyed_one(tmp_path: Path) -> None:
    gone = PostgresCluster(tmp_path / "gone")
    gone.start()
    port = gone.port
    gone.destroy()
    assert not gone.directory.parent.exists()
    with socket.socket() as tried:
        assert tried.connect_ex(("127.0.0.1", port)) != 0


def test_a_missing_wheel_names_the_command_that_brings_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: None)
    with pytest.raises(PostgresFault, match="Run: make setup"):
        PostgresCluster(tmp_path / "postgres")
