"""What must hold of every grant, whatever the rules and the query."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, get_args

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from consent_rules.caps import LEVELS, least
from consent_rules.model import PurposeRules, Relation
from consent_rules.permit import Asked, AskedPerson, Grant, permit
from tests.unit.consent_rules.purpose_samples import ROLES, a_purpose, rules_of

RELATIONS = get_args(Relation)
few = settings(max_examples=60)  # the folder is one of the fast tests


def some(values: Any, at_least: int = 0) -> st.SearchStrategy[list[str]]:
    return st.lists(st.sampled_from(sorted(values)), min_size=at_least, unique=True)


def caps() -> st.SearchStrategy[dict[str, str]]:
    return st.fixed_dictionaries(
        {}, optional={field: st.sampled_from(levels) for field, levels in LEVELS.items()}
    )


limits = st.one_of(st.just("nothing"), caps().filter(bool))
agreements = st.one_of(
    st.sampled_from(["not_needed", "record_conversation"]),
    st.fixed_dictionaries(
        {"needed": st.fixed_dictionaries({"without_agreement": limits, "if_withdrawn": limits})}
    ),
)
purposes = st.builds(
    a_purpose,
    who_may_ask=some(ROLES, at_least=1),
    needs_registration=st.booleans(),
    about=some(RELATIONS),
    journeys=some(["people", "case"]),
    views=some(["flags", "details", "details_after_flags"]),
    must_record=some(["reason", "case_reference", "conversation"]),
    family_agreement=agreements,
    family_agreement_for_details=agreements,
    case_check=st.one_of(st.just("not_made"), st.fixed_dictionaries({"unverified": limits})),
    at_most=limits,
    sources=st.sampled_from(["all", "none"]),
)
rule_files = st.builds(rules_of, first=purposes, second=st.just(a_purpose(who_may_ask=["auditor"])))

open_purposes = st.builds(
    a_purpose,
    needs_registration=st.booleans(),
    about=st.just(list(RELATIONS)),
    views=st.sampled_from([["flags", "details"], ["flags", "details_after_flags"]]),
    must_record=some(["reason", "case_reference", "conversation"]),
    family_agreement=agreements,
    family_agreement_for_details=agreements,
    case_check=st.one_of(st.just("not_made"), st.fixed_dictionaries({"unverified": limits})),
    at_most=caps().filter(bool),
)
"""Purposes that permit most queries, so that the laws of what is shown meet many grants."""

typed = st.text("ab_ '*%éשÅ\t\n\0\ud800", max_size=80)
texts = st.one_of(st.none(), st.just(""), st.just("  "), st.just("Written"), typed)
a_person = st.builds(
    AskedPerson,
    relation=st.one_of(st.sampled_from(RELATIONS), typed),
    family_agreement=st.sampled_from(["given", "refused", "withdrawn", "not_recorded", None]),
    agreement_evidence=texts,
)
queries = st.builds(
    Asked,
    purpose=st.one_of(st.sampled_from(["first", "second"]), typed),
    held_roles=st.frozensets(st.one_of(st.sampled_from(sorted(ROLES)), typed)),
    role=st.one_of(st.none(), st.sampled_from(sorted(ROLES)), typed),
    journey=st.sampled_from(["people", "case"]),
    view=st.sampled_from(["flags", "details"]),
    reason=texts,
    case_reference=texts,
    conversation=texts,
    case=st.sampled_from(["verified", "unverified", None]),
    people=st.lists(a_person, max_size=4).map(tuple),
    after_flags=st.booleans(),
    registered=st.booleans(),
)
fitting_people = st.builds(
    AskedPerson,
    relation=st.sampled_from(RELATIONS),
    family_agreement=st.sampled_from(["given", "refused", "withdrawn", "not_recorded", None]),
    agreement_evidence=st.sampled_from(["Plan of 3 May", None]),
)
fitting_queries = st.builds(
    Asked,
    purpose=st.just("first"),
    held_roles=st.just(frozenset({"social_worker"})),
    role=st.none(),
    journey=st.just("people"),
    view=st.sampled_from(["flags", "details"]),
    reason=st.just("Written"),
    case_reference=st.just("C-1"),
    conversation=st.just("Written"),
    case=st.sampled_from(["verified", "unverified", None]),
    people=st.lists(fitting_people, min_size=1, max_size=4).map(tuple),
    after_flags=st.just(True),
    registered=st.just(True),
)


def level(caps_of_one: Mapping[str, str], field: str) -> int:
    return LEVELS[field].index(caps_of_one[field]) if field in caps_of_one else len(LEVELS[field])


def shows_no_more(than: Mapping[str, str], caps_of_one: Mapping[str, str]) -> bool:
    return all(level(caps_of_one, field) <= level(than, field) for field in LEVELS)


def never_opens_more(before: Grant | tuple[Any, ...], after: Grant | tuple[Any, ...]) -> bool:
    if not isinstance(after, Grant):
        return True
    return isinstance(before, Grant) and all(
        shows_no_more(was.caps, now.caps) and (now.closed or not was.closed)
        for was, now in zip(before.people, after.people, strict=True)
    )


@few
@given(rule_files, queries)
def test_every_query_is_granted_or_refused_with_reasons(rules: PurposeRules, asked: Asked) -> None:
    decided = permit(rules, asked)
    assert isinstance(decided, Grant) or decided
    assert decided == permit(rules, asked), "the same question has one answer"


def required(rules: PurposeRules, asked: Asked) -> set[str]:
    purpose = rules.purposes[asked.purpose]
    talked = any(rule.record_conversation for rule in purpose.agreements(asked.view))
    return {*purpose.must_record, *(["conversation"] if talked else [])}


@few
@given(rule_files, queries)
def test_a_grant_has_every_permission_that_the_rules_ask_for(rules: PurposeRules, asked: Asked) -> None:
    decided = permit(rules, asked)
    if not isinstance(decided, Grant):
        return
    purpose = rules.purposes[asked.purpose]
    assert decided.role in asked.held_roles & set(purpose.who_may_ask)
    assert asked.role in (None, decided.role)
    assert asked.registered or not purpose.needs_registration
    assert {person.relation for person in asked.people} <= set(purpose.about)
    assert asked.journey in purpose.journeys
    assert asked.view in purpose.views or (asked.after_flags and "details_after_flags" in purpose.views)
    assert not purpose.sources.are_none
    assert all((getattr(asked, fact) or "").strip() for fact in required(rules, asked))


@few
@given(st.builds(rules_of, first=open_purposes), fitting_queries)
def test_fitting_queries_are_granted(rules: PurposeRules, asked: Asked) -> None:
    """So that the laws below are about grants, and not about refusals."""
    decided = permit(rules, asked)
    assert isinstance(decided, Grant), decided
    assert len(decided.people) == len(asked.people)


@few
@given(rule_files, queries, st.sampled_from(sorted(ROLES)), st.frozensets(st.sampled_from(sorted(ROLES))))
def test_another_role_changes_nothing_for_the_role_that_is_named(
    rules: PurposeRules, asked: Asked, role: str, others: frozenset[str]
) -> None:
    alone = replace(asked, role=role, held_roles=frozenset({role}))
    assert permit(rules, replace(alone, held_roles=alone.held_roles | others)) == permit(rules, alone)


FORGOTTEN: dict[str, Any] = {
    "reason": None,
    "case_reference": None,
    "conversation": None,
    "case": None,
    "after_flags": False,
    "registered": False,
    "role": None,
}


@few
@given(st.builds(rules_of, first=open_purposes), fitting_queries, st.sampled_from(sorted(FORGOTTEN)))
def test_forgetting_a_fact_of_the_query_never_opens_more(
    rules: PurposeRules, asked: Asked, fact: str
) -> None:
    forgetful = replace(asked, **{fact: FORGOTTEN[fact]})
    assert never_opens_more(permit(rules, asked), permit(rules, forgetful))


@few
@given(
    st.builds(rules_of, first=open_purposes),
    fitting_queries,
    st.booleans(),
)
def test_forgetting_an_agreement_or_its_evidence_never_opens_more(
    rules: PurposeRules, asked: Asked, the_evidence_only: bool
) -> None:
    forgetful = replace(
        asked,
        people=tuple(
            AskedPerson(person.relation, person.family_agreement if the_evidence_only else None)
            for person in asked.people
        ),
    )
    assert never_opens_more(permit(rules, asked), permit(rules, forgetful))


@few
@given(st.builds(rules_of, first=open_purposes), fitting_queries)
def test_a_refusal_or_withdrawal_never_opens_more_than_no_agreement(
    rules: PurposeRules, asked: Asked
) -> None:
    def all_with(agreement: Any) -> Grant | tuple[Any, ...]:
        people = tuple(replace(person, family_agreement=agreement) for person in asked.people)
        return permit(rules, replace(asked, people=people))

    assert never_opens_more(all_with("not_recorded"), all_with("withdrawn"))
    assert never_opens_more(all_with("withdrawn"), all_with("refused"))


@few
@given(st.builds(rules_of, first=open_purposes), fitting_queries, fitting_people, st.integers(0, 3))
def test_what_is_known_of_one_person_never_changes_what_is_open_about_another(
    rules: PurposeRules, asked: Asked, other: AskedPerson, place: int
) -> None:
    assume(place < len(asked.people))
    changed = (*asked.people[:place], other, *asked.people[place + 1 :])
    before, after = permit(rules, asked), permit(rules, replace(asked, people=changed))
    assert isinstance(before, Grant)
    assert isinstance(after, Grant)
    assert [*before.people[:place], *before.people[place + 1 :]] == [
        *after.people[:place],
        *after.people[place + 1 :],
    ]


@few
@given(st.builds(rules_of, first=open_purposes), fitting_queries, caps().filter(bool))
def test_another_cap_never_opens_more(rules: PurposeRules, asked: Asked, more: dict[str, str]) -> None:
    plain = rules.purposes["first"]
    both = least(plain.at_most.levels(), more)
    capped = plain.model_copy(update={"at_most": plain.at_most.model_copy(update=both)})
    stricter = rules.model_copy(update={"purposes": {"first": capped}})
    assert never_opens_more(permit(rules, asked), permit(stricter, asked))


@few
@given(rule_files, queries)
def test_the_order_of_what_a_file_lists_makes_no_difference(rules: PurposeRules, asked: Asked) -> None:
    turned = PurposeRules(
        format=rules.format,
        roles=dict(reversed(rules.roles.items())),
        purposes={
            key: purpose.model_copy(
                update={
                    name: tuple(reversed(getattr(purpose, name)))
                    for name in ("who_may_ask", "about", "journeys", "views", "must_record")
                }
            )
            for key, purpose in reversed(rules.purposes.items())
        },
    )
    was, now = permit(rules, asked), permit(turned, asked)
    if isinstance(was, Grant):
        assert was == now
    else:
        assert isinstance(now, tuple)
        assert [(one.code, one.pointer) for one in was] == [(one.code, one.pointer) for one in now]


@few
@given(st.builds(rules_of, first=open_purposes), fitting_queries)
def test_the_order_of_people_makes_no_difference(rules: PurposeRules, asked: Asked) -> None:
    turned = permit(rules, replace(asked, people=asked.people[::-1]))
    straight = permit(rules, asked)
    assert isinstance(turned, Grant)
    assert isinstance(straight, Grant)
    assert turned.people[::-1] == straight.people


@few
@given(caps(), caps(), caps())
def test_the_least_of_caps_is_free_of_order_grouping_and_repetition(
    one: dict[str, str], two: dict[str, str], three: dict[str, str]
) -> None:
    merged = least(one, two, three)
    assert merged == least(three, one, two) == least(least(one, two), three) == least(one, least(two, three))
    assert merged == least(merged, merged) == least(merged, two)
    assert shows_no_more(one, merged)
