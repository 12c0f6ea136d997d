"""How sources stand, for monitoring and for front ends: never a figure that depends on a record."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from connectors.contract import SourceUnavailable
from tests.fakes.littleworth import Littleworth, littleworth, question, row

NAMES = ("housing", "police", "school")


@pytest.fixture
async def town(tmp_path: Path) -> AsyncIterator[Littleworth]:
    async with littleworth(tmp_path, {name: [row()] for name in NAMES}) as started:
        started.front.metrics_key = "k-1"
        yield started


async def metrics(town: Littleworth, key: str = "k-1") -> tuple[int, str]:
    headers = {"Authorization": f"Bearer {key}"}
    async with town.client.get("/metrics", headers=headers) as reply:
        return reply.status, await reply.text()


async def test_a_source_that_is_left_alone_is_seen_to_be(town: Littleworth) -> None:
    town.sources["police"].fails(SourceUnavailable("away"))
    for _ in range(6):
        await town.ask()
    _, text = await metrics(town)
    assert 'family_context_source_breaker{source="police"} 2.0' in text
    assert 'family_context_source_breaker{source="school"} 0.0' in text
    async with town.client.get("/v1/sources", headers=town.headers()) as reply:
        listed = {one["source"]: one["state"] for one in (await reply.json())["sources"]}
    assert listed == {"housing": "closed", "police": "open", "school": "closed"}


async def test_no_figure_tells_a_withheld_record_from_none(tmp_path: Path) -> None:
    texts = []
    for number, rows in enumerate(([row(restricted=True)], [])):
        directory = tmp_path / str(number)
        directory.mkdir()
        async with littleworth(directory, {"school": rows}) as town:
            town.front.metrics_key = "k-1"
            for _ in range(3):
                await town.ask()
                await town.post("/v1/queries", question(view="flags"))
            texts.append((await metrics(town))[1])
    assert texts[0] == texts[1]
    assert "family_context_queries_now" in texts[0]


async def test_metrics_are_for_whoever_has_the_key(town: Littleworth) -> None:
    assert (await metrics(town, "k-2"))[0] == 401
    assert (await metrics(town, "k-1"))[0] == 200
    town.front.metrics_key = None
    assert (await metrics(town))[0] == 404
