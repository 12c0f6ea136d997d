"""What has changed between two answers about one person: told by what whoever asked would see."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from broker.answers import Outcome
from broker.changed_answers import Change, Tally, change
from broker.consultation import Finding, PersonFinding
from broker.matching.grades import Grade
from policy.facts import Involvement, LeadPractitioner

ALL = Involvement(
    status="Open",
    status_means="Someone works on it.",
    started="2025-02",
    last_contact="2026-05-20",
    lead_practitioner=LeadPractitioner("named", "Pat Quayle", "Officer", "North team"),
)
BARE = Involvement()


def shown(*involvements: Involvement) -> PersonFinding:
    findings = tuple(Finding(one, Grade.CERTAIN, {}, "") for one in involvements)
    return PersonFinding(1, Outcome.INVOLVED, findings=findings)


def answered(outcome: Outcome) -> PersonFinding:
    return PersonFinding(1, outcome)


NOTHING, AMBIGUOUS = answered(Outcome.NOTHING_TO_SHARE), answered(Outcome.AMBIGUOUS)
TEAM = LeadPractitioner("team", team="North team")


@pytest.mark.parametrize(
    ("before", "after", "found"),
    [
        (shown(ALL), shown(ALL), None),
        (NOTHING, NOTHING, None),
        (NOTHING, shown(BARE), "found"),
        (shown(BARE), NOTHING, "lost"),
        (shown(ALL), AMBIGUOUS, "lost"),
        (NOTHING, AMBIGUOUS, "otherwise"),
        (answered(Outcome.WITHHELD), NOTHING, "otherwise"),
        (shown(BARE), shown(ALL), "more"),
        (shown(ALL), shown(Involvement(started="2025")), "less"),
        (shown(ALL), shown(ALL, BARE), "more"),
        (shown(Involvement(started="2025")), shown(Involvement(started="2025-02")), "more"),
        (shown(Involvement(lead_practitioner=TEAM)), shown(ALL), "more"),
        (shown(Involvement(started="2025-02")), shown(Involvement(status="Open")), "otherwise"),
        (
            shown(Involvement(status="Open", status_means="a")),
            shown(Involvement(status="Open", status_means="b")),
            "otherwise",
        ),
        (shown(Involvement(started="2024")), shown(Involvement(started="2025-02")), "otherwise"),
    ],
)
def test_a_change_is_called_what_it_is(
    before: PersonFinding, after: PersonFinding, found: Change | None
) -> None:
    assert change(before, after) == found


INVOLVEMENTS = st.builds(
    Involvement,
    status=st.sampled_from([None, "Open", "Closed"]),
    started=st.sampled_from([None, "2025", "2025-02", "2025-02-03", "2024"]),
    lead_practitioner=st.sampled_from([None, LeadPractitioner("desk"), TEAM, ALL.lead_practitioner]),
)
ANSWERS = st.one_of(
    st.lists(INVOLVEMENTS, min_size=1, max_size=3).map(lambda found: shown(*found)),
    st.sampled_from(
        [answered(one) for one in (Outcome.NOTHING_TO_SHARE, Outcome.AMBIGUOUS, Outcome.WITHHELD)]
    ),
)
BACK = {
    "found": "lost",
    "lost": "found",
    "more": "less",
    "less": "more",
    "otherwise": "otherwise",
    None: None,
}


@given(ANSWERS, ANSWERS)
def test_the_way_back_is_the_opposite(before: PersonFinding, after: PersonFinding) -> None:
    assert change(after, before) == BACK[change(before, after)]
    assert change(before, before) is None


@given(st.lists(ANSWERS, max_size=5))
def test_without_any_answer_left_everyone_who_was_known_is_lost(before: list[PersonFinding]) -> None:
    tally = Tally(1)
    tally.add([(one, answered(Outcome.WITHHELD)) for one in before])
    known = sum(one.outcome is Outcome.INVOLVED for one in before)
    assert (tally.people["lost"], tally.people["found"]) == (known, 0)
    assert (tally.people["more"], tally.people["less"]) == (0, 0)


def test_a_question_counts_once_however_many_of_its_people_change() -> None:
    tally = Tally(3)
    tally.add([(shown(ALL), NOTHING), (NOTHING, shown(ALL)), (NOTHING, NOTHING)])
    tally.add([(NOTHING, NOTHING)])
    assert (tally.asked, tally.changed, tally.left) == (2, 1, 1)
    assert dict(tally.people) == {"lost": 1, "found": 1}
