"""Hundreds of questions to a web API that nobody waits for: no wrong row, nothing left behind."""

from __future__ import annotations

from pathlib import Path

from tests.integration.connectors.http_storm import storm


async def test_three_hundred_questions_that_nobody_waits_for_leave_nothing_behind(tmp_path: Path) -> None:
    weathered = await storm(300, tmp_path)
    assert set(weathered.outcomes) <= {"right", "CancelledError", "SourceTimedOut"}
    assert weathered.outcomes["CancelledError"] > 60
    assert weathered.outcomes["SourceTimedOut"] > 10
    assert (weathered.tasks, weathered.descriptors, weathered.threads) == (0, 0, 0)
