"""The databases of Northshire: each service's own, started and filled."""

from __future__ import annotations

import asyncio
import csv
import re
import secrets
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path

import apsw
import asyncpg

from deploy.demo.postgres import PostgresCluster
from deploy.demo.records import Row, Tables
from deploy.demo.rows import tables_of
from deploy.demo.staff import DIRECTORY_COLUMNS, directory_of
from deploy.demo.truth import Truth

Progress = Callable[[str], None]
SCHEMAS = Path(__file__).parent / "schemas"
DATABASES: Mapping[str, tuple[str, int]] = {
    "school": ("synergy", 15431),
    "adult_social_care": ("adults", 15432),
    "police": ("occurrences", 15433),
    "childrens_cases": ("cases", 15434),
}
"""The services on PostgreSQL, each a server of its own: the database's name, and the port in its source file."""
READER = "family_context"


class Databases:
    """Every service's database, below one directory."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.clusters = {name: PostgresCluster(directory / "postgres" / name) for name in DATABASES}
        self._running = ExitStack()

    def start(self, said: Progress) -> None:
        """Start every server. The first start makes them."""
        for name, cluster in self.clusters.items():
            said(f"Starting the database of {name.replace('_', ' ')}")
            self._running.enter_context(cluster)

    def stop(self) -> None:
        self._running.close()

    def destroy(self) -> None:
        """Stop every server, and delete what it keeps, also where it keeps that elsewhere."""
        for cluster in self.clusters.values():
            cluster.destroy()
        self.marker.unlink(missing_ok=True)

    @property
    def marker(self) -> Path:
        """Says what the databases are filled with, once they are."""
        return self.directory / "filled.json"

    async def fill(self, truth: Truth, said: Progress) -> None:
        """Make every schema anew and fill it. Writes the reader's passwords beside the databases."""
        for name in DATABASES:
            said(f"Filling the database of {name.replace('_', ' ')}")
            await self._fill_postgres(name, tables_of(name, truth.records))
        said("Filling the database of housing")
        await asyncio.to_thread(
            _fill_sqlite, self.directory / "housing.db", tables_of("housing", truth.records)
        )

    def export(self, truth: Truth, said: Progress) -> None:
        """Write the extract, as a system does each night: an older one is not asked any more."""
        said("Exporting the extract of anti-social behaviour, and the staff directory")
        schema = (SCHEMAS / "housing_asb.sql").read_text(encoding="utf-8")
        columns = re.findall(r"(?m)^    (\w+) text", schema)
        write_csv(self.directory / "asb.csv", columns, tables_of("housing_asb", truth.records)["asb"])
        write_csv(self.directory / "staff.csv", DIRECTORY_COLUMNS, directory_of(truth.records))

    async def _fill_postgres(self, name: str, tables: Tables) -> None:
        cluster, database = self.clusters[name], DATABASES[name][0]
        password = secrets.token_hex(16)
        _write_secret(self.directory / f"{name}.password", password)
        cluster.create_role(READER, password)
        cluster.drop_database(database)
        cluster.create_database(database)
        connection = await asyncpg.connect(cluster.dsn(database))
        try:
            await connection.execute((SCHEMAS / f"{name}.sql").read_text(encoding="utf-8"))
            for table, rows in tables.items():
                schema, _, bare = table.partition(".")
                await connection.copy_records_to_table(bare, schema_name=schema, records=rows)
            await connection.execute("ANALYZE")
        finally:
            await connection.close()


def _fill_sqlite(path: Path, tables: Tables) -> None:
    path.unlink(missing_ok=True)
    connection = apsw.Connection(str(path))
    try:
        with connection:
            connection.execute((SCHEMAS / "housing.sql").read_text(encoding="utf-8"))
            for table, rows in tables.items():
                marks = ", ".join("?" for _ in rows[0])
                connection.executemany(f"INSERT INTO {table} VALUES ({marks})", rows)  # nosec B608  # noqa: S608 -- our names
    finally:
        connection.close()


def write_csv(path: Path, columns: Sequence[str], rows: Sequence[Row]) -> None:
    """Written beside the last one, and renamed over it whole."""
    beside = path.with_suffix(".new")
    with beside.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\r\n")
        writer.writerow(columns)
        writer.writerows(rows)
    beside.replace(path)


def _write_secret(path: Path, text: str) -> None:
    path.touch(mode=0o600)
    path.write_text(text, encoding="ascii")
