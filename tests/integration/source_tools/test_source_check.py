"""`broker source check` on real databases: every finding, with what to do, and nothing of a person."""

from __future__ import annotations

import json
import os
import socket
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from broker.cli.printing import Exit
from broker.cli.source_files import source_named
from connectors.contract import SourceFault, SourceTimedOut
from connectors.inspection.opening import look_at
from connectors.inspection.sessions import SqliteSession
from tests.fakes.extracts import put
from tests.integration.source_tools import probation
from tests.integration.source_tools.conftest import service_on
from tests.integration.source_tools.probation import RARE, TABLE, WORDS, Service, drafted, run
from tests.spec.connectors.engines import housing


def findings(directory: Path, *more: str, secret: str = probation.PASSWORD) -> list[dict[str, Any]]:
    checked = run("source", "check", "probation", directory, "--json", *more, secret=secret)
    report = json.loads(checked.stdout)
    assert (checked.exit_code == Exit.WELL) == report["well"], checked.output
    assert report["well"] is all(one["level"] != "problem" for one in report["findings"])
    return list(report["findings"])


def about(found: Sequence[dict[str, Any]], what: str, level: str) -> list[str]:
    return [one["says"] for one in found if (one["about"], one["level"]) == (what, level)]


def change(directory: Path, old: str, new: str) -> None:
    path = directory / "sources" / "probation.yaml"
    text = path.read_text()
    assert text.count(old) == 1
    path.write_text(text.replace(old, new))


@pytest.fixture
def sqlite(request: pytest.FixtureRequest, tmp_path: Path, directory: Path) -> Service:
    """The service in SQLite, drafted."""
    service = service_on("sqlite", request, tmp_path)
    assert drafted(directory, service).exit_code == Exit.WELL
    return service


@pytest.fixture
def postgresql(request: pytest.FixtureRequest, tmp_path: Path, directory: Path) -> Service:
    """The service in PostgreSQL, drafted."""
    service = service_on("postgresql", request, tmp_path)
    assert drafted(directory, service).exit_code == Exit.WELL
    return service


@pytest.fixture
def mariadb(request: pytest.FixtureRequest, tmp_path: Path, directory: Path) -> Service:
    """The service in MariaDB, drafted."""
    service = service_on("mariadb by odbc", request, tmp_path)
    assert drafted(directory, service).exit_code == Exit.WELL
    return service


def test_a_drafted_source_has_no_problem(directory: Path, service: Service) -> None:
    assert drafted(directory, service).exit_code == Exit.WELL
    found = findings(directory)
    assert [one for one in found if one["level"] == "problem"] == []
    assert about(found, "columns", "fine")
    assert about(found, "question", "fine")
    (restricted,) = [one for one in about(found, "codes", "warning") if "never be found" in one]
    assert "Restricted" in restricted
    assert all(one["todo"] for one in found if one["level"] in ("warning", "problem"))


def test_the_sql_and_its_plan_are_shown_and_nothing_of_anybody(
    directory: Path, service: Service, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(0)
    assert drafted(directory, service).exit_code == Exit.WELL
    shown = run("source", "check", "probation", directory).output
    as_json = run("source", "check", "probation", directory, "--json").output
    assert "SELECT" in shown
    assert ("looks up rows" in shown) or ("reads every row" in shown) or ("shows none" in shown)
    told = shown + as_json + caplog.text
    assert [word for word in WORDS if word in told] == []


def test_a_missing_index_is_found_with_its_cost_and_gone_when_it_is_made(
    directory: Path, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    for engine in ("sqlite", "postgresql", "mariadb by odbc"):
        service = service_on(engine, request, tmp_path)
        assert drafted(directory, service).exit_code == Exit.WELL
        found = [one for one in findings(directory) if (one["about"], one["level"]) == ("indexes", "warning")]
        (born,) = [one for one in found if one["says"].startswith("DateOfBirth has no index")]
        assert "about 400 rows" in born["says"]
        assert "ms, where a look-up by an index takes" in born["says"]
        statement = born["todo"].removeprefix("Have it made: ").partition(";")[0]
        service.run(statement)
        assert "DateOfBirth has no index" not in str(findings(directory))
        (unsaid,) = about(findings(directory), "indexes", "note")
        assert unsaid.startswith("DateOfBirth has an index")
        for path in directory.rglob("probation.yaml"):
            path.unlink()


def test_an_index_that_the_file_claims_and_the_database_has_not_is_a_problem(
    directory: Path, sqlite: Service
) -> None:
    sqlite.run("DROP INDEX by_surname")
    (told,) = about(findings(directory), "indexes", "problem")
    assert told.startswith("Surname has no index, though the source file says indexed: true.")


def test_an_index_that_cannot_serve_counts_for_nothing(directory: Path, postgresql: Service) -> None:
    for definition in (
        '(lower("PostCode"))',
        '("PostCode") WHERE "Gender" = \'F\'',
        '("Gender", "PostCode")',
    ):
        postgresql.run(f"CREATE INDEX ON {TABLE} {definition}")
    told = " ".join(about(findings(directory), "indexes", "warning"))
    assert "PostCode has no index" in told


def test_a_renamed_column_is_missed_with_a_hint(directory: Path, postgresql: Service) -> None:
    postgresql.run(f'ALTER TABLE {TABLE} RENAME COLUMN "DateOfBirth" TO "DateOfBirt"')
    (told,) = about(findings(directory), "columns", "problem")
    assert "there is no column 'DateOfBirth'" in told
    assert "Did you mean 'DateOfBirt'?" in told


def test_a_column_of_another_type_is_a_problem(directory: Path, postgresql: Service) -> None:
    postgresql.run(
        f'ALTER TABLE {TABLE} ALTER "DateOfBirth" TYPE date USING to_date("DateOfBirth", \'DD/MM/YYYY\')'
    )
    (told,) = about(findings(directory), "columns", "problem")
    assert "wrong kind (date)" in told


def test_a_format_that_values_do_not_have_is_a_problem(directory: Path, sqlite: Service) -> None:
    change(
        directory,
        "started: {column: OrderStart, format: dmy_text}",
        "started: {column: OrderStart, format: iso_text}",
    )
    (told,) = about(findings(directory), "dates", "problem")
    assert told.startswith("OrderStart (started, iso_text): about 100 %")


def test_a_code_in_use_that_is_not_listed_is_told_and_a_rare_one_is_not(
    directory: Path, sqlite: Service
) -> None:
    change(directory, "  TERM: term", "  TERMS: term")
    told = " ".join(about(findings(directory), "codes", "warning"))
    assert "'TERM' (about 130 rows)" in told
    assert RARE not in told


def test_a_stored_case_that_does_not_hold_loses_people_and_is_a_problem(
    directory: Path, sqlite: Service
) -> None:
    change(directory, "# stored_case: upper", "stored_case: upper")
    assert about(findings(directory), "names", "problem") == []
    sqlite.run(f"UPDATE {TABLE} SET Forename = 'Dorothea' WHERE CRN = 'X000003'")  # noqa: S608 -- a constant
    (told,) = about(findings(directory), "names", "problem")
    assert told.startswith("Not every name in Forename is in upper case")


@pytest.mark.parametrize("engine", ["postgresql", "postgresql by odbc"])
def test_a_role_that_may_write_is_warned_of_and_refused_in_production(
    engine: str, directory: Path, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    service = service_on(engine, request, tmp_path)
    assert drafted(directory, service).exit_code == Exit.WELL
    assert about(findings(directory), "rights", "fine") == ["The connection's user may only read."]
    service.run(f"GRANT DELETE ON {TABLE} TO {probation.READER}")
    assert about(findings(directory), "rights", "warning") == [
        "The connection's user may change rows of 1 table."
    ]
    assert about(findings(directory, "--production"), "rights", "problem")


def test_a_mariadb_user_that_may_write_is_warned_of(directory: Path, mariadb: Service) -> None:
    mariadb.run(f"GRANT UPDATE ON {TABLE} TO {probation.READER}@'127.0.0.1'")
    try:
        told = about(findings(directory), "rights", "warning")
    finally:
        mariadb.run(f"REVOKE UPDATE ON {TABLE} FROM {probation.READER}@'127.0.0.1'")
    assert told == ["The connection's user has the right UPDATE."]
    assert about(findings(directory), "rights", "fine")


def test_a_superuser_gets_no_session_at_all(directory: Path, postgresql: Service) -> None:
    postgresql.run(f"ALTER ROLE {probation.READER} SUPERUSER")
    try:
        (told,) = about(findings(directory), "connection", "problem")
    finally:
        postgresql.run(f"ALTER ROLE {probation.READER} NOSUPERUSER")
    assert "superuser" in told


@pytest.mark.parametrize("engine", ["postgresql", "postgresql by odbc", "mariadb by odbc"])
def test_a_statement_that_takes_too_long_is_broken_off(
    engine: str, directory: Path, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    drafted(directory, service_on(engine, request, tmp_path))
    (told,) = about(findings(directory), "limits", "fine")
    assert told.startswith("A statement told to end after 0.3 s ended after 0.")
    assert "lock no longer than 2 s" in told


async def test_a_look_that_takes_too_long_is_given_up(
    directory: Path, sqlite: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("connectors.inspection.sessions.LOOKING_SECONDS", 0.2)
    session = await SqliteSession.begin(source_named(directory, "probation") or housing(), str, directory)
    endless = "WITH RECURSIVE n (x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) SELECT COUNT(*) FROM n"
    began = time.monotonic()
    with pytest.raises(SourceTimedOut):
        await session.rows(endless)
    assert time.monotonic() - began < 2
    assert list(await session.rows("SELECT 1")) == [(1,)]
    await session.close()


@pytest.mark.parametrize("engine", ["postgresql", "postgresql by odbc", "mariadb by odbc"])
def test_a_wrong_password_is_said_to_be_one_and_not_repeated(
    engine: str, directory: Path, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    drafted(directory, service_on(engine, request, tmp_path))
    (told,) = findings(directory, secret="not-the-word-at-all")
    assert told["says"] == "The database does not take this user and password."
    assert "expired" in told["todo"]
    assert "not-the-word" not in str(told)


def test_an_expired_password_is_said_to_be_one(directory: Path, mariadb: Service) -> None:
    mariadb.run(f"ALTER USER {probation.READER}@'127.0.0.1' PASSWORD EXPIRE")
    try:
        (told,) = findings(directory)
    finally:
        mariadb.run(f"ALTER USER {probation.READER}@'127.0.0.1' PASSWORD EXPIRE NEVER")
        quoted = probation.PASSWORD.replace("'", "''")
        mariadb.run(f"SET PASSWORD FOR {probation.READER}@'127.0.0.1' = PASSWORD('{quoted}')")
    assert told["says"] == "The password has expired."


@pytest.mark.parametrize("engine", ["postgresql", "postgresql by odbc", "mariadb by odbc"])
def test_a_host_that_is_not_there_is_said_to_be_so(
    engine: str, directory: Path, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    service = service_on(engine, request, tmp_path)
    drafted(directory, service)
    port = service.options[list(service.options).index("--port") + 1]
    change(directory, f"port: {port}", "port: 9")
    began = time.monotonic()
    (told,) = findings(directory)
    assert told["says"] == "Nothing listens at that host and port."
    assert time.monotonic() - began < 10


def test_a_host_that_says_nothing_is_given_up(
    directory: Path, postgresql: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("connectors.inspection.sessions.CONNECTING_SECONDS", 0.3)
    port = postgresql.options[list(postgresql.options).index("--port") + 1]
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        change(directory, f"port: {port}", f"port: {silent.getsockname()[1]}")
        (told,) = findings(directory)
    assert told["says"] == "There is no answer from that host."


def test_a_database_that_is_not_there_is_said_to_be_so(directory: Path, postgresql: Service) -> None:
    path = directory / "sources" / "probation.yaml"
    path.write_text(path.read_text().replace("database: test_", "database: gone_"))
    (told,) = findings(directory)
    assert told["says"] == "The server has no such database."


def test_plain_text_within_one_machine_is_a_note(directory: Path, postgresql: Service) -> None:
    (told,) = about(findings(directory, "--production"), "encryption", "note")
    assert "on this machine" in told


def test_an_extract_tells_its_age_and_an_old_one_is_a_problem(
    directory: Path, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    assert drafted(directory, service_on("extract", request, tmp_path)).exit_code == Exit.WELL
    assert about(findings(directory), "age", "fine")
    path, now = tmp_path / f"{TABLE}.csv", time.time()
    os.utime(path, (now, now - 30 * 3600))
    assert "30 hours old, of 36" in about(findings(directory), "age", "warning")[0]
    os.utime(path, (now, now - 40 * 3600))
    (told,) = findings(directory)
    assert told["level"] == "problem"


def test_a_kind_without_sql_says_so(directory: Path) -> None:
    told = run("source", "check", "school", directory)
    assert (told.exit_code, "has no SQL and no catalogue" in told.output) == (Exit.WELL, True)


def test_a_source_that_nobody_has_is_named_with_a_hint(directory: Path) -> None:
    told = run("source", "check", "scool", directory)
    assert (told.exit_code, "Did you mean school?" in told.output) == (Exit.USAGE, True)


def test_a_view_is_judged_by_the_plan(directory: Path, postgresql: Service) -> None:
    postgresql.run(f"CREATE VIEW orders AS SELECT * FROM {TABLE}")  # noqa: S608 -- a constant
    postgresql.run(f"GRANT SELECT ON orders TO {probation.READER}")
    postgresql.run(f"INSERT INTO {TABLE} SELECT 'Y' || n, 'A', 'B' FROM generate_series(1, 3000) AS n")  # noqa: S608 -- as above
    postgresql.run(f"ANALYZE {TABLE}")
    change(directory, "table: public.offender_order", "table: orders")
    (told,) = set(about(findings(directory), "indexes", "warning"))
    assert told.startswith("The plan reads every row of offender_order (about 3,400)")


def test_nothing_was_written_by_any_check(directory: Path, postgresql: Service) -> None:
    counted = f"SELECT n_tup_ins, n_tup_upd, n_tup_del FROM pg_stat_user_tables WHERE relname = '{TABLE}'"  # noqa: S608 -- as above
    before = postgresql.run(counted)
    findings(directory)
    assert postgresql.run(counted) == before


async def test_an_extract_that_cannot_be_looked_at_leaves_nothing_of_itself_in_memory(tmp_path: Path) -> None:
    put(tmp_path / "people.csv", b"\xff\xfe no text")
    source = housing(kind="extract", as_of="extract", connection={"path": "people.csv"})
    for _ in range(3):
        with pytest.raises(SourceFault):
            await look_at(source, str, tmp_path)
    assert not _held_in_memory()


def _held_in_memory() -> list[str]:
    opened = [str(one.readlink()) for one in Path("/proc/self/fd").iterdir() if one.is_symlink()]
    return [one for one in opened if "memfd:extract" in one]
