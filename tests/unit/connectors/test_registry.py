"""From a source file to a connector: kinds, and what is wrong with a connection."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from connectors.contract import Identifiers, SourceMisfit
from connectors.registry import connect, kinds
from tests.spec.connectors.engines import housing, refs

POSTGRESQL = {"host": "db.example", "database": "housing", "user": "reader"}


def refusal(kind: str, **connection: Any) -> str:
    with pytest.raises(SourceMisfit) as raised:
        connect(housing(kind=kind, connection=connection), str, Path())
    assert raised.value.__cause__ is None
    return str(raised.value)


def test_an_unknown_kind_is_refused_with_a_hint() -> None:
    assert kinds() == ("extract", "http", "memory", "odbc", "postgresql", "sqlite")
    said = refusal("postgres")
    assert "no kind of connector 'postgres'. Did you mean 'postgresql'?" in said
    assert "extract, http, memory, odbc, postgresql, sqlite" in said


def test_a_literal_password_is_refused_and_not_repeated() -> None:
    said = refusal("postgresql", **POSTGRESQL, password="hunter2")
    assert "connection.password" in said
    assert "file:" in said
    assert "hunter2" not in said


@pytest.mark.parametrize("reference", ["file:secrets/db", "env:DB_PASSWORD", "credential:db"])
def test_a_reference_to_a_password_is_taken_and_not_yet_read(reference: str) -> None:
    def secrets(_: str) -> str:
        raise AssertionError("read before it was needed")

    source = housing(kind="postgresql", connection={**POSTGRESQL, "password": reference})
    assert connect(source, secrets, Path()).source is source


def test_everything_wrong_with_a_connection_is_said_at_once() -> None:
    said = refusal("postgresql", host="db.example", port=0, pool_size=1000, ssl="prefer", sslmode="require")
    for place in ("port", "database", "user", "pool_size", "ssl", "sslmode"):
        assert f"connection.{place}:" in said


def test_a_sqlite_file_needs_its_path() -> None:
    assert "connection.path" in refusal("sqlite")


EXTRACT = {"kind": "extract", "as_of": "extract"}


@pytest.mark.parametrize(
    "wrong",
    [
        {"path": "a.csv", "delimiter": ",,"},
        {"path": "a.csv", "encoding": "utf-16"},
        {"path": "a.csv", "fresh_for_hours": 0},
        {"path": "a.csv", "sniff": True},
        {},
    ],
)
def test_an_extract_needs_a_path_and_plain_options(wrong: dict[str, Any]) -> None:
    with pytest.raises(SourceMisfit, match=r"connection\.(path|delimiter|encoding|fresh_for_hours|sniff):"):
        connect(housing(**EXTRACT, connection=wrong), str, Path())


def test_an_extract_may_not_say_that_it_is_live() -> None:
    with pytest.raises(ValidationError, match="an extract is never live: say as_of: extract"):
        housing(kind="extract", connection={"path": "a.csv"})


def test_without_duckdb_an_extract_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in ("connectors.extract_reading", "connectors.extract_check", "connectors.duckdb_session"):
        monkeypatch.delitem(sys.modules, module, raising=False)
    monkeypatch.setitem(sys.modules, "duckdb", None)
    with pytest.raises(SourceMisfit, match=r"pip install 'family-context-broker\[extract\]'"):
        connect(housing(**EXTRACT, connection={"path": "a.csv"}), str, Path())


async def test_a_memory_source_reads_its_rows_from_a_file(tmp_path: Path) -> None:
    rows = [{"ref": 7, "forename": "Ada", "surname": "Smith", "dob": "1985-03-07"}]
    (tmp_path / "rows.json").write_text(json.dumps(rows))
    source = connect(housing(connection={"rows": "rows.json"}), str, tmp_path)
    assert await refs(source, Identifiers("Ada", "Smith")) == ["7"]
    await source.close()


@pytest.mark.parametrize("text", [None, "{", '{"ref": 7}', "[1]"])
def test_a_file_that_holds_no_rows_is_refused(tmp_path: Path, text: str | None) -> None:
    if text is not None:
        (tmp_path / "rows.json").write_text(text)
    with pytest.raises(SourceMisfit, match=r"rows\.json"):
        connect(housing(connection={"rows": "rows.json"}), str, tmp_path)


@pytest.mark.parametrize("missing", ["pyodbc", "aioodbc"])
def test_without_odbc_only_a_source_that_needs_it_says_what_to_install(
    missing: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, missing, None)
    for name in [one for one in sys.modules if one.startswith("connectors.odbc_")]:
        monkeypatch.delitem(sys.modules, name)
    connection = {"driver": "FreeTDS", "server": "db.example", "database": "housing", "user": "reader"}
    with pytest.raises(SourceMisfit) as raised:
        connect(housing(kind="odbc", connection=connection), str, Path())
    assert "apt-get install unixodbc" in str(raised.value)
    assert "pip install 'family-context-broker[odbc]'" in str(raised.value)
    assert connect(housing(), str, Path()).source.kind == "memory"


def test_an_odbc_connection_says_everything_that_is_wrong_with_it() -> None:
    said = refusal(
        "odbc", driver="", port=0, password="hunter2", pool_size=99, options="PWD=hunter2", dsn="x"
    )
    for place in ("driver", "port", "database", "password", "pool_size", "options", "dsn"):
        assert f"connection.{place}:" in said
    assert "hunter2" not in said
