"""After any error while writing nothing more is taken, until the log was opened and verified again."""

from __future__ import annotations

import asyncio

import pytest

from broker.audit.log import LogUnavailable
from broker.audit.stores.contract import StoreFault
from tests.spec.audit.kept import Commits, Kept
from tests.unit.audit.audit_samples import closed, intent

FULL = StoreFault("The disk is full.", "DiskFull")


async def test_a_failed_transaction_stops_the_log_until_it_is_opened_again(
    kept: Kept, commits: Commits, caplog: pytest.LogCaptureFixture
) -> None:
    log = await kept.open()
    await log.record(closed("q-1"))
    commits.fault = FULL
    with pytest.raises(LogUnavailable, match="start the broker again"):
        await log.record(intent("q-2"))
    commits.fault = None
    assert not log.healthy
    with pytest.raises(LogUnavailable, match="start the broker again"):
        await log.record(closed("q-3"))
    with pytest.raises(LogUnavailable):
        await log.repeats("u-7", (), intent().at)
    await log.close()
    assert "DiskFull" in caplog.text
    async with kept.writing() as again:
        assert (await again.record(closed("q-4"))).index == 1


async def test_everybody_who_waits_for_a_failed_transaction_is_told(kept: Kept, commits: Commits) -> None:
    log = await kept.open()
    commits.fault = FULL
    outcomes = await asyncio.gather(
        *(log.record(closed(f"q-{n}")) for n in range(100)), return_exceptions=True
    )
    assert {type(outcome) for outcome in outcomes} == {LogUnavailable}
    await log.close()


async def test_an_entry_that_the_store_refuses_is_not_half_written(kept: Kept) -> None:
    log = await kept.open()
    await log.record(intent("q-1"))
    kept.change("INSERT INTO entry SELECT 2, leaf, raw FROM entry WHERE idx = 0")
    outcomes = await asyncio.gather(*(log.record(closed(f"q-{n}")) for n in range(9)), return_exceptions=True)
    await log.close()
    kept.change("DELETE FROM entry WHERE idx = 2")
    written = [outcome for outcome in outcomes if not isinstance(outcome, BaseException)]
    with kept.reading() as reader:
        assert reader.verify().fault is None
        assert reader.store.size() == 1 + len(written) < 3


async def test_an_event_that_no_entry_can_hold_fails_alone(kept: Kept) -> None:
    async with kept.writing() as log:
        too_long = log.record(intent("q-l", reason="Quill " * 10_000))
        outcomes = await asyncio.gather(too_long, log.record(closed()), return_exceptions=True)
        assert [isinstance(outcome, LogUnavailable) for outcome in outcomes] == [True, False]
        assert log.healthy


async def test_a_caller_who_goes_away_has_the_entry_written_all_the_same(kept: Kept) -> None:
    async with kept.writing() as log:
        asking = asyncio.ensure_future(log.record(intent()))
        await asyncio.sleep(0)
        asking.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asking
        assert (await log.record(closed())).index == 1


async def test_closing_writes_what_waits_and_signs_it(kept: Kept) -> None:
    log = await kept.open()
    asking = [asyncio.ensure_future(log.record(closed(f"q-{n}"))) for n in range(100)]
    await asyncio.sleep(0)
    await log.close()
    assert [receipt.index for receipt in await asyncio.gather(*asking)] == list(range(100))
    with kept.reading() as reader:
        assert reader.verify().checkpoint_size == 100
