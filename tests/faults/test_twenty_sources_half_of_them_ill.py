"""A share of ``make bench-fanout``: twenty sources, half of them faulty in different ways. Times are for it."""

from __future__ import annotations

from pathlib import Path

from bench.fanout import twenty

QUERIES, HEALTHY = 40, 10


async def test_ten_healthy_sources_answer_truly_beside_ten_faulty_ones(tmp_path: Path) -> None:
    # Long enough for a busy machine; what is ill is given up sooner, so that the test is quick.
    patience = twenty.Patience(query=8.0, faulty=0.8)
    told = await twenty.measured(tmp_path, 7, QUERIES, HEALTHY, patience)
    figures = {name.removeprefix("fanout.faults."): value for name, (value, _) in told.items()}
    assert figures["true"] == 1.0
    assert figures["wrong_outcomes"] == 0
    assert figures["recovery_s"] < 20
    assert figures["tasks_grown"] <= 0
    assert figures["connections"] <= 40
