"""The fake that ships: it holds what it is given, and goes wrong on demand."""

from __future__ import annotations

import asyncio
import time
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.contract import (
    Candidate,
    Contact,
    Identifiers,
    SourceMisfit,
    SourceTimedOut,
    SourceUnavailable,
)
from connectors.memory import MemoryConnector
from tests.spec.connectors.engines import found, housing, refs, search_for

ADA = Identifiers("Ada", "Smith", ("Byron",), date(1985, 3, 7), None, "female", "4 Mill Lane", "SK1 3XE")
ROW = {"ref": "1", "forename": "Ada", "surname": "Smith"}
EVERYTHING = ("started", "ended", "last_contact", "status", "contact")
DATES = st.none() | st.dates(date(1900, 1, 1), date(2100, 1, 1))

CANDIDATES = st.builds(
    Candidate,
    local_key=st.just("k1"),
    identifiers=st.just(ADA),
    started=DATES,
    ended=DATES,
    last_contact=DATES,
    status=st.sampled_from([None, "current", "former"]),
    contact=st.builds(Contact, name=st.sampled_from([None, "Pat Quayle"]), phone=st.just("0161 496 0123")),
    gates=st.sampled_from([{"category": None}, {"category": "secure"}]),
    restricted=st.booleans(),
)


@settings(max_examples=40)
@given(CANDIDATES)
async def test_a_candidate_that_is_put_in_comes_out_the_same(candidate: Candidate) -> None:
    source = MemoryConnector(housing(), [candidate])
    assert (await found(source, ADA, involvement=EVERYTHING)).rows == (candidate,)
    await source.close()


async def test_rows_may_be_replaced() -> None:
    source = MemoryConnector(housing(), [ROW])
    assert await refs(source, ADA) == ["1"]
    source.rows = [{**ROW, "ref": "2"}]
    assert await refs(source, ADA) == ["2"]
    assert list(source.rows) == [{**ROW, "ref": "2"}]
    await source.close()


async def test_it_remembers_what_it_was_asked() -> None:
    source = MemoryConnector(housing(), [ROW])
    first, second = search_for(ADA, involvement=["started"]), search_for(ADA, ADA)
    await source.candidates(first)
    await source.candidates(second)
    assert source.searches == [first, second]
    assert [("started" in columns) for columns in source.columns] == [True, False]
    await source.close()


async def test_troubles_come_in_their_order_and_end() -> None:
    source = MemoryConnector(housing(), [ROW])
    source.fails(SourceUnavailable("gone"), times=2)
    source.fails(SourceTimedOut("slow"), times=1)
    for fault in (SourceUnavailable, SourceUnavailable, SourceTimedOut):
        with pytest.raises(fault):
            await found(source, ADA)
    assert await refs(source, ADA) == ["1"]
    await source.close()


async def test_a_frozen_source_keeps_its_deadline_and_a_hanging_one_does_not() -> None:
    source = MemoryConnector(housing(), [ROW])
    source.freezes(times=1)
    began = time.monotonic()
    with pytest.raises(SourceTimedOut):
        await found(source, ADA, seconds=0.05)
    assert 0.04 < time.monotonic() - began < 0.15
    source.hangs()
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(found(source, ADA, seconds=0.01), 0.1)
    source.works()
    assert await refs(source, ADA) == ["1"]
    await source.close()


async def test_a_delay_is_late_or_too_late() -> None:
    source = MemoryConnector(housing(), [ROW])
    source.delays(0.03)
    assert len((await found(source, ADA, seconds=0.5)).rows) == 1
    with pytest.raises(SourceTimedOut):
        await found(source, ADA, seconds=0.01)
    await source.close()


async def test_a_lost_column_is_a_misfit_until_it_is_back() -> None:
    source = MemoryConnector(housing(), [ROW])
    source.loses("surname")
    with pytest.raises(SourceMisfit, match="no column 'surname'"):
        await source.open()
    with pytest.raises(SourceMisfit, match="no column 'surname'"):
        await found(source, ADA)
    source.works()
    assert await refs(source, ADA) == ["1"]
    await source.close()
