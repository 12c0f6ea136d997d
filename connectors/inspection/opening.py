"""From a source file to a look at its database."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from typing import Any

from connectors.connection import Secrets
from connectors.contract import SourceMisfit
from connectors.inspection.on_mariadb import LookAtMariadb
from connectors.inspection.on_postgresql import LookAtPostgresql
from connectors.inspection.on_sqlite import LookAtSqlite
from connectors.inspection.on_sqlserver import LookAtSqlserver
from connectors.inspection.seen import Look
from connectors.inspection.sessions import PostgresqlSession, Session, SqliteSession
from connectors.inspection.why import unreachable
from connectors.source_file import SourceFile

_BY_DATABASE: Mapping[str, Any] = {
    "postgresql": LookAtPostgresql,
    "mariadb": LookAtMariadb,
    "sqlserver": LookAtSqlserver,
    "sqlite": LookAtSqlite,
}
KINDS = ("extract", "odbc", "postgresql", "sqlite")
"""The kinds of connector whose databases can be looked at."""


async def look_at(source: SourceFile, secrets: Secrets, base: Path) -> Look:
    """A look at the source's database. Raises Unreachable, and SourceMisfit for a kind without a catalogue."""
    try:
        if source.kind == "extract":
            return await _at_extract(source, secrets, base)
        session = await _session(source, secrets, base)
    except Exception as fault:
        told = unreachable(source, fault)
        if told is None:
            raise
        raise told from fault
    look: Look = _BY_DATABASE[session.database](session)
    return look


async def _session(source: SourceFile, secrets: Secrets, base: Path) -> Session:
    match source.kind:
        case "postgresql":
            return await PostgresqlSession.begin(source, secrets, base)
        case "sqlite":
            return await SqliteSession.begin(source, secrets, base)
        case "odbc":
            found = _optional("connectors.inspection.odbc_session", "odbc").OdbcSession
            session: Session = await found.begin(source, secrets, base)
            return session
        case kind:
            raise SourceMisfit(f"A source of kind {kind} has no catalogue to look at.")


async def _at_extract(source: SourceFile, secrets: Secrets, base: Path) -> Look:
    session = await _optional("connectors.inspection.extract_session", "extract").ExtractSession.begin(
        source, secrets, base
    )
    look: Look = import_module("connectors.inspection.on_extract").LookAtExtract(session)
    return look


def _optional(module: str, extra: str) -> Any:
    """A module of an optional extra. Raises SourceMisfit when that is not installed."""
    try:
        return import_module(module)
    except ImportError as missing:
        raise SourceMisfit(
            f"This needs the extra {extra}: pip install 'family-context-broker[{extra}]'"
            + (
                ", and the driver manager unixODBC (Debian: apt-get install unixodbc)."
                if extra == "odbc"
                else "."
            )
        ) from missing
