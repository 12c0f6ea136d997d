"""Two versions of a policy on the same rows: each answers as it would alone, from one search."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import date
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import handwritten
from broker.answers import Outcome
from broker.asking_again import Again
from broker.both_versions import by_both
from broker.changed_answers import change
from broker.consult import consult
from broker.consultation import Consultation, Consulted, PersonFinding
from broker.consulting.side import OwnersSide
from broker.questions import typed_age
from connectors.contract import Candidate, Candidates, Identifiers, Search
from connectors.memory import MemoryConnector
from connectors.source_file import SourceFile
from consent_rules.model import Sources
from consent_rules.permit import Grant
from policy.compile import CompiledPolicy, compile_policy
from policy.load import load_policy
from tests.fakes.littleworth import POLICIES, SOURCES, row
from tests.unit.broker.broker_samples import ASK

SCHOOL = POLICIES["school"]
CLOSED = SCHOOL.replace("- {purpose: section_47_enquiry}", "- {purpose: early_help_assessment}")
VERSIONS = (
    SCHOOL,
    CLOSED,
    SCHOOL.replace("only: [support, tenancy]", "only: [support]"),
    SCHOOL.replace("from: 3}", "from: 18}"),
    SCHOOL.replace("show: full_date}", "show: year}").replace("show: named}", "show: team}"),
    SCHOOL.replace("show: exact}", "show: exact, when: {relation: parent}}"),
    SCHOOL.replace("sensitive: false", "sensitive: true"),
    SCHOOL.replace("  last_contact:\n", "  ended:\n"),
    SCHOOL.replace("version: 3", "version: 3\ndiscloses: by_request"),
)


@cache
def compiled(version: int) -> CompiledPolicy:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "school.yaml"
        path.write_text(VERSIONS[version], encoding="utf-8")
        return compile_policy(load_policy(path))


@cache
def source() -> SourceFile:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "school.yaml"
        path.write_text(SOURCES["school"], encoding="utf-8")
        return handwritten.read(path, SourceFile)


def side(version: int, connector: MemoryConnector) -> OwnersSide:
    return OwnersSide(connector, compiled(version))


def asked(*people: tuple[str, Identifiers]) -> Again:
    ask = replace(ASK, case="unverified")
    consulted = tuple(
        Consulted(number, typed, replace(ask, relation=relation, typed_age=typed_age(typed, ask.today)))
        for number, (relation, typed) in enumerate(people, start=1)
    )
    grant = Grant("section_47_enquiry", "social_worker", "details", 60, (), Sources(), former_names=True)
    return Again(Consultation("simulate-1", consulted, 2.0), grant)


def answers(
    again: Again, old: OwnersSide, new: OwnersSide
) -> tuple[tuple[PersonFinding, PersonFinding], ...]:
    return asyncio.run(by_both(again, old, new))


EMMA = Identifiers(given_name="Emma", family_name="Ashdown", birth_date=date(1991, 3, 7))
TYPED = st.sampled_from(
    [EMMA, replace(EMMA, birth_date=None, postcode="LW1 4AB"), replace(EMMA, given_name="Em")]
)
VERSION = st.integers(0, len(VERSIONS) - 1)
ROWS = st.lists(
    st.builds(
        lambda category, born, contact: row(
            gates={"category": category}, identifiers={"birth_date": born}, last_contact=contact
        ),
        st.sampled_from(["support", "tenancy", "parking", None]),
        st.sampled_from([date(1991, 3, 7), date(1991, 7, 3), None]),
        st.sampled_from([date(2026, 5, 20), date(2019, 1, 1), None]),
    ),
    max_size=4,
).map(lambda rows: [replace(one, local_key=f"k{number}") for number, one in enumerate(rows)])


@given(ROWS, TYPED, st.sampled_from(["parent", "other_adult"]), VERSION, VERSION)
@settings(deadline=None)
def test_each_version_answers_as_it_would_alone(
    rows: list[Candidate], typed: Identifiers, relation: str, old: int, new: int
) -> None:
    again, connector = asked((relation, typed)), MemoryConnector(source(), rows)
    (both,) = answers(again, side(old, connector), side(new, connector))
    alone = [asyncio.run(consult(again.consultation, side(one, connector))).people[0] for one in (old, new)]
    assert [replace(one, hint=None) for one in both] == [replace(one, hint=None) for one in alone]


@given(ROWS, TYPED, VERSION)
@settings(deadline=None)
def test_the_same_version_changes_nothing(rows: list[Candidate], typed: Identifiers, version: int) -> None:
    connector = MemoryConnector(source(), rows)
    (both,) = answers(asked(("parent", typed)), side(version, connector), side(version, connector))
    assert change(*both) is None


@given(ROWS, TYPED, VERSION)
@settings(deadline=None)
def test_a_version_that_closes_everything_loses_whoever_was_known(
    rows: list[Candidate], typed: Identifiers, version: int
) -> None:
    connector = MemoryConnector(source(), rows)
    (both,) = answers(asked(("parent", typed)), side(version, connector), side(1, connector))
    assert both[1].outcome is Outcome.WITHHELD
    assert (change(*both) == "lost") == (both[0].outcome is Outcome.INVOLVED)


ROLAND = Identifiers(given_name="Roland", family_name="Pike", birth_date=date(2010, 8, 8))
OF_ROLAND = {"given_name": "Roland", "family_name": "Pike", "birth_date": date(2010, 8, 8)}
KNOWN = [row("k1"), row("k2", identifiers=OF_ROLAND)]


FAMILY = asked(("child", ROLAND), ("parent", EMMA))
ADULTS = 3
"""The version that opens adults alone. Roland is fifteen."""


def test_one_search_serves_both_with_the_columns_of_both() -> None:
    connector = MemoryConnector(source(), KNOWN)
    only_involved = side(7, connector)  # which shows another date
    answers(asked(("parent", EMMA), ("child", ROLAND)), side(0, connector), only_involved)
    (search,) = connector.searches
    assert search.involvement == {"started", "ended", "last_contact", "status", "contact"}
    assert (search.query_id, len(search.people)) == ("simulate-1", 2)


def test_nobody_is_searched_for_who_is_closed_by_both() -> None:
    connector = MemoryConnector(source(), KNOWN)
    answers(asked(("parent", EMMA)), side(1, connector), side(1, connector))
    assert connector.searches == []


def test_whom_one_version_closes_the_other_still_finds_beside_others() -> None:
    connector = MemoryConnector(source(), KNOWN)
    roland, emma = answers(FAMILY, side(0, connector), side(ADULTS, connector))
    assert [change(*one) for one in (roland, emma)] == ["lost", None]
    assert len(connector.searches) == 1
    assert [one.number for one in (*roland, *emma)] == [1, 1, 2, 2]


def test_a_source_that_takes_other_identifiers_is_silent_about_the_right_one() -> None:
    class OfTheSecondNotAsked(MemoryConnector):
        async def candidates(self, search: Search) -> Candidates:
            return replace(await super().candidates(search), not_asked=frozenset({1}))

    connector = OfTheSecondNotAsked(source(), KNOWN)
    roland, emma = answers(FAMILY, side(0, connector), side(ADULTS, connector))
    assert [one.outcome for one in roland] == [Outcome.INVOLVED, Outcome.WITHHELD]
    assert [one.outcome for one in emma] == [Outcome.NOT_ASKED, Outcome.NOT_ASKED]


def test_a_purpose_that_opens_no_sensitive_source_opens_none_that_a_version_calls_so() -> None:
    connector = MemoryConnector(source(), KNOWN)
    again = asked(("parent", EMMA))
    again = replace(again, grant=replace(again.grant, sources=Sources(sensitive=False)))
    (both,) = answers(again, side(0, connector), side(6, connector))
    assert both[1].outcome is Outcome.NOT_ASKED
    assert change(*both) == "lost"


@pytest.mark.parametrize("version", range(len(VERSIONS)))
def test_every_version_of_these_tests_is_a_policy_of_its_own(version: int) -> None:
    assert compiled(version).digest not in {compiled(one).digest for one in range(version)}
