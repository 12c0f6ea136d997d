"""Tokens that were ended, here or at a broker that writes the same log."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

import pytest

from broker.audit.log import LogUnavailable
from broker.identity import ended as module
from broker.identity.ended import EndedTokens

NOW = datetime(2026, 6, 1, 9, 0, tzinfo=UTC)


def test_what_was_ended_elsewhere_is_ended_here() -> None:
    ended = EndedTokens(timedelta(minutes=5))
    ended.end("ours", NOW)
    ended.hear({"theirs": NOW + timedelta(seconds=1), "ours": NOW + timedelta(minutes=1)})
    assert "theirs" in ended
    assert ended.ended["ours"] == NOW
    ended.end("later", NOW + timedelta(minutes=6))
    assert list(ended.ended) == ["later"]


async def test_a_look_that_fails_is_followed_by_another(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "HEARD_EVERY", 0.001)
    ended, looks = EndedTokens(timedelta(hours=2)), asyncio.Event()
    asked: list[datetime] = []

    async def ended_since(since: datetime) -> Mapping[str, datetime]:
        asked.append(since)
        if len(asked) == 1:
            raise LogUnavailable("down")
        looks.set()
        return {"theirs": NOW}

    async with asyncio.TaskGroup() as group:
        hearing = group.create_task(ended.keep_hearing(ended_since, lambda: NOW))
        await looks.wait()
        await asyncio.sleep(0)
        hearing.cancel()
    assert "theirs" in ended
    assert set(asked) == {NOW - timedelta(minutes=5)}
