"""A housing association's table on every engine: in memory, in SQLite, in a CSV file, in a real PostgreSQL.

SQLite and PostgreSQL are also read by ODBC, through Debian's drivers, and a MariaDB by ODBC alone.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import apsw

from connectors.contract import Candidates, Connector, Identifiers, Search
from connectors.live_columns import columns_of, mapped_columns
from connectors.registry import connect
from connectors.source_file import SourceFile
from deploy.demo.postgres import PostgresCluster
from tests.fakes.extracts import write_csv, write_parquet, write_workbook
from tests.fakes.mariadb import MariadbServer

Row = Mapping[str, object]
READER, PASSWORD = "reader", "a reader's own"
TABLE = "tenancy"

WRITERS: Mapping[str, Callable[[Path, Sequence[Sequence[object]]], None]] = {
    "csv": write_csv,
    "xlsx": write_workbook,
    "parquet": write_parquet,
}

HOUSING: Mapping[str, Any] = {
    "format": "source/1",
    "source": "housing",
    "service": "Housing",
    "system": "Northshire Homes",
    "kind": "memory",
    "connection": {},
    "table": TABLE,
    "local_key": "ref",
    "identifiers": {
        "given_name": "forename",
        "family_name": {"column": "surname", "indexed": True},
        "other_family_names": [{"column": "maiden_name", "indexed": True}],
        "birth_date": {"column": "dob", "indexed": True},
        "sex": "sex",
        "address": "address",
        "postcode": {"column": "postcode", "indexed": True},
        "uprn": {"column": "uprn", "indexed": True},
        "nhs_number": {"column": "nhs", "indexed": True},
        "upn": {"column": "upn", "indexed": True},
    },
    "involvement": {"started": "started", "ended": "ended", "last_contact": "seen", "status": "status"},
    "status_codes": {"C": "current", "F": "former"},
    "contact": {"name": "officer", "phone": "officer_phone"},
    "gates": {"category": "category"},
    "restricted": {"column": "shielded", "values": ["Y", "true"]},
    "desk": {"name": "Housing desk", "phone": "0161 496 0000"},
    "coverage": {"area": "Northshire", "since": "2015-01-01"},
    "population": 20_000,
}


def housing(**changed: Any) -> SourceFile:
    """The source file of HOUSING; ``changed`` replaces whole parts of it."""
    return SourceFile.model_validate({**HOUSING, **changed})


def search_for(
    *people: Identifiers,
    involvement: Sequence[str] = (),
    also_called: Sequence[Sequence[str]] = (),
    seconds: float = 5.0,
) -> Search:
    return Search("q-1", people, frozenset(involvement), seconds, tuple(map(tuple, also_called)))


async def refs(connector: Connector, *people: Identifiers, **options: Any) -> list[str]:
    """The local keys of what comes back for these people, sorted."""
    return sorted(row.local_key for row in (await found(connector, *people, **options)).rows)


async def found(connector: Connector, *people: Identifiers, **options: Any) -> Candidates:
    return await connector.candidates(search_for(*people, **options))


def in_sqlite(
    source: SourceFile, rows: Sequence[Row], types: Mapping[str, str], directory: Path
) -> Connector:
    """A source of kind sqlite that holds these rows in a file of that directory."""
    names = columns_needed(source, rows)
    database = apsw.Connection(str(directory / "people.db"))
    columns = ", ".join(f"{_quoted(name)} {types.get(name, 'TEXT')}" for name in names)
    database.execute(f"DROP TABLE IF EXISTS {TABLE}; CREATE TABLE {TABLE} ({columns})")
    insert = f"INSERT INTO {TABLE} VALUES ({', '.join('?' * len(names))})"  # noqa: S608 -- question marks only
    database.executemany(insert, [[_plain(row.get(one)) for one in names] for row in rows])
    database.close()
    changed = source.model_copy(update={"kind": "sqlite", "connection": {"path": "people.db"}})
    return connect(changed, _no_secret, directory)


def in_extract(source: SourceFile, rows: Sequence[Row], directory: Path, ending: str = "csv") -> Connector:
    """A source of kind extract that holds these rows in a file of that directory, every cell a text."""
    names = columns_needed(source, rows)
    cells = ([_plain(row.get(one)) for one in names] for row in rows)
    WRITERS[ending](directory / f"{TABLE}.{ending}", [names, *cells])
    where = {"kind": "extract", "connection": {"path": f"{TABLE}.{ending}"}, "as_of": "extract"}
    return connect(source.model_copy(update=where), _no_secret, directory)


def in_postgresql(
    source: SourceFile, rows: Sequence[Row], types: Mapping[str, str], cluster: PostgresCluster, database: str
) -> Connector:
    """A source of kind postgresql that holds these rows, read by a role that may do nothing else."""
    kinds = {**dict.fromkeys(columns_needed(source, rows), "text"), **_dates(source), **types}
    columns = ", ".join(f"{_quoted(name)} {kind}" for name, kind in kinds.items())
    statements = [f"DROP TABLE IF EXISTS {TABLE}", f"CREATE TABLE {TABLE} ({columns})"]
    statements.append(f"GRANT SELECT ON {TABLE} TO {READER}")
    for row in rows:
        values = ", ".join(_literal(row.get(name)) for name in kinds)
        statements.append(f"INSERT INTO {TABLE} VALUES ({values})")  # noqa: S608 -- psql binds nothing
    cluster.run("SET client_min_messages = warning;\n" + ";\n".join(statements), database)
    changed = source.model_copy(update={"kind": "postgresql", "connection": connection_to(cluster, database)})
    return connect(changed, {"env:PASSWORD": PASSWORD}.__getitem__, Path())


def in_mariadb(
    source: SourceFile, rows: Sequence[Row], types: Mapping[str, str], server: MariadbServer
) -> Connector:
    """A source of kind odbc that holds these rows, read by a user who may do nothing else."""
    kinds = {**dict.fromkeys(columns_needed(source, rows), "varchar(200)"), **_dates(source), **types}
    columns = ", ".join(f"`{name}` {kind}" for name, kind in kinds.items())
    server.run(f"DROP TABLE IF EXISTS {TABLE}", f"CREATE TABLE {TABLE} ({columns}) COLLATE utf8mb4_bin")
    insert = f"INSERT INTO {TABLE} VALUES ({', '.join('?' * len(kinds))})"  # noqa: S608 -- question marks only
    server.insert(insert, [[_plain(row.get(one)) for one in kinds] for row in rows])
    changed = source.model_copy(update={"kind": "odbc", "connection": server.connection(READER)})
    return connect(changed, {"env:PASSWORD": PASSWORD}.__getitem__, Path())


def by_odbc(source: SourceFile, base: Path = Path(), **changed: Any) -> Connector:
    """The same database, made by ``in_sqlite`` or ``in_postgresql``, read through its ODBC driver."""
    connection = odbc_connection_to(source.connection, **changed)
    other = source.model_copy(update={"kind": "odbc", "connection": connection})
    return connect(other, {"env:PASSWORD": PASSWORD}.__getitem__, base)


def odbc_connection_to(connection: Mapping[str, Any], **changed: Any) -> dict[str, Any]:
    """A connection of kind odbc to where a connection of kind sqlite or postgresql leads."""
    if "path" in connection:
        return {"driver": "SQLite3", "database": connection["path"], **changed}
    kept = ("port", "database", "user", "password", "ssl")
    same = {key: connection[key] for key in kept if key in connection}
    return {"driver": "PostgreSQL Unicode", "server": connection["host"], **same, **changed}


def connection_to(cluster: PostgresCluster, name: str, **changed: Any) -> dict[str, Any]:
    return {
        "host": "127.0.0.1", "port": cluster.port, "database": name, "user": READER,
        "password": "env:PASSWORD", "ssl": "disable", **changed,
    }  # fmt: skip


def columns_needed(source: SourceFile, rows: Sequence[Row]) -> list[str]:
    """The columns that the file maps, and any others of the rows."""
    given = (name for row in rows for name in row)
    return list(dict.fromkeys([*(name for _, name in mapped_columns(source)), *given]))


def _dates(source: SourceFile) -> dict[str, str]:
    mapped = (*columns_of(source.identifiers), *columns_of(source.involvement))
    dates = [
        column for place, column in mapped if place in {"birth_date", "started", "ended", "last_contact"}
    ]
    return {column.column: "date" for column in dates if column.format == "date"}


def _plain(value: object) -> str | int | None:
    if value is None or isinstance(value, (str, int)):
        return value
    return value.isoformat() if isinstance(value, date) else str(value)


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _literal(value: object) -> str:
    return "NULL" if value is None else "'" + str(value).replace("'", "''") + "'"


def _no_secret(reference: str) -> str:
    raise LookupError(reference)
