"""Whatever letters a name has, it is a name: searched for, found when it is in the source, and never obeyed."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.fakes.littleworth import EMMA, Littleworth, littleworth, part, question, row

NAMES = [
    ("Niamh", "O'Brien-Smith"),
    ("Niamh", "O’Brien–Smith"),
    ("Thị Hương", "Nguyễn"),
    ("محمد", "العلي"),
    ("明", "王"),
    ("Zoë", "D’Àlmeida"),
    ("E", "Ashdown"),
    ("Emma", "O"),
    ("X", "Y"),
    ("'; DROP TABLE rows", "Ashdown"),
    ("Emma", "'; DROP TABLE rows; --"),
    ('" OR 1=1 --', "Ashdown"),
    ("Emma", '" OR 1=1 --'),
    ("Emma", "As\\down"),
    ("Emma", "?1 $1 :name {0} %s"),
    ("null", "None"),
    ("Robert'); SELECT pg_sleep(9);--", "Tables"),
]
OTHERS = [row("k8", identifiers={"given_name": "Leon", "family_name": "Quarrie", "postcode": "LW9 9ZZ"})]


@pytest.mark.parametrize(("given", "family"), NAMES)
async def test_a_name_is_found_as_it_stands_in_the_source(given: str, family: str, tmp_path: Path) -> None:
    named = row("k9", identifiers={"given_name": given, "family_name": family})
    async with littleworth(tmp_path, {"school": [named, *OTHERS]}) as town:
        typed = {**EMMA, "given_name": given, "family_name": family}
        assert part(await town.ask(typed), "school")["outcome"] == "involved"
        # It was no wildcard, and nothing of the source is gone.
        leon = {**EMMA, "given_name": "Leon", "family_name": "Quarrie"}
        assert part(await town.ask(leon), "school")["outcome"] == "involved"


@pytest.fixture
async def town(tmp_path: Path) -> AsyncIterator[Littleworth]:
    async with littleworth(tmp_path, {"school": [row()]}) as started:
        yield started


@pytest.mark.parametrize(("given", "family"), NAMES)
async def test_a_name_that_is_not_in_the_source_brings_nobody_elses_record(
    town: Littleworth, given: str, family: str
) -> None:
    elsewhere = {"birth_date": "1962-12-24", "postcode": "LW7 7QQ"}
    answer = await town.ask({**EMMA, **elsewhere, "given_name": given, "family_name": family})
    assert {one["outcome"] for service in answer["services"] for one in service["people"]} == {
        "nothing_to_share"
    }


@pytest.mark.parametrize(
    ("given", "family"), [("Em*ma", "Ash%down"), ("%Emma%", "_Ashdown_"), ("Emma*", "*Ashdown")]
)
async def test_wildcards_are_dropped_from_a_name_and_the_name_is_searched(
    town: Littleworth, given: str, family: str
) -> None:
    answer = await town.ask({**EMMA, "given_name": given, "family_name": family})
    assert part(answer, "school")["outcome"] == "involved"
    assert (town.sources["school"].searches[-1].people[0].given_name or "") == "Emma"


@pytest.mark.parametrize(("given", "family"), [("E%", "Ashdown"), ("Emma", "A*"), ("_mma", "Ashdown")])
async def test_a_wildcard_stands_for_no_letters(town: Littleworth, given: str, family: str) -> None:
    """What is left is the name: with nothing else that agrees, it is not enough to be shown anyone."""
    person = {"relation": "parent", "given_name": given, "family_name": family}
    answer = await town.ask(person)
    assert all(
        one["involvements"] == [] and one["reference"] is None
        for service in answer["services"]
        for one in service["people"]
    )


async def test_a_name_of_nothing_but_wildcards_is_no_name(town: Littleworth) -> None:
    status, problem = await town.post(
        "/v1/queries", question({"relation": "parent", "given_name": "*%_", "family_name": "%"})
    )
    assert (status, problem["errors"][0]["code"]) == (422, "too_little_to_identify")
    assert town.sources["school"].searches == []
