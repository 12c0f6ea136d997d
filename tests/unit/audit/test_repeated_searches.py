"""How often a requester asked about someone before: by person, under whatever spelling."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest

from broker.audit.events import Refused
from connectors.contract import Identifiers
from tests.unit.audit.audit_samples import ANNA, KIT, NOW, disclosure, intent, writing

BARE = replace(ANNA, nhs_number=None, postcode=None)
VARIANTS = [
    BARE,
    replace(BARE, given_name="Ana"),
    replace(BARE, family_name="Thistlewode"),
    replace(BARE, birth_date=date(2016, 2, 28)),
    replace(BARE, birth_date=None),
    replace(BARE, family_name="Quorn"),
    Identifiers(nhs_number="999 000 0018"),
]


async def test_every_spelling_of_one_person_is_one_repeated_search(tmp_path: Path) -> None:
    async with writing(tmp_path) as log:
        counted = []
        for number, person in enumerate([ANNA, *VARIANTS]):
            counted.append(await log.repeats("u-7", [ANNA], NOW))
            await log.record(intent(f"q-{number}", person))
        assert counted == list(range(8))


@pytest.mark.parametrize("person", VARIANTS)
async def test_asking_in_another_spelling_finds_the_first_query(person: Identifiers, tmp_path: Path) -> None:
    async with writing(tmp_path) as log:
        await log.record(intent())
        assert await log.repeats("u-7", [person], NOW) == 1


async def test_a_query_about_several_of_them_counts_once(tmp_path: Path) -> None:
    ada = replace(BARE, given_name="Ada")
    async with writing(tmp_path) as log:
        await log.record(intent("q-1", ANNA, ada))
        assert await log.repeats("u-7", [ANNA, ada], NOW) == 1


async def test_other_people_other_requesters_and_earlier_times_do_not_count(tmp_path: Path) -> None:
    stranger = Identifiers(given_name="Zdzisław", family_name="Quorn", birth_date=date(1950, 12, 30))
    async with writing(tmp_path) as log:
        await log.record(intent())
        await log.record(intent("q-2", requester=replace(KIT, subject="u-8")))
        assert await log.repeats("u-7", [stranger], NOW) == 0
        assert await log.repeats("u-9", [ANNA], NOW) == 0
        assert await log.repeats("u-7", [ANNA], NOW + timedelta(seconds=1)) == 0
        assert await log.repeats("u-7", [ANNA], NOW - timedelta(hours=24)) == 1


async def test_only_questions_count_not_what_follows_from_them(tmp_path: Path) -> None:
    async with writing(tmp_path) as log:
        for event in (
            intent(),
            disclosure(),
            intent("q-2", opened_from="q-1", view="details"),
            Refused(NOW, KIT, "role_may_not_ask", None),
        ):
            await log.record(event)
        assert await log.repeats("u-7", [ANNA], NOW) == 1


async def test_many_may_ask_at_once(tmp_path: Path) -> None:
    async with writing(tmp_path) as log:
        await log.record(intent())
        assert set(await asyncio.gather(*(log.repeats("u-7", [ANNA], NOW) for _ in range(100)))) == {1}


async def test_nobody_at_all_is_no_repeat(tmp_path: Path) -> None:
    async with writing(tmp_path) as log:
        await log.record(intent("q-1", Identifiers()))
        assert await log.repeats("u-7", [Identifiers()], NOW) == 0
        assert await log.repeats("u-7", [], NOW) == 0
