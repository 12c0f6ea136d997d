"""One source that is down, slow, changed or garbled: it has an outcome of its own, and the others answer."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from broker.answers import FAILURES, Outcome
from connectors.contract import SourceUnavailable
from connectors.memory import MemoryConnector
from connectors.memory_rows import row_of
from tests.fakes.littleworth import Littleworth, littleworth, part, row

OTHERS = ("housing", "police")


def garbled(**columns: Any) -> Callable[[MemoryConnector], None]:
    """A source whose columns hold this instead."""

    def garble(source: MemoryConnector) -> None:
        source.rows = [{**row_of(row(), source.source), **columns}]

    return garble


TROUBLES: dict[str, tuple[Callable[[MemoryConnector], None], Outcome]] = {
    "it is down": (lambda one: one.fails(SourceUnavailable("school: away")), Outcome.UNAVAILABLE),
    "its driver breaks": (lambda one: one.fails(RuntimeError("Emma Ashdown")), Outcome.UNAVAILABLE),
    "it is slow": (lambda one: one.delays(9), Outcome.TIMED_OUT),
    "it never answers": (lambda one: one.freezes(), Outcome.TIMED_OUT),
    "it keeps no deadline": (lambda one: one.hangs(), Outcome.TIMED_OUT),
    "it lost a column of names": (lambda one: one.loses("family_name"), Outcome.UNAVAILABLE),
    "it lost the column that shields": (lambda one: one.loses("shielded"), Outcome.UNAVAILABLE),
    "it lost a gate's column": (lambda one: one.loses("category"), Outcome.UNAVAILABLE),
    "its dates are garbage": (garbled(last_contact="31/31/9999"), Outcome.UNAVAILABLE),
    "its dates are bytes": (garbled(started=b"\xff\x00\xfe"), Outcome.UNAVAILABLE),
    "its keys are gone": (garbled(local_key=None), Outcome.UNAVAILABLE),
}


@pytest.fixture
async def town(tmp_path: Path) -> Any:
    rows = {name: [row()] for name in (*OTHERS, "school")}
    async with littleworth(tmp_path, rows) as started:
        yield started


@pytest.mark.parametrize("trouble", TROUBLES)
async def test_a_source_in_trouble_has_its_own_outcome_and_the_others_answer(
    town: Littleworth, trouble: str
) -> None:
    befall, outcome = TROUBLES[trouble]
    before = await town.ask()
    befall(town.sources["school"])
    during = await town.ask()
    assert part(during, "school")["outcome"] == outcome
    assert part(during, "school")["involvements"] == []
    (school,) = (one for one in during["services"] if one["source"] == "school")
    assert (school["problem"] is not None) == (outcome in FAILURES)
    assert school["desk"]["phone"]
    for name in OTHERS:
        assert part(during, name) == part(before, name)
        assert part(during, name)["outcome"] == "involved"
    with town.reader() as reader:
        recorded = {
            one.facts["source"]: one.facts["disclosed"]["outcomes"][0]["outcome"]
            for one in reader.trace(during["query_id"]).entries
            if one.kind == "disclosure"
        }
    assert recorded == {"school": outcome, "housing": "involved", "police": "involved"}

    town.sources["school"].works()
    town.sources["school"].rows = (row(),)
    assert part(await town.ask(), "school")["outcome"] == "involved"


GARBAGE = ["\x00\x1b[31m", "x" * 100_000, "٣٣/٣٣/٣٣٣٣", -1, "\u202e"]


@pytest.mark.parametrize("garbage", GARBAGE, ids=range(len(GARBAGE)))
@pytest.mark.parametrize("column", ["given_name", "family_name", "birth_date", "sex", "worker", "phone"])
async def test_garbage_in_one_column_takes_no_other_service_along(
    town: Littleworth, column: str, garbage: Any
) -> None:
    garbled(**{column: garbage})(town.sources["school"])
    during = await town.ask()
    assert part(during, "school")["outcome"] in {"involved", "nothing_to_share", "ambiguous", "unavailable"}
    assert [part(during, name)["outcome"] for name in OTHERS] == ["involved", "involved"]


@pytest.mark.parametrize("garbage", [*GARBAGE, None], ids=range(len(GARBAGE) + 1))
async def test_a_code_that_nobody_knows_is_not_shown_and_opens_no_gate(
    town: Littleworth, garbage: Any
) -> None:
    garbled(category=garbage)(town.sources["school"])
    garbled(status=garbage)(town.sources["housing"])
    during = await town.ask()
    assert part(during, "school")["outcome"] == "nothing_to_share"
    (shown,) = part(during, "housing")["involvements"]
    assert shown["involvement"]["status"] is None
