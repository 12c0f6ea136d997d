"""How long a query takes by how many sources it asks, each of which answers after the same delay.

In memory, and on a PostgreSQL that sleeps. Sources are asked side by side, so the delay is waited for once; what
grows is the work of the broker itself, on one core.
"""

from __future__ import annotations

import math
import statistics
import time
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from itertools import pairwise
from pathlib import Path
from typing import Any, Literal

import yaml

from connectors.registry import connect
from connectors.source_file import SourceFile
from deploy.demo.postgres import PostgresCluster
from tests.fakes.littleworth import BROKER, Littleworth, littleworth, policy_file, row, source_file
from tests.faults.rig import DATABASE, PASSWORD, READER, fill

COUNTS = (1, 2, 5, 10, 20, 50, 100)
DELAY, WARM_UP, QUERIES = 0.05, 3, 15
Kind = Literal["memory", "postgresql"]

_ANSWERS = "answers: {seconds: 1.5, released_every_ms: 25}"
_SLOW = (
    f"CREATE VIEW slow AS WITH first AS MATERIALIZED (SELECT pg_sleep({DELAY})) "  # noqa: S608 -- constants
    "SELECT school.* FROM first, school;"
    f"GRANT SELECT ON slow TO {READER}"
)


async def measured(directory: Path) -> Mapping[str, tuple[float, str]]:
    """The median for every count and kind, and how steep the way from each to the next is (1: as much more)."""
    found: dict[str, tuple[float, str]] = {}
    with _server(directory / "server") as cluster:
        for kind in ("memory", "postgresql"):
            took = {
                count: await _took(directory / f"{kind}-{count}", kind, count, cluster) for count in COUNTS
            }
            for count, milliseconds in took.items():
                found[f"fanout.growth.{kind}.{count}_ms"] = (milliseconds, f"ms, {count} sources")
            found[f"fanout.growth.{kind}.steepest"] = (_steepest(took), "power of the number of sources")
    return found


@contextmanager
def _server(directory: Path) -> Iterator[PostgresCluster]:
    """A PostgreSQL that a hundred sources may connect to, with Emma Ashdown in a view that sleeps first."""
    cluster = PostgresCluster(directory, settings={"fsync": "off", "max_connections": "140"})
    cluster.start()
    try:
        cluster.create_role(READER, PASSWORD)
        cluster.create_database(DATABASE)
        fill(cluster, SourceFile.model_validate(yaml.safe_load(source_file("school", "School"))), [row()])
        cluster.run(_SLOW, DATABASE)
        yield cluster
    finally:
        cluster.destroy()


def _steepest(took: Mapping[int, float]) -> float:
    return max(
        math.log(took[more] / took[fewer]) / math.log(more / fewer) for fewer, more in pairwise(sorted(took))
    )


async def _took(directory: Path, kind: Kind, count: int, cluster: PostgresCluster) -> float:
    """Milliseconds of a query in the middle."""
    async with _town(directory, kind, count, cluster) as town:
        took = []
        for _ in range(WARM_UP + QUERIES):
            began = time.perf_counter()
            answer = await town.ask()
            took.append((time.perf_counter() - began) * 1000)
            told = {one["people"][0]["outcome"] for one in answer["services"]}
            if told != {"involved"} or len(answer["services"]) != count:
                raise RuntimeError(f"{kind}, {count} sources: {told}")
    return statistics.median(took[WARM_UP:])


@asynccontextmanager
async def _town(
    directory: Path, kind: Kind, count: int, cluster: PostgresCluster
) -> AsyncIterator[Littleworth]:
    names = [f"service_{number}" for number in range(1, count + 1)]

    def adapt(made: dict[str, Any]) -> None:
        for name in names:
            if kind == "memory":
                made[name].delays(DELAY)
            else:
                made[name] = _on_postgresql(made[name].source, cluster)

    async with littleworth(
        directory,
        {name: [row()] for name in names},
        adapt=adapt,  # type: ignore[arg-type]  # it is a dict
        sources={name: source_file(name, name) for name in names},
        policies={name: policy_file(name) for name in names},
        broker=BROKER.replace(_ANSWERS, "answers: {seconds: 5, released_every_ms: 1}"),
    ) as town:
        yield town


def _on_postgresql(source: Any, cluster: PostgresCluster) -> Any:
    where = {
        "host": "127.0.0.1", "port": cluster.port, "database": DATABASE, "user": READER,
        "password": "file:password", "ssl": "disable", "pool_size": 1,
    }  # fmt: skip
    changed = {"kind": "postgresql", "connection": where, "table": "slow"}
    return connect(source.model_copy(update=changed), lambda _: PASSWORD, Path())
