"""Northshire on its real databases, with a broker over HTTP: what `make demo` shows, for tests to ask."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from broker.api.front import Front
from broker.api.server import make_server
from broker.app import connectors_of, running
from broker.catalogue import Catalogue
from broker.settings import Partnership, load_settings
from broker.surroundings import LONDON
from connectors.contract import Connector
from deploy.demo.northshire import MakeTruth, Northshire, started
from deploy.demo.sign_in import PERSONAS
from deploy.demo.truth import make_truth

PEOPLE = 1_200


@dataclass(frozen=True, slots=True)
class Town:
    """A running Northshire, and how a test asks it."""

    northshire: Northshire
    front: Front
    client: TestClient[web.Request, web.Application]
    today: date
    stop: Callable[[], Awaitable[None]]

    async def post(
        self, path: str, body: Mapping[str, Any], persona: str = "social_worker"
    ) -> tuple[int, Any]:
        token = self.northshire.sign_in.token(PERSONAS[persona], datetime.now(UTC))
        async with self.client.post(path, json=body, headers={"Authorization": f"Bearer {token}"}) as reply:
            return reply.status, await reply.json(content_type=None)


@asynccontextmanager
async def northshire(
    directory: Path,
    seed: int,
    people: int = PEOPLE,
    down: Sequence[str] = (),
    *,
    make: MakeTruth = make_truth,
    adapt: Callable[[Connector], None] = lambda _: None,
) -> AsyncIterator[Town]:
    """Northshire, started and asked over HTTP. The databases of ``down`` are stopped before the broker starts.

    ``make`` makes the truth that the databases are filled with; ``adapt`` may change every connector first.
    """
    today = datetime.now(LONDON).date()
    made = await started(directory, seed, people, today, lambda _: None, make)
    try:
        for name in down:
            made.databases.clusters[name].stop()
        async with _broker(made, today, adapt) as town:
            yield town
    finally:
        made.databases.destroy()  # a directory that is closed to others has them elsewhere, for ever


@asynccontextmanager
async def restarted(town: Town) -> AsyncIterator[Town]:
    """The same Northshire with its broker started anew, on its files as they are now."""
    await town.stop()
    async with _broker(town.northshire, town.today, lambda _: None) as again:
        yield again


@asynccontextmanager
async def _broker(made: Northshire, today: date, adapt: Callable[[Connector], None]) -> AsyncIterator[Town]:
    def adapted(of: Partnership, catalogue: Catalogue) -> Mapping[str, Connector]:
        connectors = connectors_of(of, catalogue)
        for connector in connectors.values():
            adapt(connector)
        return connectors

    async with AsyncExitStack() as until:
        of = load_settings(made.directory)
        front = await until.enter_async_context(running(of, make_connectors=adapted))
        client = await until.enter_async_context(TestClient(TestServer(make_server(front))))
        yield Town(made, front, client, today, until.aclose)
