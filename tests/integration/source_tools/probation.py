"""A probation service's table on real databases, as an owner's tools meet it: text dates, codes, few indexes.

Every value of a person and of a worker is a word of WORDS, so that a test can look for all of them in whatever a
command printed, wrote or logged.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path

import apsw
from click.testing import CliRunner, Result

from broker.cli import main
from deploy.demo.postgres import PostgresCluster
from tests.fakes.extracts import write_csv
from tests.fakes.mariadb import MariadbServer

READER, PASSWORD = "tools_reader", "a reader's own word"
TABLE = "offender_order"
ROWS = 400
COLUMNS = ("CRN", "Forename", "Surname", "DateOfBirth", "Gender", "HomeAddress", "PostCode", "OrderStart",
           "OrderEnd", "LastContactDate", "OrderStatus", "OffenderManager", "OffenderManagerPhone", "Mobile",
           "Category", "Restricted")  # fmt: skip
FORENAMES = ("XANTHIPPA", "ZEBULONIUS", "QUILLARD", "OTTOLINDA", "WREXHAMINA")
SURNAMES = ("QUIZZENBURY", "FLOTTERTON", "ABERNETHAL", "DRAXLEYHAM", "OXENBRIDGET")
WORKERS = ("Penelopia Wrangleby", "Fitzgerold Umberslade")
STREETS = ("Thistledownage Row", "Marmaladen Crescent")
RARE = "SEALED-WRENFIELD"
"""A status that one row has: it may be about somebody."""
WORDS = (
    *FORENAMES, *SURNAMES, *STREETS, *WORKERS, RARE, "Penelopia", "Umberslade", "07700 900", "01632 960123",
    "QX7 ",
)  # fmt: skip


def rows(count: int = ROWS) -> list[tuple[str, ...]]:
    """The rows of COLUMNS. Dates are texts, day first."""
    return [_row(number) for number in range(count)]


def _row(number: int) -> tuple[str, ...]:
    born = date(1960, 1, 1) + timedelta(days=number * 37 % 14_000)
    began = date(2024, 1, 1) + timedelta(days=number * 11 % 700)
    status = RARE if number == 7 else ("ACT", "TERM", "BREACH")[number % 3]
    return (
        f"X{number:06d}", FORENAMES[number % 5], SURNAMES[number // 5 % 5], _text(born), "FM"[number % 2],
        f"{number} {STREETS[number % 2]}", f"QX7 {number % 9}AB", _text(began), "",
        _text(began + timedelta(days=40)), status, WORKERS[number % 2], "01632 960123", f"07700 900{number:03d}",
        ("community", "licence")[number % 2], "N",
    )  # fmt: skip


def _text(day: date) -> str:
    return f"{day:%d/%m/%Y}"


@dataclass(frozen=True)
class Service:
    """A database with the table. ``options``: how `broker source new` reaches it; ``run`` changes it."""

    options: Sequence[str]
    run: Callable[[str], object]
    indexed: Sequence[str] = ("Surname",)
    secret: str = field(default=PASSWORD, repr=False)


def in_sqlite(path: Path) -> Service:
    database = apsw.Connection(str(path))
    database.execute(
        f"CREATE TABLE {TABLE} ({', '.join(f'{one} TEXT' for one in COLUMNS)}, PRIMARY KEY (CRN))"
    )
    database.execute(f"CREATE INDEX by_surname ON {TABLE} (Surname)")
    marks = ", ".join("?" * len(COLUMNS))
    database.executemany(f"INSERT INTO {TABLE} VALUES ({marks})", rows())  # noqa: S608 -- question marks only
    database.close()
    return Service(("--kind", "sqlite", "--path", str(path)), lambda sql: _in_file(path, sql))


def by_odbc_in_sqlite(path: Path) -> Service:
    native = in_sqlite(path)
    return Service(("--kind", "odbc", "--driver", "SQLite3", "--database", str(path)), native.run)


def _in_file(path: Path, sql: str) -> None:
    database = apsw.Connection(str(path))
    database.execute(sql)
    database.close()


def in_extract(path: Path) -> Service:
    write_csv(path, [COLUMNS, *rows()])
    return Service(("--kind", "extract", "--path", str(path)), lambda _: None, indexed=())


def in_postgresql(cluster: PostgresCluster, database: str) -> Service:
    cluster.create_role(READER, PASSWORD)
    columns = ", ".join(f'"{one}" text' for one in COLUMNS)
    values = ",".join("(" + ",".join(f"'{one}'" for one in row) + ")" for row in rows())
    cluster.run(
        f'CREATE TABLE {TABLE} ({columns}, PRIMARY KEY ("CRN")); INSERT INTO {TABLE} VALUES {values};'  # noqa: S608 -- psql binds nothing
        f' CREATE INDEX by_surname ON {TABLE} ("Surname"); GRANT SELECT ON {TABLE} TO {READER}; ANALYZE {TABLE}',
        database,
    )
    where = ("--host", "127.0.0.1", "--port", str(cluster.port), "--database", database, *_AS_READER)
    return Service(("--kind", "postgresql", *where), lambda sql: cluster.run(sql, database))


def by_odbc_in_postgresql(cluster: PostgresCluster, database: str) -> Service:
    native = in_postgresql(cluster, database)
    return Service(("--kind", "odbc", "--driver", "PostgreSQL Unicode", *native.options[2:]), native.run)


def in_mariadb(server: MariadbServer) -> Service:
    columns = ", ".join(f"{one} varchar(100)" for one in COLUMNS)
    server.run(
        f"DROP TABLE IF EXISTS {TABLE}",
        f"CREATE TABLE {TABLE} ({columns}, PRIMARY KEY (CRN)) COLLATE utf8mb4_bin",
        f"CREATE INDEX by_surname ON {TABLE} (Surname)",
    )
    marks = ", ".join("?" * len(COLUMNS))
    server.insert(f"INSERT INTO {TABLE} VALUES ({marks})", rows())  # noqa: S608 -- question marks only
    server.run(f"ANALYZE TABLE {TABLE}")
    where = ("--host", "127.0.0.1", "--port", str(server.port), "--database", server.database, *_AS_READER)
    return Service(("--kind", "odbc", "--driver", "MariaDB Unicode", *where), server.run)


_AS_READER = ("--user", READER, "--password", "env:TOOLS_PASSWORD", "--ssl", "disable")
SAID = ("--service", "Probation", "--system", "Delius", "--desk-name", "Probation desk", "--desk-phone",
        "01632 960061", "--area", "Northshire", "--since", "2015-01-01", "--yes")  # fmt: skip


def run(*args: str | Path, secret: str = PASSWORD, typed: str | None = None) -> Result:
    """A command, with the reader's password in its environment."""
    environment = {"TOOLS_PASSWORD": secret, "SEAL_KEY": "5e" * 32, "COLUMNS": "300"}
    return CliRunner().invoke(main, [str(one) for one in args], env=environment, input=typed)


def drafted(directory: Path, service: Service, *more: str) -> Result:
    """`broker source new probation`, unattended."""
    return run("source", "new", "probation", directory, *service.options, *SAID, *more)
