"""What limits are counted from: what one requester asked, and what everybody asked about one person."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta

from broker.audit.events import CaseChecked, Refused
from broker.audit.log import AuditLog
from broker.limits.counting import too_many
from broker.limits.settings import Most, RoleLimits
from tests.spec.audit.kept import Kept
from tests.unit.audit.audit_samples import ANNA, KIT, NOW, closed, disclosure, intent

ADA = replace(ANNA, given_name="Ada", nhs_number=None)
OTHER = replace(KIT, subject="u-8")
MINUTE = timedelta(minutes=1)


def case_led_to(query_id: str, *people: object) -> CaseChecked:
    asked = intent(query_id, *people)  # type: ignore[arg-type]  # people of a case are people
    return CaseChecked(
        query_id, NOW, "cases", "sha256:cc", 1, "verified", True, "u-7", asked.people, ("nothing",), 0, b"", 3
    )


async def test_a_requesters_questions_are_told_with_whom_they_were_about(kept: Kept) -> None:
    async with kept.writing() as log:
        await log.record(intent("q-1", ANNA))
        await log.record(intent("q-2", ADA, requester=OTHER))
        await log.record(intent("q-3", ANNA, ADA, at=NOW + MINUTE))
        await log.record(case_led_to("q-3", ADA))
        await log.record(disclosure("q-3"))
        last = await log.record(closed("q-3"))
        found = await log.asked_by("u-7", NOW, last.index)
        assert await log.asked_by("u-9", NOW, last.index) == []
    first, second, of_case = found
    assert [(one.at, one.begins) for one in found] == [(NOW, True), (NOW + MINUTE, True), (NOW, False)]
    assert first.people < second.people
    assert of_case.people == second.people - first.people


async def test_neither_earlier_ones_nor_later_ones_nor_what_follows_from_them(kept: Kept) -> None:
    async with kept.writing() as log:
        await log.record(intent("q-1", at=NOW - MINUTE))
        second = await log.record(intent("q-2"))
        await log.record(intent("q-3", opened_from="q-2"))
        await log.record(Refused(NOW, KIT, "role_may_not_ask", None))
        last = await log.record(intent("q-4"))
        assert len(await log.asked_by("u-7", NOW, last.index)) == 2
        assert len(await log.asked_by("u-7", NOW, second.index)) == 1
        assert len(await log.asked_by("u-7", NOW - MINUTE, last.index)) == 3
        assert await log.asked_by("u-7", NOW + MINUTE, last.index) == []


async def test_an_entry_of_a_broker_whose_clock_is_behind_is_found(kept: Kept) -> None:
    async with kept.writing() as log:
        await log.record(intent("q-1", at=NOW + timedelta(seconds=20)))
        last = await log.record(intent("q-2"))
        assert len(await log.asked_by("u-7", NOW, last.index)) == 2
        assert len(await log.asked_about("u-7", [ANNA], NOW)) == 2


async def test_what_everybody_asked_about_one_person_is_told_under_whatever_spelling(kept: Kept) -> None:
    async with kept.writing() as log:
        await log.record(intent("q-1", ANNA))
        await log.record(
            intent("q-2", replace(ANNA, family_name="Thistlewode"), requester=OTHER, at=NOW + MINUTE)
        )
        await log.record(intent("q-3", replace(ANNA, nhs_number=None, postcode=None), requester=OTHER))
        found = await log.asked_about("u-7", [replace(ANNA, nhs_number=None)], NOW)
        assert len(await log.asked_about("u-7", [ANNA, ADA], NOW + MINUTE)) == 1
    assert [(one.at, one.own) for one in found].count((NOW, True)) == 1
    assert [one.own for one in found] == [one.own for one in sorted(found, key=lambda one: one.at)]
    assert sum(not one.own for one in found) == 2


async def asks(log: AuditLog, name: str, limits: RoleLimits) -> bool:
    """Whether a question is answered: it is counted once it is in the log, as the flow does."""
    receipt = await log.record(intent(name))
    return too_many(await log.asked_by("u-7", NOW, receipt.index), limits, NOW) is None


async def test_brokers_that_count_at_once_never_answer_more_than_the_limit_together(
    in_database: Kept,
) -> None:
    limits = RoleLimits(queries=Most.model_validate({"most": 20, "within": "1 hour"}))
    async with in_database.writing() as one, in_database.writing() as other:
        answered = await asyncio.gather(
            *(
                asks(log, f"q-{place}-{n}", limits)
                for n in range(30)
                for place, log in enumerate((one, other))
            )
        )
    assert answered.count(True) == 20
