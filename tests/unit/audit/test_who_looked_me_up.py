"""Who looked a person up: found across spellings, graded, and released only as a human decided."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from broker.audit.asking.person import looked_up
from broker.audit.asking.report import (
    LEFT_OUT,
    NoSuchReport,
    Report,
    canonical,
    faults_of,
    in_words,
    report_of,
    written,
)
from broker.audit.change_events import AgreementRecorded
from broker.audit.event import PersonAsked
from broker.audit.events import CaseChecked
from broker.audit.keys import load_keys
from broker.audit.match_events import MatchFeedback, MatchOf
from broker.audit.reading_events import ReportStarted, SubjectReviewed
from connectors.contract import Identifiers
from tests.unit.audit.audit_samples import (
    ANNA,
    KIT,
    NOW,
    ORIGIN,
    closed,
    disclosure,
    intent,
    keys_in,
    reading,
    writing,
)

BARE = Identifiers(given_name="Anna", family_name="Thistlewood", birth_date=ANNA.birth_date)
TWIN = replace(ANNA, given_name="Ada", nhs_number=None)
STRANGER = Identifiers(given_name="Zoltan", family_name="Quorn", birth_date=date(1950, 1, 2))

Found = list[tuple[int, str, tuple[int, ...]]]


async def found(tmp_path: Path, asked: Sequence[Identifiers], whom: Identifiers = ANNA) -> Found:
    async with writing(tmp_path) as log:
        for number, one in enumerate(asked):
            await log.record(intent(f"q-{number}", one))
    with reading(tmp_path) as reader:
        return [(one.index, one.surety, one.numbers) for one in looked_up(reader, whom, 10_000)]


@pytest.mark.parametrize(
    ("typed", "surety"),
    [
        (ANNA, "certain"),
        (Identifiers(nhs_number="999 000 0018"), "certain"),
        (BARE, "certain"),
        (replace(BARE, family_name="Thislewodo"), "certain"),
        (replace(BARE, given_name="Ana"), "probable"),
        (replace(BARE, birth_date=None), "possible"),
        (replace(BARE, birth_date=None, postcode="NS1 4AB"), "possible"),
        (replace(BARE, birth_date=date(2009, 5, 6)), "unlikely"),
    ],
)
async def test_every_spelling_is_found_and_graded(tmp_path: Path, typed: Identifiers, surety: str) -> None:
    ((index, sure, numbers),) = await found(tmp_path, [typed])
    assert (index, numbers) == (0, (1,))
    assert sure == surety


async def test_somebody_else_is_not_found_and_a_twin_is_not_certain(tmp_path: Path) -> None:
    ((index, surety, _),) = await found(tmp_path, [STRANGER, TWIN])
    assert index == 1
    assert surety not in ("certain", "probable")


async def test_in_an_entry_of_several_people_it_is_told_which_is_meant(tmp_path: Path) -> None:
    async with writing(tmp_path) as log:
        await log.record(intent("q-1", STRANGER, ANNA))
    with reading(tmp_path) as reader:
        (one,) = looked_up(reader, ANNA, 1)
        assert looked_up(reader, ANNA, 0) == []
    assert (one.numbers, "nhs number" in one.matched) == ((2,), True)
    assert "Thistlewood" not in repr(one) + json.dumps(one.as_json())


async def test_every_way_to_look_at_somebody_is_found(tmp_path: Path) -> None:
    asked = (PersonAsked(1, "child", ANNA),)
    day = date(2026, 6, 1)
    async with writing(tmp_path) as log:
        await log.record(replace(intent("q-1", STRANGER), opened_from="q-0"))
        checked = CaseChecked(
            query_id="q-1",
            at=NOW,
            source="cases",
            policy_digest="sha256:cc",
            policy_version=1,
            state="verified",
            complete=True,
            requester=KIT.subject,
            people=asked,
            shown=("relation",),
            repeats=0,
            content=b"",
            milliseconds=3,
        )
        await log.record(checked)
        await log.record(
            MatchFeedback(
                "f-1",
                NOW,
                KIT,
                "school",
                "q-1",
                "section_47_enquiry",
                "wrong",
                MatchOf(KIT.subject, "school", asked),
            )
        )
        agreed = AgreementRecorded(
            NOW, KIT, "early_help_assessment", "given", "the_adult", "note 4", day, day, asked[0]
        )
        await log.record(agreed)
    with reading(tmp_path) as reader:
        told = looked_up(reader, ANNA, 10)
    assert [one.kind for one in told] == ["case.checked", "match.feedback", "agreement.recorded"]
    assert [one.requester["subject"] for one in told] == ["u-7"] * 3
    assert told[0].as_json()["purpose"] == "section_47_enquiry"  # from the query that it is part of


async def test_who_was_destroyed_is_found_no_more_and_everybody_else_is(tmp_path: Path) -> None:
    ada = replace(ANNA, given_name="Ada", nhs_number=None)
    async with writing(tmp_path) as log:
        await log.record(intent("q-1"))
        await log.record(intent("q-2", ANNA, ada))
        keys = load_keys(keys_in(tmp_path))
        keys.destroy_person_key(ANNA)
        keys.close()
    with reading(tmp_path) as reader:
        assert looked_up(reader, Identifiers(nhs_number=ANNA.nhs_number), 2) == []
        (left,) = looked_up(reader, ada, 2)
        assert (left.index, left.surety, left.numbers) == (1, "certain", (1, 2))


async def test_an_entry_is_found_by_what_it_holds_not_by_what_was_once_typed_beside_it(
    tmp_path: Path,
) -> None:
    number = Identifiers(nhs_number=ANNA.nhs_number)
    async with writing(tmp_path) as log:
        await log.record(intent("q-1", number))
        await log.record(intent("q-2"))
    with reading(tmp_path) as reader:
        assert [one.index for one in looked_up(reader, replace(ANNA, nhs_number=None), 2)] == [1]
        assert [one.index for one in looked_up(reader, number, 2)] == [0, 1]


def review(entry: int, verdict: Any = "released", **changed: Any) -> SubjectReviewed:
    whole = SubjectReviewed("r-1", NOW, "dpo", entry, verdict, None, serious_harm=False, third_party=False)
    return replace(whole, **changed)


async def report(tmp_path: Path, *reviews: SubjectReviewed) -> Report:
    """A report about Anna: entry 0 is certain, entry 3 possible; entry 5 came later."""
    async with writing(tmp_path) as log:
        await log.record(intent("q-1"))
        await log.record(disclosure("q-1"))
        await log.record(closed("q-1"))
        await log.record(intent("q-2", replace(BARE, birth_date=None), reason="Ada's own words"))
        await log.record(ReportStarted("r-1", NOW, "dpo", "Her request", ANNA, 4, 2))
        await log.record(intent("q-3"))
        for one in reviews:
            await log.record(one)
    with reading(tmp_path) as reader:
        return report_of(reader, "r-1")


async def test_a_report_is_of_the_log_as_it_was_when_it_began(tmp_path: Path) -> None:
    told = await report(tmp_path, review(0))
    assert [one.index for one in told.look_ups] == [0, 3]
    assert told.unreviewed == (3,)


async def test_the_latest_review_of_an_entry_holds(tmp_path: Path) -> None:
    told = await report(
        tmp_path, review(0), review(3), review(0, "withheld", reason="Harm", serious_harm=True)
    )
    assert ([one.index for one in told.told], [one.index for one in told.withheld]) == ([3], [0])


async def test_what_is_released_names_the_professional_and_nobody_else(tmp_path: Path) -> None:
    told = await report(tmp_path, review(0), review(3, "not_the_person"))
    released = written(told, ORIGIN, "", datetime(2026, 6, 9, tzinfo=UTC))
    (entry,) = released["looked_up"]
    assert (entry["who"], entry["role"], entry["organisation"]) == (
        "Kit Marlowe-Sample",
        "social_worker",
        "Northshire",
    )
    assert (entry["purpose"], entry["services_asked"]) == ("section_47_enquiry", ["school"])
    for text in (canonical(released).decode(), in_words(released)):
        assert "Kit Marlowe-Sample" in text
        assert LEFT_OUT in text
        for hidden in ("Nurse Quill", "Ada's", "4711", "nothing_to_share", "9990000018", "u-7", "withheld"):
            assert hidden not in text
    assert "01 June 2026, 10:00" in in_words(released)  # in London, not in UTC


async def test_a_name_is_withheld_with_a_reason_and_an_entry_without_a_trace(tmp_path: Path) -> None:
    hidden = await report(
        tmp_path, review(0, withholds_name=True, reason="Threats"), review(3, "withheld", reason="Harm")
    )
    text = in_words(written(hidden, ORIGIN, "", NOW))
    assert "Kit" not in text
    assert "A member of staff who is not named here, Northshire" in text
    assert "Threats" not in text
    other = tmp_path / "other"
    other.mkdir()
    nobody = await report(other, review(0, withholds_name=True, reason="x"), review(3, "not_the_person"))
    assert text == in_words(written(nobody, ORIGIN, "", NOW))  # what is withheld looks like what is not there


@pytest.mark.parametrize(
    ("made", "fault"),
    [
        (review(1), "did not find this entry"),
        (review(0, serious_harm=True), "serious harm"),
        (review(0, third_party=True), "may be released all the same"),
        (review(0, "withheld"), "why it is withheld"),
        (review(0, withholds_name=True), "A name is left out"),
        (review(0, "withheld", withholds_name=True, reason="x"), "A name is left out"),
    ],
)
async def test_a_review_that_is_not_whole_is_refused(
    tmp_path: Path, made: SubjectReviewed, fault: str
) -> None:
    told = list(faults_of(made, await report(tmp_path)))
    assert len(told) == 1
    assert fault in told[0]


@pytest.mark.parametrize(
    "made",
    [
        review(0),
        review(0, third_party=True, reason="She knows of it"),
        review(3, "withheld", serious_harm=True, reason="Harm"),
        review(3, "not_the_person"),
    ],
)
async def test_a_whole_review_has_no_fault(tmp_path: Path, made: SubjectReviewed) -> None:
    assert list(faults_of(made, await report(tmp_path))) == []


async def test_what_is_no_report_is_not_taken_for_one(tmp_path: Path) -> None:
    await report(tmp_path)
    with reading(tmp_path) as reader:
        for other in ("r-2", "q-1"):
            with pytest.raises(NoSuchReport, match=f"no report {other}"):
                report_of(reader, other)
    keys = load_keys(keys_in(tmp_path))
    keys.destroy_person_key(ANNA)
    keys.close()
    with reading(tmp_path) as reader, pytest.raises(NoSuchReport, match="key was destroyed"):
        report_of(reader, "r-1")
