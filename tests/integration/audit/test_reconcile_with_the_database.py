"""The broker's log held against the source database's own, of a real PostgreSQL that logs what is asked of it."""

from __future__ import annotations

import asyncio
import csv
import json
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

import handwritten
from broker.cli import main
from broker.cli.printing import Exit
from connectors.memory_rows import row_of
from connectors.source_file import SourceFile
from deploy.demo.postgres import PostgresCluster
from tests.fakes.littleworth import EMMA, POLICIES, SOURCES, littleworth, row
from tests.spec.connectors.engines import PASSWORD, READER, TABLE, in_postgresql

PREFIX = "%m [%p] %q%u@%d %a "
NOBODY = {**EMMA, "given_name": "Zoltan", "family_name": "Quorn", "birth_date": "1950-01-02"}
ENDINGS = {"csvlog": "csv", "jsonlog": "json", "stderr": "log"}
PERSONAL = ("Quorn", "QUORN", "quorn", "1950")


@pytest.fixture(scope="module")
def server() -> Iterator[PostgresCluster]:
    """A server that writes its log in all three formats, and its times as clocks in London show them."""
    place = Path(tempfile.mkdtemp(prefix="family-context-tests-"))
    place.chmod(0o755)
    settings = {
        "fsync": "off",
        "logging_collector": "on",
        "log_destination": "stderr,csvlog,jsonlog",
        "log_directory": "logs",
        "log_filename": "server.log",
        "log_line_prefix": PREFIX,
        "log_timezone": "Europe/London",
    }
    cluster = PostgresCluster(place, settings=settings)
    cluster.start()
    cluster.create_role(READER, PASSWORD)
    yield cluster
    cluster.destroy()


@dataclass(frozen=True, slots=True)
class Town:
    """Littleworth, whose school is on that server."""

    directory: Path
    server: PostgresCluster

    def logged(self, **settings: str) -> None:
        """What the server logs of the broker's account from its next session on."""
        for name, value in settings.items():
            self.server.run(f"ALTER ROLE {READER} SET {name} = :'value'", value=value)

    def ask(self, *people: dict[str, Any]) -> list[str]:
        """Ask about these people, one by one, at this very moment; the queries' ids."""
        today = datetime.now(UTC).date()
        policy = POLICIES["school"].replace("until: 2027-01-01", f"until: {today + timedelta(days=180)}")
        connection = (
            f"{{host: 127.0.0.1, port: {self.server.port}, database: school, user: {READER},"
            " password: file:password, ssl: disable}"
        )
        source = (
            SOURCES["school"]
            .replace("kind: memory", "kind: postgresql")
            .replace("connection: {}", f"connection: {connection}")
            .replace("table: people", f"table: {TABLE}")
        )

        async def asked() -> list[str]:
            started = littleworth(
                self.directory, on_files=True, sources={"school": source}, policies={"school": policy}
            )
            async with started as town:
                town.clock.at = datetime.now(UTC)
                return [str((await town.ask(person))["query_id"]) for person in people]

        return asyncio.run(asked())

    def log(self, kind: str) -> Path:
        """The server's log in one format, once it has all that was asked. Rotated: each test has its own."""
        return self.server.directory / "logs" / f"server.{ENDINGS[kind]}"

    def reconcile(self, kind: str, *words: str, code: int = Exit.WELL) -> Any:
        """What the command says as JSON. The collector writes the log a moment later."""
        given = ["audit", "reconcile", "school", "--database-log", str(self.log(kind)), *words, "--json"]
        given += ["--log-line-prefix", PREFIX, "--partnership", str(self.directory)]
        until = time.monotonic() + 10
        while (told := CliRunner().invoke(main, given)).exit_code != code and time.monotonic() < until:
            time.sleep(0.2)
        assert told.exit_code == code, told.output
        return json.loads(told.stdout)


@pytest.fixture
def town(tmp_path: Path, server: PostgresCluster) -> Iterator[Town]:
    server.create_database("school")
    path = tmp_path / "source.yaml"
    path.write_text(SOURCES["school"], encoding="utf-8")
    source = handwritten.read(path, SourceFile)
    path.unlink()
    emma = row(last_contact=datetime.now(UTC).date() - timedelta(days=9))
    in_postgresql(source, [row_of(emma, source)], {}, server, "school")
    for log in (server.directory / "logs").iterdir():
        with log.open("r+b") as file:
            file.truncate()
    (tmp_path / "password").write_text(PASSWORD)
    town = Town(tmp_path, server)
    town.logged(log_min_duration_statement="0", log_parameter_max_length="0", log_statement="none")
    yield town
    server.drop_database("school")


@pytest.mark.parametrize("kind", ENDINGS)
def test_what_both_logs_have_agrees_in_every_format_of_the_database(town: Town, kind: str) -> None:
    town.ask(EMMA, NOBODY, EMMA)
    found = town.reconcile(kind)
    assert (found["agree"], found["good"]) == (3, True)
    assert found["not_compared"] == {}
    assert not any(word in town.log(kind).read_text(encoding="utf-8") for word in PERSONAL)


@pytest.mark.parametrize("kind", ENDINGS)
def test_parameters_tell_the_query_where_statements_are_logged_before_they_run(town: Town, kind: str) -> None:
    """Then the application's name is still that of the statement before: alone it would name the wrong query."""
    town.logged(log_statement="all", log_min_duration_statement="-1", log_parameter_max_length="-1")
    town.ask(EMMA, NOBODY)
    assert town.reconcile(kind)["agree"] == 2


def test_a_consultation_that_the_database_never_saw_is_told(town: Town) -> None:
    _, second, _ = town.ask(EMMA, NOBODY, EMMA)
    assert town.reconcile("csvlog")["agree"] == 3
    with town.log("csvlog").open(encoding="utf-8", newline="") as file:
        without = [line for line in csv.reader(file) if not any(second in cell for cell in line)]
    with town.log("csvlog").open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows(without)
    found = town.reconcile("csvlog", code=Exit.WRONG)
    assert [one["query_id"] for one in found["only_here"]] == [second]
    assert (found["agree"], found["only_there"]) == (2, [])


def test_a_statement_with_our_mark_that_the_log_does_not_know_is_told(town: Town) -> None:
    town.ask(EMMA)
    forged = "SELECT set_config('application_name', 'family-context q-forged', false)"
    town.server.run(f"SET log_min_duration_statement = 0; {forged}; SELECT 1", database="school")
    found = town.reconcile("csvlog", code=Exit.WRONG)
    assert {one["query_id"] for one in found["only_there"]} == {"q-forged"}
    assert (found["agree"], found["only_here"]) == (1, [])


def test_a_statement_under_the_name_of_an_old_query_is_told(town: Town) -> None:
    (query_id,) = town.ask(EMMA)
    again = (
        f"SET application_name = 'family-context {query_id}'; SET log_min_duration_statement = 0; SELECT 1"
    )
    time.sleep(1.5)
    town.server.run(again, database="school")
    found = town.reconcile("csvlog", "--clocks-differ-by", "1", code=Exit.WRONG)
    assert [one["differs"] for one in found["differing"]] == [["asked_at_another_time"]]


def test_what_was_asked_outside_the_logs_time_is_no_fault(town: Town) -> None:
    town.ask(EMMA)
    town.reconcile("csvlog")
    with town.log("csvlog").open("w"):
        pass
    town.server.run("DO $$ BEGIN RAISE LOG 'a later line'; END $$")
    found = town.reconcile("csvlog")
    assert (found["agree"], found["not_compared"]) == (0, {"outside_the_logs_time": 1})


def test_an_owners_trial_of_the_source_is_no_fault(town: Town) -> None:
    town.ask(EMMA)
    trial = "SET application_name = 'family-context try'; SET log_min_duration_statement = 0; SELECT 1"
    town.server.run(trial, database="school")
    found = town.reconcile("csvlog")
    assert found["good"]
    assert "source try" in found["not_compared"]
