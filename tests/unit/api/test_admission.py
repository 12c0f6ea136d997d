"""Who is let in, who waits in turn, and who is told to come back."""

from __future__ import annotations

import asyncio
import time
from collections import Counter

import pytest

from broker.api.admission import Admission
from broker.api.pace import TOO_LATE, Pace, keep_looking
from broker.errors import Overloaded


class Doors:
    """Requesters who come, stay until told to go, and are noted as they are let in."""

    def __init__(self, admission: Admission) -> None:
        self.admission, self.let_in, self.refused = admission, [], []  # type: ignore[var-annotated]
        self.stay = asyncio.Semaphore(0)

    async def comes(self, who: str) -> None:
        try:
            async with self.admission.place(who):
                self.let_in.append(who)
                await self.stay.acquire()
        except Overloaded:
            self.refused.append(who)

    async def come(self, *names: str) -> list[asyncio.Task[None]]:
        tasks = [asyncio.create_task(self.comes(one)) for one in names]
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        return tasks

    async def go(self, count: int) -> None:
        for _ in range(count):
            self.stay.release()
            for _ in range(4):
                await asyncio.sleep(0)


async def test_who_asks_much_waits_behind_nobodys_back_but_their_own() -> None:
    doors = Doors(Admission(at_once=2, of_one=2, waiting=100, patience=5))
    tasks = await doors.come(*["mill"] * 10, "rose", "sato")
    assert doors.let_in == ["mill", "mill"]
    await doors.go(3)
    assert set(doors.let_in[2:5]) == {"mill", "rose", "sato"}
    await doors.go(9)
    await asyncio.gather(*tasks)
    assert (Counter(doors.let_in), doors.refused) == (Counter(mill=10, rose=1, sato=1), [])
    assert (doors.admission.inside, doors.admission.queued()) == (0, 0)


async def test_one_requester_leaves_room_for_others() -> None:
    doors = Doors(Admission(at_once=4, of_one=2, waiting=100, patience=5))
    tasks = await doors.come("mill", "mill", "mill", "rose")
    assert doors.let_in == ["mill", "mill", "rose"]
    await doors.go(4)
    await asyncio.gather(*tasks)


async def test_beyond_the_queue_nobody_waits() -> None:
    doors = Doors(Admission(at_once=1, of_one=1, waiting=2, patience=5))
    tasks = await doors.come("a", "b", "c", "d")
    assert (doors.let_in, doors.refused, doors.admission.refused) == (["a"], ["d"], 1)
    await doors.go(3)
    await asyncio.gather(*tasks)


async def test_who_would_wait_too_long_is_told_at_once_and_when_to_come_back() -> None:
    admission = Admission(at_once=1, of_one=1, waiting=100, patience=0.01)
    doors = Doors(admission)
    tasks = await doors.come("a")
    with pytest.raises(Overloaded) as told:
        async with admission.place("b"):
            pass
    assert 0 < told.value.seconds < 30
    await doors.go(1)
    await asyncio.gather(*tasks)


async def test_a_turn_that_does_not_come_in_time_is_given_up() -> None:
    admission = Admission(at_once=1, of_one=1, waiting=100, patience=0.15)
    doors = Doors(admission)
    tasks = await doors.come("a", "b")
    await asyncio.sleep(0.2)
    assert (doors.refused, admission.queued()) == (["b"], 0)
    await doors.go(1)
    await asyncio.gather(*tasks)
    assert admission.inside == 0


async def test_who_goes_away_while_waiting_takes_no_place_along() -> None:
    admission = Admission(at_once=1, of_one=1, waiting=100, patience=5)
    doors = Doors(admission)
    tasks = await doors.come("a", "b", "c")
    tasks[1].cancel()
    doors.stay.release()  # a leaves in the same moment
    await asyncio.sleep(0)
    tasks[2].cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    assert (admission.inside, admission.queued()) == (0, 0)
    async with admission.place("d"):
        assert admission.inside == 1


async def test_nobody_waits_for_longer_than_half_of_what_they_have() -> None:
    doors = Doors(Admission(at_once=1, of_one=1, waiting=100, patience=5))
    tasks = await doors.come("a")
    began = asyncio.get_running_loop().time()
    with pytest.raises(Overloaded):
        async with doors.admission.place("b", seconds=0.6):
            pass
    assert 0.25 < asyncio.get_running_loop().time() - began < 0.6
    with pytest.raises(Overloaded):
        async with doors.admission.place("c", seconds=0.1):
            pass
    assert asyncio.get_running_loop().time() - began < 0.6
    await doors.go(1)
    await asyncio.gather(*tasks)


async def test_nobody_alone_fills_the_queue() -> None:
    doors = Doors(Admission(at_once=1, of_one=1, waiting=8, patience=5))
    tasks = await doors.come(*["mill"] * 20, "rose")
    assert Counter(doors.refused) == Counter(mill=14)
    doors.admission.refuse_early()  # there is room for others
    await doors.go(2)
    assert doors.let_in[-1] == "rose"
    await doors.go(5)
    await asyncio.gather(*tasks)


async def test_where_the_queue_is_full_nobody_needs_to_show_a_token() -> None:
    doors = Doors(Admission(at_once=1, of_one=1, waiting=2, patience=5))
    doors.admission.refuse_early()
    tasks = await doors.come("a", "b", "c")
    with pytest.raises(Overloaded):
        doors.admission.refuse_early()
    assert doors.admission.refused == 1
    await doors.go(3)
    doors.admission.refuse_early()
    await asyncio.gather(*tasks)


def test_a_loop_that_is_late_takes_fewer_at_once_and_more_again_when_it_is_not() -> None:
    pace = Pace(most=32)
    for _ in range(10):
        pace.seen(late=TOO_LATE * 2, inside=32)
    assert pace.allowed == 11
    for _ in range(100):
        pace.seen(late=TOO_LATE * 2, inside=32)
    assert pace.allowed == pace.least == 8
    for _ in range(100):
        pace.seen(late=0, inside=1)  # what is not used up tells nothing
    assert pace.allowed == 8
    for _ in range(48):
        pace.seen(late=0, inside=32)
    assert pace.allowed == 32
    assert Pace(most=2).least == 2


async def test_those_who_wait_come_in_when_more_are_allowed() -> None:
    doors = Doors(Admission(at_once=10, of_one=1, waiting=100, patience=5))
    for _ in range(100):
        doors.admission.seen(late=1)
    tasks = await doors.come(*"abcdefghij")
    assert len(doors.let_in) == 8
    for _ in range(4):
        doors.admission.seen(late=0)
        await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert len(doors.let_in) == 10
    await doors.go(10)
    await asyncio.gather(*tasks)


async def test_how_late_the_loop_is_is_looked_at() -> None:
    seen: list[float] = []
    looking = asyncio.create_task(keep_looking(seen.append))
    await asyncio.sleep(0)
    time.sleep(0.3)  # noqa: ASYNC251 -- this is what it has to find
    while not seen:  # noqa: ASYNC110 -- what looks has nothing else to tell
        await asyncio.sleep(0.01)
    looking.cancel()
    assert seen[0] > 0.2
