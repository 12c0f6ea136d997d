"""Three times what the broker can do, for a minute: what is answered, who is told to come back, what follows.

The broker is a process of its own on a real socket, with its log on disk; whoever asks is here. What it can do is
measured first, with as many clients as give the most. Then questions come three times as fast, whether or not the
earlier ones are answered, from forty requesters, each about somebody else. *Goodput* counts answers with every
source's part, in time.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import os
import re
import statistics
import time
from collections import Counter
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

from bench.asked import grown_ups, known, typed
from deploy.demo.people import Person
from tests.fakes.littleworth import SOCIAL_WORKER, question
from tests.fakes.served_littleworth import ServedLittleworth, settled

SECONDS, TIMES = 2.0, 3.0
PEAK_SECONDS, LOAD_SECONDS, AFTER_SECONDS = 4.0, 60.0, 10.0
CLIENTS, REQUESTERS, PEOPLE = (2, 4, 8, 16), 40, 2_000
SERVICES = 3
_OUTCOME = re.compile(rb'"outcome": ?"([a-z_]+)"')
NORMAL = 1.5
"""Times the latency of a quiet broker: what counts as normal again."""


Connection = tuple[asyncio.StreamReader, asyncio.StreamWriter]


@dataclass(slots=True)
class Seen:
    """What became of questions: how many by status, which were good, and how long those took."""

    statuses: Counter[str] = field(default_factory=Counter)
    took: list[float] = field(default_factory=list)
    without_retry_after: int = 0
    good: int = 0

    def count(self, status: str, again: bool, body: bytes, took: float) -> None:
        """One answer, after so many seconds; ``again``: it says when to come back."""
        self.statuses[status] += 1
        if status == "503":
            self.without_retry_after += not again
        elif status == "200":
            self.took.append(took)
            self.good += took <= SECONDS and _OUTCOME.findall(body) == [b"involved"] * SERVICES


@dataclass(slots=True)
class Askers:
    """Forty requesters of one broker, whose process ``broker`` is; they take turns.

    They speak HTTP by hand, on connections that they keep: a client that costs as much as the broker would measure
    how the two share two cores.
    """

    port: int
    broker: int
    questions: Iterator[bytes] = field(repr=False)
    _kept: list[Connection] = field(default_factory=list, repr=False)

    async def ask(self, seen: Seen) -> None:
        """One question."""
        began = time.monotonic()
        try:
            async with asyncio.timeout(4 * SECONDS):
                status, again, body = await self._asked(next(self.questions))
        except (OSError, EOFError, TimeoutError) as fault:
            seen.statuses[type(fault).__name__] += 1
        else:
            seen.count(status, again, body, time.monotonic() - began)

    async def _asked(self, question: bytes) -> tuple[str, bool, bytes]:
        """The status, whether it says when to come back, and the body."""
        reader, writer = self._kept.pop() if self._kept else await self._connected()
        try:
            writer.write(question)
            head = (await reader.readuntil(b"\r\n\r\n")).lower()
            body = await reader.readexactly(int(head.partition(b"\r\ncontent-length:")[2].split(b"\r\n")[0]))
        except BaseException:
            writer.transport.abort()
            raise
        if b"\r\nconnection: close" in head:
            writer.close()
        else:
            self._kept.append((reader, writer))
        return head[9:12].decode(), b"\r\nretry-after:" in head, body

    async def _connected(self) -> Connection:
        return await asyncio.open_connection("127.0.0.1", self.port)

    def leave(self) -> None:
        """Close what was kept."""
        for _, writer in self._kept:
            writer.close()


@asynccontextmanager
async def asking(directory: Path) -> AsyncIterator[Askers]:
    """A broker's process, and who asks it."""
    people = grown_ups(PEOPLE)
    town = settled(directory, known(people))
    served = await town.start()
    try:
        port = int(served.address.rpartition(":")[2])
        askers = Askers(port, served.process.pid, itertools.cycle(_questions(town, people)))
        yield askers
        askers.leave()
    finally:
        served.kill()


def _questions(town: ServedLittleworth, people: Sequence[Person]) -> list[bytes]:
    """The bytes of a question about each, whose requester is the next of the forty."""
    now = datetime.now(UTC)
    personas = (replace(SOCIAL_WORKER, subject=f"lw-{number}") for number in range(REQUESTERS))
    tokens = itertools.cycle([town.sign_in.token(one, now) for one in personas])
    return [_request(next(tokens), json.dumps(question(typed(one))).encode()) for one in people]


def _request(token: str, body: bytes) -> bytes:
    return (
        f"POST /v1/queries HTTP/1.1\r\nHost: broker\r\nAuthorization: Bearer {token}\r\n"
        f"Content-Type: application/json\r\nPrefer: wait={SECONDS:.0f}\r\nContent-Length: {len(body)}\r\n\r\n"
    ).encode() + body


async def measured(directory: Path, seconds: float = LOAD_SECONDS) -> Mapping[str, tuple[float, str]]:
    """Every figure of the load."""
    async with asking(directory) as askers:
        quiet = await _quiet(askers)
        peak = await _most(askers)
        load = Seen()
        began, own = time.monotonic(), time.process_time()
        theirs = _cpu_seconds(askers.broker)
        await _paced(askers, load, TIMES * peak, seconds)
        lasted = time.monotonic() - began
        goodput = load.good / lasted
        own, theirs = time.process_time() - own, _cpu_seconds(askers.broker) - theirs
        normal = await _normal_again(askers, quiet)
    print(f"Under load: {dict(load.statuses)}", flush=True)  # noqa: T201 -- the benchmark's own words
    return {
        "fanout.load.quiet_p50_ms": (quiet * 1000, "ms"),
        "fanout.load.peak": (peak, "good answers a second"),
        "fanout.load.goodput": (goodput, f"good answers a second, at {TIMES:.0f} times as many questions"),
        "fanout.load.goodput_share": (goodput / peak, "of the peak"),
        "fanout.load.p99_ms": (
            sorted(load.took)[int(len(load.took) * 0.99)] * 1000,
            "ms, of what was answered",
        ),
        "fanout.load.asking_cores": (own / lasted, "cores, by who asks"),
        "fanout.load.broker_cores": (theirs / lasted, "cores, by the broker"),
        "fanout.load.lost": (_neither(load), "questions neither answered nor told to come back"),
        "fanout.load.without_retry_after": (load.without_retry_after, "refusals"),
        "fanout.load.normal_after_s": (normal, "s, until latency is normal again"),
    }


def _cpu_seconds(process: int) -> float:
    """What a process has worked so far, by Linux's /proc."""
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _neither(load: Seen) -> int:
    return sum(count for status, count in load.statuses.items() if status not in {"200", "503"})


async def _quiet(askers: Askers) -> float:
    """The median of one client's seconds."""
    await _many(askers, Seen(), 1, 1.0)
    seen = Seen()
    await _many(askers, seen, 1, 3.0)
    return statistics.median(seen.took)


async def _most(askers: Askers) -> float:
    """Good answers a second with as many clients as give the most; each asks again when answered."""
    await _many(askers, Seen(), CLIENTS[1], 2.0)
    reached = []
    for clients in CLIENTS:
        seen = Seen()
        await _many(askers, seen, clients, PEAK_SECONDS)
        reached.append(seen.good / PEAK_SECONDS)
    print(f"Good answers a second with {CLIENTS} clients: {reached}", flush=True)  # noqa: T201 -- its own words
    return max(reached)


async def _many(askers: Askers, seen: Seen, clients: int, seconds: float) -> None:
    until = time.monotonic() + seconds

    async def client() -> None:
        while time.monotonic() < until:
            refused = seen.statuses["503"]
            await askers.ask(seen)
            await asyncio.sleep(0.2 if seen.statuses["503"] > refused else 0)

    async with asyncio.TaskGroup() as group:
        for _ in range(clients):
            group.create_task(client())


async def _paced(askers: Askers, seen: Seen, a_second: float, seconds: float) -> None:
    """So many a second, whatever becomes of them."""
    began = time.monotonic()
    async with asyncio.TaskGroup() as group:
        for number in range(int(a_second * seconds)):
            due = began + number / a_second
            if (wait := due - time.monotonic()) > 0:
                await asyncio.sleep(wait)
            group.create_task(askers.ask(seen))


async def _normal_again(askers: Askers, quiet: float) -> float:
    """Seconds until five questions in a row take no longer, in the middle, than a quiet broker's and a half."""
    began, took = time.monotonic(), list[float]()
    while time.monotonic() - began < AFTER_SECONDS:
        seen = Seen()
        await askers.ask(seen)
        took = [*took, *(seen.took or [SECONDS])][-5:]
        if len(took) == 5 and statistics.median(took) <= NORMAL * quiet:
            break
    return time.monotonic() - began
