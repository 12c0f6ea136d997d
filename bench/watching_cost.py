"""What a look at the log costs, and how long it keeps everybody else in a broker waiting.

A week of 200 workers' queries, eight entries each, as a broker records them: looked at for the first time, again
after 100 queries more, and again when nothing came. Meanwhile, and while nobody looks, an event loop in the same
interpreter, which takes turns as the broker's does, measures how late it is woken, and what 20 hand-overs to
another thread and back take, as a query has them. ``python -m bench.watching_cost 50000`` measures a log of so
many queries alone, and is only printed.
"""

from __future__ import annotations

import asyncio
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any

from bench.audit_entries import population, queries
from bench.figures import held, report
from broker.app import LONGEST_TURN
from broker.audit.encoding import entries_of
from broker.audit.entry import Entry
from broker.audit.event import Event
from broker.audit.keys import create_keys, load_keys
from broker.audit.stores.sqlite import open_to_write
from broker.audit.tree import Frontier
from broker.audit.watching.load import load_watching
from broker.audit.watching.looking import Looking, Watched, opened
from broker.audit.watching.pace import GivingWay
from broker.settings import load_settings

QUERIES, NEW, HAND_OVERS = (2_500, 10_000), 100, 20
_SEED, _PEOPLE, _STAFF, _AT_ONCE = 7, 20_000, 1_000, 400
_BEGUN, _WORKDAYS, _HOURS = datetime(2026, 6, 1, 8, 0, tzinfo=UTC), 5, 8
_ENDS = datetime(2026, 6, 5, 16, 0, tzinfo=UTC)
_A_MOMENT = 0.001
_BROKER = """\
format: broker/1
partnership: Northshire
audit: {log: audit.db, keys: keys, origin: bench.example/watched}
identity: {issuer: "https://sign-in.example", audience: family-context, jwks: "file:jwks.json"}
references: {key: "env:SEAL_KEY"}
staff_directory: {kind: csv, path: staff.csv, fields: {staff_id: id, name: name}}
"""


@dataclass(slots=True)
class Log:
    """A log as it grows, written by the log's own encoder and store; nobody waits for the disk."""

    directory: Path
    tree: Frontier = field(default_factory=Frontier)

    def add(self, events: Iterator[Event]) -> None:
        keys, store = load_keys(self.directory / "keys"), open_to_write(self.directory / "audit.db")
        store.connection.pragma("synchronous", 0)
        while some := list(islice(events, _AT_ONCE)):
            entries = [one for one in entries_of(some, keys) if isinstance(one, Entry)]
            self.tree = store.append(entries, self.tree).frontier
            store.afterwards()
        store.close()
        keys.close()


@dataclass(slots=True)
class Waits:
    """How late a loop was woken, and what hand-overs took, in ms."""

    late: list[float] = field(default_factory=list)
    hand_overs: list[float] = field(default_factory=list)


def prepared(directory: Path) -> Log:
    """A partnership's directory, with a staff directory and a log that is empty."""
    (directory / "broker.yaml").write_text(_BROKER, encoding="utf-8")
    names = (f"{number},Sam Sample-{number}" for number in range(_STAFF))
    (directory / "staff.csv").write_text("\n".join(["id,name", *names]), encoding="utf-8")
    create_keys(directory / "keys")
    return Log(directory)


def within_a_week(work: Sequence[Sequence[Event]]) -> Iterator[Event]:
    """Their entries, evenly apart in the working hours of a week."""
    for number, query in enumerate(work):
        day, hours = divmod(_WORKDAYS * _HOURS * number / len(work), _HOURS)
        yield from (_at(one, _BEGUN + timedelta(days=day, hours=hours)) for one in query)


def _at(one: Any, moment: datetime) -> Event:
    moved: Event = replace(one, at=moment)
    return moved


def looking(directory: Path) -> Looking:
    """What looks at the log, as a broker's watch does."""
    of = load_settings(directory, {"SEAL_KEY": "5e" * 32})
    return opened(Watched(of, load_watching(directory), {}, ()), pace=GivingWay())


@dataclass(frozen=True, slots=True)
class Look:
    """One look: its seconds on the clock and of CPU, and how long others waited meanwhile."""

    seconds: float
    cpu: float
    waits: Waits


async def beside(thread: ThreadPoolExecutor, work: Callable[[], object]) -> Look:
    """What the work takes in a thread of its own, beside an event loop."""
    waits, began = Waits(), time.perf_counter()
    working = asyncio.get_running_loop().run_in_executor(thread, _cpu_of, work)
    with ThreadPoolExecutor(1) as other:
        while not working.done():
            await _wait(waits, other)
    return Look(time.perf_counter() - began, await working, waits)


async def _wait(waits: Waits, other: ThreadPoolExecutor) -> None:
    asleep = time.perf_counter()
    await asyncio.sleep(_A_MOMENT)
    awake = time.perf_counter()
    for _ in range(HAND_OVERS):
        await asyncio.get_running_loop().run_in_executor(other, _nothing)
    waits.late.append(1000 * (awake - asleep - _A_MOMENT))
    waits.hand_overs.append(1000 * (time.perf_counter() - awake))


def _nothing() -> None: ...


def _cpu_of(work: Callable[[], object]) -> float:
    began = time.thread_time()
    work()
    return time.thread_time() - began


async def looks_at(log: Log, count: int, thread: ThreadPoolExecutor) -> dict[str, Look]:
    """Looks at a log of so many queries, by what each has to do."""
    people = population(_SEED, _PEOPLE)
    log.add(within_a_week(list(queries(_SEED, count, people))))
    its = await asyncio.get_running_loop().run_in_executor(thread, looking, log.directory)
    looked = {"first": await beside(thread, partial(its.look, _ENDS))}
    log.add(_at(one, _ENDS) for query in queries(_SEED + 1, NEW, people) for one in query)
    for what in ("next", "idle"):
        looked[what] = await beside(thread, partial(its.look, _ENDS))
    looked["nothing"] = await beside(thread, partial(time.sleep, 3))
    thread.submit(its.close)
    return looked


def measured(count: int) -> dict[str, tuple[float, str]]:
    """Every figure of a log of so many queries."""
    turn = sys.getswitchinterval()
    sys.setswitchinterval(LONGEST_TURN)
    try:
        with tempfile.TemporaryDirectory(prefix="watching-") as folder, ThreadPoolExecutor(1) as thread:
            looked = asyncio.run(looks_at(prepared(Path(folder)), count, thread))
    finally:
        sys.setswitchinterval(turn)
    return {
        f"watching.cost.{count}.{what}.{name}": figure
        for what, look in looked.items()
        for name, figure in figures_of(look).items()
        if what != "nothing" or name.endswith("_ms")
    }


def figures_of(look: Look) -> dict[str, tuple[float, str]]:
    """The figures of one look."""
    return {
        "s": (look.seconds, "s, with its rests"),
        "cpu_s": (look.cpu, "s of CPU"),
        "late_p50_ms": (_at_most(0.5, look.waits.late), "ms that a loop is woken late"),
        "late_p99_ms": (_at_most(0.99, look.waits.late), "ms"),
        "hand_overs_p50_ms": (_at_most(0.5, look.waits.hand_overs), f"ms for {HAND_OVERS} hand-overs"),
        "hand_overs_p99_ms": (_at_most(0.99, look.waits.hand_overs), "ms"),
    }


def _at_most(share: float, values: Sequence[float]) -> float:
    return sorted(values)[int(share * len(values))]


def main() -> int:
    """Measure, print and, unless it is a part, write down; 1 where a target is missed."""
    parts = tuple(map(int, sys.argv[1:])) or QUERIES
    figures = {name: figure for count in parts for name, figure in measured(count).items()}
    facts = {"new": NEW, "staff": _STAFF, "people": _PEOPLE}
    return 0 if report("watching-cost", held(figures), facts, written=parts == QUERIES) else 1


if __name__ == "__main__":
    sys.exit(main())
