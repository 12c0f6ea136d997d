"""Law 4. Silence is never "no"."""

from __future__ import annotations

import os
import time
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from broker.answers import ON_PAGES, Outcome
from connectors.contract import (
    Candidates,
    Identifiers,
    Search,
    SourceMisfit,
    SourceTimedOut,
    SourceUnavailable,
)
from tests.fakes.extracts import ADAS_ROW, school_extract
from tests.fakes.littleworth import EARLY_HELP, EMMA, POLICIES, SOURCES, part, row
from tests.laws.conftest import Start


@pytest.mark.parametrize(
    ("fault", "outcome"),
    [
        (SourceTimedOut("slow"), "timed_out"),
        (SourceUnavailable("gone"), "unavailable"),
        (SourceMisfit("a column is lost"), "unavailable"),
        (RuntimeError("a mistake of ours"), "unavailable"),
    ],
)
async def test_law_4_a_source_that_failed_has_its_own_outcome(
    start: Start, fault: Exception, outcome: str
) -> None:
    town = await start({"school": [row()]})
    town.sources["school"].fails(fault)
    answer = await town.ask()
    assert part(answer, "school")["outcome"] == outcome
    (school,) = (one for one in answer["services"] if one["source"] == "school")
    assert school["problem"]["type"].startswith("urn:family-context:problem:source_")


async def test_law_4_a_source_that_hangs_costs_the_others_nothing(start: Start) -> None:
    town = await start({"school": [row()], "housing": [row()]})
    town.sources["police"].hangs()
    began = time.monotonic()
    answer = await town.ask()
    assert time.monotonic() - began < town.front.limits.seconds + 0.5
    assert [part(answer, name)["outcome"] for name in ("school", "housing", "police")] == [
        *("involved", "involved", "timed_out")
    ]


async def test_law_4_a_source_that_is_not_asked_says_so(start: Start) -> None:
    town = await start({"police": [row()]})
    agreed = {**EMMA, "family_agreement": {"state": "given", "evidence": "note 7"}}
    answer = await town.ask(agreed, purpose="early_help_assessment", persona=EARLY_HELP)
    assert part(answer, "police")["outcome"] == "not_asked"


async def test_law_4_a_source_that_takes_other_identifiers_than_were_typed_says_so(
    start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A web API that finds people by their number alone, and a query for a name."""
    town = await start({"school": [row()]})

    async def asked_about_the_second(_: Search) -> Candidates:
        return Candidates((), not_asked=frozenset([0]))

    monkeypatch.setattr(town.sources["school"], "candidates", asked_about_the_second)
    answer = await town.ask(EMMA, {**EMMA, "given_name": "Oliver"})
    assert part(answer, "school", 1)["outcome"] == "not_asked"
    assert part(answer, "school", 2)["outcome"] == "nothing_to_share"


async def test_law_4_a_closed_source_says_so(start: Start) -> None:
    closed = POLICIES["school"].replace(
        "      - {purpose: section_47_enquiry}\n", "      - {purpose: early_help_assessment}\n", 1
    )
    town = await start({"school": [row()]}, policies={**POLICIES, "school": closed})
    assert part(await town.ask(), "school")["outcome"] == "withheld"


async def test_law_4_a_service_that_only_rings_back_says_so_to_everyone(start: Start) -> None:
    by_request = POLICIES["police"].replace("sensitive: true", "sensitive: true\ndiscloses: by_request")
    town = await start({"police": [row()]}, policies={**POLICIES, "police": by_request})
    stranger = {**EMMA, "given_name": "Nobody", "family_name": "Nowhere"}
    answer = await town.ask(EMMA, stranger)
    assert {part(answer, "police", n)["outcome"] for n in (1, 2)} == {"by_request"}


async def test_law_4_every_outcome_carries_desk_coverage_and_what_nothing_means(start: Start) -> None:
    town = await start()
    town.sources["school"].fails(SourceUnavailable("gone"))
    for service in (await town.ask())["services"]:
        assert service["desk"]["phone"] == "0191 498 0000"
        assert service["covers_since"] == "2015-01-01"
        assert service["as_of"] == "live"
        assert service["nothing_means"].startswith("Nothing that")


async def test_law_4_an_answer_bears_the_day_of_the_extract_that_was_read_and_no_other(start: Start) -> None:
    extracts = {name: text + "as_of: extract\n" for name, text in SOURCES.items()}
    town = await start({"school": [row()]}, sources=extracts)
    for source in town.sources.values():
        source.as_of = date(2026, 5, 31)
    town.sources["housing"].fails(SourceUnavailable("41 hours old"))
    days = {one["source"]: one["as_of"] for one in (await town.ask())["services"]}
    assert days == {"school": "2026-05-31", "police": "2026-05-31", "housing": None}


ADA = Search("q-1", (Identifiers("Ada", "Smith"),), frozenset(), seconds=5.0)


async def test_law_4_an_extract_that_is_too_old_is_not_asked(tmp_path: Path) -> None:
    source = school_extract(tmp_path)
    assert len((await source.candidates(ADA)).rows) == 1
    two_days_ago = time.time() - 2 * 24 * 3600
    os.utime(tmp_path / "people.csv", (two_days_ago, two_days_ago))
    with pytest.raises(SourceUnavailable, match="48 hours old"):
        await source.candidates(ADA)
    await source.close()


async def test_law_4_an_extract_whose_rows_would_be_lost_is_not_asked(tmp_path: Path) -> None:
    """A quotation mark without a partner makes one cell of all that follows: Ada would be nobody."""
    source = school_extract(tmp_path, b'k0,"Bob,Jones\n' + ADAS_ROW)
    with pytest.raises(SourceMisfit, match="line 2"):
        await source.candidates(ADA)
    await source.close()


def test_law_4_no_words_say_that_there_is_no_record() -> None:
    assert set(ON_PAGES) == set(Outcome)
    said = " ".join(ON_PAGES.values()).lower()
    assert "no record" not in said
    assert "not known" not in said
    assert "may hold more" in ON_PAGES[Outcome.NOTHING_TO_SHARE]


async def test_law_4_a_failure_says_that_it_tells_nothing(start: Start) -> None:
    town = await start()
    town.sources["school"].fails(SourceTimedOut("slow"))
    answer = await town.ask()
    problems: list[Any] = [one["problem"] for one in answer["services"] if one["problem"]]
    assert [("says nothing of what it holds" in one["detail"]) for one in problems] == [True]
