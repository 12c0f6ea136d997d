"""What the broker asks of its log: repeated searches, ended tokens, and queries that a crash left open."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from broker.audit.events import CLOSED, TokenEnded
from connectors.contract import Identifiers
from tests.spec.audit.kept import Kept
from tests.unit.audit.audit_samples import ANNA, KIT, NOW, closed, disclosure, intent

ADA = replace(ANNA, given_name="Ada", nhs_number=None)


async def states(kept: Kept) -> dict[str | None, str]:
    """How each query ended."""
    with kept.reading() as reader:
        ends = [one.facts for one in reader.entries() if one.kind == CLOSED]
    assert len(ends) == len({one["query_id"] for one in ends})
    return {one["query_id"]: one["state"] for one in ends}


async def test_queries_of_one_requester_about_one_person_are_counted(kept: Kept) -> None:
    async with kept.writing() as log:
        await log.record(intent("q-1", ANNA))
        await log.record(intent("q-2", ADA, requester=replace(KIT, subject="u-8")))
        await log.record(intent("q-3", replace(ANNA, given_name="Ana", nhs_number=None)))
        await log.record(disclosure("q-3"))
        counted = [
            await log.repeats("u-7", [ANNA], NOW),
            await log.repeats("u-8", [ANNA], NOW),
            await log.repeats("u-7", [Identifiers(nhs_number="9990000018")], NOW),
            await log.repeats("u-7", [ANNA], NOW + timedelta(seconds=1)),
        ]
    assert counted == [2, 1, 1, 0]


async def test_details_that_were_opened_are_no_search_of_their_own(kept: Kept) -> None:
    async with kept.writing() as log:
        await log.record(intent("q-1"))
        await log.record(intent("q-2", opened_from="q-1"))
        assert await log.repeats("u-7", [ANNA], NOW) == 1


async def test_ended_tokens_are_told_from_a_time_on(kept: Kept) -> None:
    async with kept.writing() as log:
        for minute in range(5):
            at = NOW + timedelta(minutes=minute)
            await log.record(TokenEnded(at, f"{minute:064x}", at + timedelta(minutes=5)))
        ended = await log.tokens_ended(since=NOW + timedelta(minutes=3))
    assert list(ended) == [f"{minute:064x}" for minute in (3, 4)]


async def test_what_a_crash_left_open_is_closed_as_aborted_by_the_next_start(kept: Kept) -> None:
    async with kept.writing() as log:
        for event in (intent("q-1"), intent("q-2"), disclosure("q-2"), closed("q-2"), intent("q-3")):
            await log.record(event)
    async with kept.writing():
        pass
    assert await states(kept) == {"q-1": "aborted", "q-2": "answered", "q-3": "aborted"}
    async with kept.writing():
        pass
    assert len(await states(kept)) == 3


async def test_a_writer_in_passing_leaves_to_a_broker_what_a_crash_left_open(kept: Kept) -> None:
    async with kept.writing() as log:
        await log.record(intent("q-1"))
    passing = await kept.open(in_passing=True)
    assert (await passing.record(closed("q-2"))).index == 1
    await passing.close()
    assert await states(kept) == {"q-2": "answered"}
    with kept.reading() as reader:
        assert reader.verify().checkpoint_size == 2
