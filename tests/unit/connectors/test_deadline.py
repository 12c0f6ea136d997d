"""A deadline that holds whatever the work does."""

from __future__ import annotations

import asyncio
import gc
import time

import pytest

from connectors.contract import SourceTimedOut
from connectors.deadline import LeftBehind, within


async def stubborn(ended: asyncio.Event) -> str:
    """Work that takes a cancellation for advice."""
    try:
        await asyncio.sleep(10)
    except asyncio.CancelledError:
        await asyncio.sleep(0.05)
    ended.set()
    raise OSError("too late to matter")


async def test_work_that_ends_in_time_is_answered() -> None:
    async def quick() -> str:
        return "done"

    assert await within(1.0, quick(), lambda: None, LeftBehind()) == "done"


async def test_a_fault_of_the_work_is_raised() -> None:
    async def failing() -> None:
        raise OSError("broken")

    with pytest.raises(OSError, match="broken"):
        await within(1.0, failing(), lambda: None, LeftBehind())


async def test_work_that_does_not_let_go_is_cut_and_left_behind() -> None:
    ended, cuts, left = asyncio.Event(), [], LeftBehind()
    began = time.monotonic()
    with pytest.raises(SourceTimedOut):
        await within(0.05, stubborn(ended), lambda: cuts.append("cut"), left)
    assert time.monotonic() - began < 0.1
    assert cuts == ["cut"]
    assert not ended.is_set()
    await left.gone(1.0)
    assert ended.is_set()


async def test_a_cancelled_caller_leaves_the_work_behind_too() -> None:
    ended, cuts, left = asyncio.Event(), [], LeftBehind()
    asking = asyncio.ensure_future(within(5.0, stubborn(ended), lambda: cuts.append("cut"), left))
    await asyncio.sleep(0.01)
    asking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asking
    assert cuts == ["cut"]
    await left.gone(1.0)
    assert ended.is_set()


async def test_a_fault_in_the_moment_in_which_the_caller_goes_away_is_not_reported_by_asyncio() -> None:
    reported: list[object] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: reported.append(context))
    moment = asyncio.Event()

    async def failing() -> None:
        await moment.wait()
        raise OSError("nobody looks at this")

    caller = asyncio.ensure_future(within(1.0, failing(), lambda: None, LeftBehind()))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    moment.set()
    await asyncio.sleep(0)  # the work has failed, and its caller does not know it yet
    caller.cancel()
    await asyncio.wait({caller})
    assert caller.cancelled()
    del caller
    gc.collect()
    assert reported == []


async def test_no_time_at_all_is_a_timeout() -> None:
    with pytest.raises(SourceTimedOut):
        await within(-1.0, asyncio.sleep(1), lambda: None, LeftBehind())
