"""The storm of ``bench.cancels`` over every kind of source, each with its own table and in its own process."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from subprocess import PIPE
from typing import Any

import apsw

from bench.cancels import COUNT
from connectors.contract import Connector
from connectors.registry import connect
from deploy.demo.postgres import PostgresCluster
from tests.fakes.mariadb import MariadbServer
from tests.spec.connectors.engines import (
    PASSWORD,
    READER,
    by_odbc,
    housing,
    in_extract,
    in_mariadb,
    in_postgresql,
    in_sqlite,
)
from tests.spec.connectors.served_by_http import WebApi, in_http

ROOT = Path(__file__).parents[1]
ADA = {"ref": "1", "forename": "Ada", "surname": "Smith"}
CROWD = [
    ADA,
    *({"ref": str(number), "forename": "Bob", "surname": f"Jones{number}"} for number in range(2, 5_000)),
]
POOL_SIZES = {"postgresql": 8, "odbc": 4}
"""Connections at most, where the file does not say."""

_SLOW = "CREATE VIEW slow_tenancy AS SELECT tenancy.* FROM tenancy, (SELECT {}) AS slow"
_BUSY = (
    "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 200000) SELECT count(*) FROM n"
)


@dataclass(frozen=True, slots=True)
class Held:
    """One source of each kind, by its name, and the servers behind them."""

    connectors: Mapping[str, Connector]
    cluster: PostgresCluster
    mariadb: MariadbServer

    def connections(self, name: str) -> int:
        """How many connections the server of this source counts."""
        if name.startswith("postgresql"):
            asked = f"SELECT count(*) FROM pg_stat_activity WHERE usename = '{READER}'"  # noqa: S608 -- a constant
            return int(self.cluster.run(asked)[0][0])
        if name.startswith("mariadb"):
            asked = f"SELECT count(*) FROM information_schema.processlist WHERE user = '{READER}'"  # noqa: S608 -- as above
            return int(self.mariadb.run(asked)[0][0])
        return 0


@contextmanager
def sources(directory: Path) -> Iterator[Held]:
    """Every kind, with its server where it has one."""
    cluster = PostgresCluster(_made(directory / "postgres"), settings={"fsync": "off"})
    cluster.start()
    try:
        cluster.create_role(READER, PASSWORD)
        with MariadbServer(directory / "mariadb") as mariadb:
            mariadb.create_reader(READER, PASSWORD)
            with WebApi() as api:
                each = {**_each(directory, cluster, mariadb), "http": in_http("http", housing(), [ADA], api)}
                yield Held(each, cluster, mariadb)
    finally:
        cluster.destroy()


def _each(directory: Path, cluster: PostgresCluster, mariadb: MariadbServer) -> Mapping[str, Connector]:
    native = in_postgresql(housing(), [ADA], {}, cluster, "postgres")
    cluster.run(f"{_SLOW.format('pg_sleep(.02)')}; GRANT SELECT ON slow_tenancy TO {READER}")
    file = _whole(in_sqlite(housing(), [ADA], {}, directory), directory)
    database = apsw.Connection(str(directory / "people.db"))
    database.execute(_SLOW.format(f"({_BUSY})"))
    database.close()
    by_mariadb = in_mariadb(housing(), [ADA], {}, mariadb)
    mariadb.run(_SLOW.format("sleep(.02)"))
    return {
        "memory": _in_memory(directory),
        "sqlite": file,
        "extract": _whole(in_extract(housing(), CROWD, directory), directory),
        "postgresql": native,
        "sqlite by odbc": by_odbc(file.source),
        "postgresql by odbc": by_odbc(native.source),
        "mariadb by odbc": by_mariadb,
    }


def _in_memory(directory: Path) -> Connector:
    (directory / "rows.json").write_text(json.dumps([ADA]), encoding="utf-8")
    return connect(housing(connection={"rows": str(directory / "rows.json")}), _no_secret, Path())


def _whole(source: Connector, directory: Path) -> Connector:
    """With an absolute path: another process reads it."""
    connection = {**source.source.connection, "path": str(directory / str(source.source.connection["path"]))}
    return connect(source.source.model_copy(update={"connection": connection}), _no_secret, Path())


def _no_secret(reference: str) -> str:
    raise LookupError(reference)


def _made(directory: Path) -> Path:
    directory.mkdir(mode=0o755)
    return directory


def measured(directory: Path, count: int = COUNT) -> Mapping[str, tuple[float, str]]:
    """What each kind's storm left behind, and how fast it was."""
    figures: dict[str, tuple[float, str]] = {}
    with sources(directory) as held:
        for name, source in held.connectors.items():
            print(f"Cancelling {count:,} questions of {name} ...", flush=True)  # noqa: T201 -- it takes a while
            label = f"connectors.{name.replace(' ', '_')}"
            told = _one(source, partial(held.connections, name), count)
            figures |= {f"{label}.{key}": one for key, one in told.items()}
    return figures


def _one(source: Connector, connections: Callable[[], int], count: int) -> Mapping[str, tuple[float, str]]:
    pools = 2 * int(source.source.connection.get("pool_size", POOL_SIZES.get(source.source.kind, 0)))
    command = [
        sys.executable,
        "-m",
        "bench.cancels",
        source.source.model_dump_json(by_alias=True),
        str(count),
    ]
    with subprocess.Popen(command, cwd=ROOT, text=True, stdin=PIPE, stdout=PIPE) as child:  # noqa: S603 -- our own
        stormed = _line(child)
        held = connections()
        closed = _line(child, "closed, please")
    outcomes, grown = stormed["outcomes"], _grown(closed["before"], closed["after"])
    return {
        "cancelled": (outcomes["CancelledError"], "questions"),
        "cancelled_per_second": (outcomes["CancelledError"] / stormed["seconds"], "1/s"),
        "wrong_rows": (outcomes.get("wrong", 0), "answers"),
        "connections_beyond_pools": (max(0, held - pools), "connections"),
        "left_behind": (grown, "threads, descriptors and tasks"),
    }


def _grown(before: Mapping[str, int], after: Mapping[str, int]) -> int:
    return sum(max(0, after[name] - before[name]) for name in before)


def _line(child: subprocess.Popen[str], said: str = "") -> Any:
    """What it prints next, once something was said to it."""
    if child.stdin is None or child.stdout is None:
        raise RuntimeError("it has no pipes")
    if said:
        child.stdin.write(said + "\n")
        child.stdin.flush()
    printed = child.stdout.readline()
    if not printed:
        raise RuntimeError(f"the process that asked ended with {child.wait()}")
    return json.loads(printed)
