"""What the broker itself costs: a query of six PostgreSQL databases, beside a bare loop and beside postgres_fdw.

All three in this process, in turns, about the same people, each about everybody for the first time. A query goes
from the request's body and token to the answer's bytes; HTTP around it is stated apart. So is the grid of law 5,
on which answers leave: it is a fixed time that is waited for on purpose.
"""

from __future__ import annotations

import asyncio
import json
import statistics
import tempfile
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from itertools import islice
from math import ceil
from pathlib import Path

import apsw
from pydantic import TypeAdapter

from bench.asked import typed
from bench.fanout.peers import Peers, both
from bench.fanout.six import KEPT, NAMES, Six, six
from bench.figures import Peer
from broker.answers import Answer
from broker.api.query_body import QueryBody, query_of
from broker.consultation import Consultation
from broker.memory import without_long_pauses
from broker.permitting import permitted
from broker.query import answer
from broker.questions import Requester
from broker.settings import AnswerSettings
from connectors.contract import Identifiers
from deploy.demo.people import Person
from tests.fakes.littleworth import question

ALONE, TOGETHER, ROUNDS, AT_ONCE, WARM_UP = 600, 400, 2, 16, 60
NO_GRID = 1e-9
_ANSWER = TypeAdapter(Answer)

Figures = dict[str, tuple[float, str]]
Ask = Callable[[Person], Awaitable[object]]


async def measured() -> tuple[Figures, Mapping[str, Peer]]:
    """Every figure, and what the peers took."""
    KEPT.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="own-cost-", dir=KEPT.parent) as place:
        directory = Path(place)
        async with six(directory / "town") as there:
            around = there.town.front.broker.around
            there.town.front.broker.around = replace(around, grid=NO_GRID)
            for one in there.people[:WARM_UP]:
                await through_broker(there, one)
            without_long_pauses()  # as ``broker serve`` does; it holds for the peers, too
            async with both(there, directory, _sizes(there), AT_ONCE) as peers:
                return await _compared(there, peers)


async def _compared(there: Six, peers: Peers) -> tuple[Figures, Mapping[str, Peer]]:
    asks: Mapping[str, Ask] = {
        "broker": lambda one: through_broker(there, one),
        "bare": lambda one: peers.bare(identifiers(one)),
        "fdw": lambda one: _by_fdw(there, peers, one),
    }
    for ask in asks.values():
        await _each(ask, there.people[:WARM_UP])
    some = there.people[WARM_UP : WARM_UP + ALONE]
    alone = {name: statistics.median(took) for name, took in (await _in_turns(asks, some)).items()}
    by_http = statistics.median(await _each(lambda one: _by_http(there, one), some[: ALONE // 3]))
    others = iter(there.people[WARM_UP + ALONE :])
    a_second = {
        name: max([await _rate(ask, list(islice(others, TOGETHER))) for _ in range(ROUNDS)])
        for name, ask in asks.items()
    }
    return _figures(alone, by_http, a_second)


def _figures(
    alone: Mapping[str, float], by_http: float, a_second: Mapping[str, float]
) -> tuple[Figures, Mapping[str, Peer]]:
    ours, grid = alone["broker"], AnswerSettings().released_every_ms
    figures = {
        "fanout.cost.p50_ms": (ours, "ms, one client, six sources, without the grid"),
        "fanout.cost.to_bare": (ours / alone["bare"], "times"),
        "fanout.cost.to_fdw": (ours / alone["fdw"], "times"),
        "fanout.cost.per_second_16": (a_second["broker"], "1/s, 16 clients"),
        "fanout.cost.rate_to_fdw": (a_second["broker"] / a_second["fdw"], "times"),
        "fanout.cost.rate_to_bare": (a_second["broker"] / a_second["bare"], "times"),
        "fanout.cost.by_http_ms": (by_http, "ms, one client on the same core"),
        "fanout.cost.grid_ms": (
            grid * ceil(ours / grid) - ours,
            f"ms more, on the grid of {grid} ms (law 5)",
        ),
    }
    bare, fdw = Peer("ms, bare loop", alone["bare"]), Peer("ms, postgres_fdw", alone["fdw"])
    peers = {
        "fanout.cost.to_bare": bare,
        "fanout.cost.to_fdw": fdw,
        "fanout.cost.rate_to_fdw": Peer("1/s, postgres_fdw", a_second["fdw"]),
        "fanout.cost.rate_to_bare": Peer("1/s, bare loop", a_second["bare"]),
    }
    return figures, peers


async def through_broker(there: Six, one: Person) -> bytes:
    """From the body and the token to the bytes of the answer."""
    front, now = there.town.front, there.town.clock()
    token = await front.tokens.token(there.token, now)
    body = QueryBody.model_validate(json.loads(_body(one)))
    around = front.broker.around
    query = query_of(body, front.limits.seconds, around.today(now), None)
    return _ANSWER.dump_json(await answer(query, token.requester, front.broker))


def identifiers(one: Person) -> Identifiers:
    """What is typed of a person."""
    return Identifiers(one.given_name, one.family_name, birth_date=one.birth_date, postcode=one.postcode)


async def _by_fdw(there: Six, peers: Peers, one: Person) -> object:
    return await peers.by_fdw(identifiers(one), _consultation(there, one), there.token)


async def _by_http(there: Six, one: Person) -> bytes:
    headers = {"Authorization": there.token, "Content-Type": "application/json"}
    async with there.town.client.post("/v1/queries", data=_body(one), headers=headers) as reply:
        reply.raise_for_status()
        return await reply.read()


def _body(one: Person) -> bytes:
    return json.dumps(question(typed(one))).encode()


def _consultation(there: Six, one: Person) -> Consultation:
    """As the broker's own plan has it."""
    around = there.town.front.broker.around
    query = query_of(QueryBody.model_validate_json(_body(one)), 4.0, around.today(around.now()), None)
    asking = Requester("lw-1", "", "", frozenset(["social_worker"]))
    return permitted(query, asking, around).consultations[NAMES[0]]


def _sizes(there: Six) -> tuple[int, int]:
    """Bytes of a query's first entry, and of all that follow, in the middle."""
    log = apsw.Connection(str(there.town.directory / "state" / "audit.db"), flags=apsw.SQLITE_OPEN_READONLY)
    lengths = [length for (length,) in log.execute("SELECT length(raw) FROM entry ORDER BY idx")]
    log.close()
    a_query = len(NAMES) + 2
    queries = [
        lengths[first : first + a_query] for first in range(len(lengths) % a_query, len(lengths), a_query)
    ]
    return (
        round(statistics.median(one[0] for one in queries)),
        round(statistics.median(sum(one[1:]) for one in queries)),
    )


async def _in_turns(asks: Mapping[str, Ask], people: Sequence[Person]) -> Mapping[str, list[float]]:
    """Milliseconds of each, one after the other; who comes first changes with every person."""
    took: dict[str, list[float]] = {name: [] for name in asks}
    names = list(asks)
    for number, one in enumerate(people):
        for place in range(len(names)):
            name = names[(number + place) % len(names)]
            took[name] += await _each(asks[name], [one])
    return took


async def _each(ask: Ask, people: Sequence[Person]) -> list[float]:
    took = []
    for one in people:
        began = time.perf_counter()
        await ask(one)
        took.append((time.perf_counter() - began) * 1000)
    return took


async def _rate(ask: Ask, people: Sequence[Person]) -> float:
    """Queries a second with sixteen clients."""
    waiting = iter(people)

    async def client() -> None:
        for one in waiting:
            await ask(one)

    began = time.perf_counter()
    async with asyncio.TaskGroup() as group:
        for _ in range(AT_ONCE):
            group.create_task(client())
    return len(people) / (time.perf_counter() - began)
