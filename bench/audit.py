"""``make bench-audit``: durable appends at 64 callers, and the verification of a million entries.

What is written are the eight entries of a query of the demo's partnership (``bench.audit_entries``): mostly of
new people, encrypted, with keys, tags, tree and index. Beside it, in the same run, a bare group commit of the same
bytes. SQLite is a file, PostgreSQL a server of its own that syncs, both below TMPDIR. The million is kept in
``.state/bench`` for the next run; it is verified twice, and the second time counts, so that no disk is measured.
"""

from __future__ import annotations

import asyncio
import os
import sys
import tempfile
from collections.abc import Sequence
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import asyncpg

from bench.audit_entries import A_QUERY, population, queries
from bench.audit_million import made, verification
from bench.audit_rates import BarePostgresql, BareSqlite, Rate, middle, rate
from bench.audit_split import split
from bench.figures import Peer, held, report
from broker.audit.event import Event
from broker.audit.keys import Keys, create_keys, load_keys
from broker.audit.log import AuditLog
from broker.audit.stores.contract import Place
from broker.audit.stores.postgresql import PostgresqlDatabase
from broker.audit.stores.postgresql_keystore import PostgresqlKeystore
from broker.audit.stores.postgresql_session import Address
from broker.audit.stores.sqlite import SqliteFile
from broker.memory import without_long_pauses
from deploy.demo.postgres import SUPERUSER, PostgresCluster

SEED, PEOPLE = 7, 20_000
QUERIES = int(os.environ.get("QUERIES") or 2_500)
ROUNDS = int(os.environ.get("ROUNDS") or 3)
CACHE = Path(__file__).parents[1] / ".state" / "bench"
Work = Sequence[Sequence[Event]]


async def _logged(place: Place, keys: Keys, work: Work) -> Rate:
    log = await AuditLog.open(place, keys, "bench.example/log", now=lambda: datetime.now(UTC))
    reached = await rate(log.record, work)
    await log.close()
    return reached


def _bytes_in(place: Place) -> list[list[bytes]]:
    """The entries that were written, as the bare commit will write them: by the query, as many as before."""
    store = place.open_to_read()
    raws = [raw for _, _, raw in store.rows()]
    store.close()
    return [raws[first : first + A_QUERY] for first in range(0, len(raws), A_QUERY)]


def _in_sqlite(work: Work) -> tuple[Rate, Rate]:
    with tempfile.TemporaryDirectory() as folder:
        directory = Path(folder)
        create_keys(directory / "keys")
        place = SqliteFile(directory / "audit.db")
        ours = asyncio.run(_logged(place, load_keys(directory / "keys"), work))
        bare = BareSqlite(directory / "bare.db")
        theirs = asyncio.run(rate(bare.record, _bytes_in(place)))
        bare.close()
    return ours, theirs


def _in_postgresql(work: Work, cluster: PostgresCluster, database: str) -> tuple[Rate, Rate]:
    cluster.create_database(database)
    address = Address("127.0.0.1", cluster.port, database, SUPERUSER, cluster.password, tls=False)
    place = PostgresqlDatabase(address)
    with tempfile.TemporaryDirectory() as folder:
        create_keys(Path(folder) / "keys")
        keys = load_keys(Path(folder) / "keys", keystore=partial(PostgresqlKeystore, address))
        ours = asyncio.run(_logged(place, keys, work))
    theirs = asyncio.run(_bare(cluster.dsn(database), _bytes_in(place)))
    cluster.drop_database(database)
    return ours, theirs


async def _bare(dsn: str, work: list[list[bytes]]) -> Rate:
    connection = await asyncpg.connect(dsn, ssl=False, server_settings={"synchronous_commit": "on"})
    bare = BarePostgresql(connection)
    writing = asyncio.ensure_future(bare.run())
    try:
        return await rate(bare.record, work)
    finally:
        writing.cancel()
        await asyncio.wait([writing])
        await connection.close()


def _appends(
    name: str, runs: Sequence[tuple[Rate, Rate]]
) -> tuple[dict[str, tuple[float, str]], dict[str, Peer]]:
    """The figures of a store, and the bare commit's."""
    ours, bare = middle([ours for ours, _ in runs]), middle([bare for _, bare in runs])
    to_bare = sorted(ours.a_second / bare.a_second for ours, bare in runs)[len(runs) // 2]
    peer = f"bare group commit in {name}"
    rate_of = f"audit.{name}.appends_a_second"
    return {
        rate_of: (ours.a_second, "durable entries a second, 64 callers"),
        f"audit.{name}.rate_to_bare": (to_bare, "of the bare group commit's rate"),
        f"audit.{name}.p50_ms": (ours.p50, "ms until an entry is durable"),
        f"audit.{name}.p99_ms": (ours.p99, "ms"),
        f"audit.{name}.cpu_us": (ours.cpu, "us of CPU an entry, without a server's"),
    }, {
        rate_of: Peer(peer, bare.a_second),
        f"audit.{name}.p50_ms": Peer(peer, bare.p50),
        f"audit.{name}.p99_ms": Peer(peer, bare.p99),
        f"audit.{name}.cpu_us": Peer(peer, bare.cpu),
    }


def measured() -> tuple[dict[str, tuple[float, str]], dict[str, Peer]]:
    """Every figure (value and unit), and what the bare commit reached."""
    work = list(queries(SEED, QUERIES, population(SEED, PEOPLE)))
    without_long_pauses()  # as ``broker serve`` does; it holds for the bare commit, too
    in_sqlite, in_postgresql = [], []
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)  # PostgreSQL may run as another user
        cluster = PostgresCluster(Path(folder))
        cluster.start()
        try:
            for number in range(ROUNDS):
                in_sqlite.append(_in_sqlite(work))
                in_postgresql.append(_in_postgresql(work, cluster, f"round_{number}"))
        finally:
            cluster.destroy()
    figures, peers = _appends("sqlite", in_sqlite)
    others, their_peers = _appends("postgresql", in_postgresql)
    for step, cpu in split(work, middle([ours for ours, _ in in_sqlite]).cpu).items():
        figures[f"audit.sqlite.cpu_us.{step}"] = (cpu, "us of CPU of those")
    log = made(CACHE)
    verification(log)
    took = verification(log)
    million = {
        "audit.verify_million_s": (took.seconds, "s, a million entries in a file"),
        "audit.verify_million_cpu_s": (took.cpu, "s of CPU, both processes"),
        "audit.verify_million_mb": (took.megabytes, "MB of memory at most, the larger process"),
    }
    return figures | others | million, peers | their_peers


def main() -> int:
    """Measure, print and write down; 1 where a target is missed."""
    figures, peers = measured()
    facts = {"queries": QUERIES, "entries": QUERIES * A_QUERY, "rounds": ROUNDS, "people": PEOPLE}
    return 0 if report("audit", held(figures, peers), facts) else 1


if __name__ == "__main__":
    sys.exit(main())
