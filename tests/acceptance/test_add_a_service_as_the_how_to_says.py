"""docs/how-to/add-a-service.md, followed to the letter, with a real MariaDB."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from deploy.demo.databases import Databases
from tests.acceptance.following import ROOT, Shell, blocks, follow
from tests.fakes.mariadb import MariadbServer
from tests.odbc_drivers import require_odbc_drivers

PAGE = ROOT / "docs" / "how-to" / "add-a-service.md"


@pytest.fixture
def directory(tmp_path: Path) -> Iterator[Path]:
    """An empty directory; nothing of the demo's databases is left behind."""
    empty = tmp_path / "empty"
    empty.mkdir()
    yield empty
    Databases(empty / "demo" / "state").destroy()


@pytest.fixture
def mariadb(tmp_path: Path) -> Iterator[MariadbServer]:
    """A MariaDB with nothing of the page in it."""
    require_odbc_drivers()
    place = tmp_path / "mariadb"
    place.mkdir()
    with MariadbServer(place) as server:
        yield server


@pytest.fixture
def shell(directory: Path) -> Iterator[Shell]:
    made = Shell(directory)
    yield made
    made.close()


def test_every_command_statement_and_file_of_the_page_does_what_it_says(
    directory: Path, mariadb: MariadbServer, shell: Shell
) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    page = PAGE.read_text(encoding="utf-8").replace("3306", str(mariadb.port)).replace("8766", str(port))
    assert [one.kind for one in blocks(page)].count("console") >= 6
    for block in blocks(page):
        if block.kind == "sql":
            mariadb.run(*filter(str.strip, block.text.split(";\n")))
        elif block.kind == "yaml":
            (directory / block.path).write_text(block.text, encoding="utf-8")
        else:
            assert block.kind == "console"
            follow(block.text, shell)
