"""The laws of deciding, over generated policies, asks and records."""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import fields, replace
from datetime import date
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from policy.compile import CompiledPolicy
from policy.facts import Ask, Record
from policy.reduce import reduced
from tests.unit.policy.generated_policies import (
    FIELDS,
    VARIED,
    asks,
    compiled,
    contents,
    records,
    rule,
)


def no_more(
    less: CompiledPolicy, more: CompiledPolicy, ask: Ask, record: Record, other: Ask | None = None
) -> bool:
    """Whether the first policy shows no more of any field than the second."""
    low, high = less.levels(other or ask, record), more.levels(ask, record)
    return all(low[field] <= high[field] for field in FIELDS)


def changed(content: dict[str, Any], field: str, kind: str, made: Any) -> dict[str, Any]:
    """The content with one rule list of one field replaced by what ``made`` makes of it."""
    of_field = content["fields"][field]
    return {
        **content,
        "fields": {**content["fields"], field: {**of_field, kind: made(of_field[kind])}},
    }


@given(contents, asks, records, st.sampled_from(VARIED), st.randoms(use_true_random=False))
def test_the_order_of_rules_never_matters(
    content: dict[str, Any], ask: Ask, record: Record, field: str, chance: random.Random
) -> None:
    shuffled = content
    for kind in ("share", "at_most"):
        shuffled = changed(shuffled, field, kind, lambda rules: chance.sample(rules, len(rules)))
    assert compiled(content).levels(ask, record) == compiled(shuffled).levels(ask, record)


@given(contents, asks, records, st.data())
def test_another_share_never_shows_less(
    content: dict[str, Any], ask: Ask, record: Record, more: st.DataObject
) -> None:
    field = more.draw(st.sampled_from(VARIED))
    added = more.draw(rule(field, limit=False))
    wider = changed(content, field, "share", lambda rules: [*rules, added])
    assert no_more(compiled(content), compiled(wider), ask, record)


@given(contents, asks, records, st.data())
def test_another_limit_never_shows_more(
    content: dict[str, Any], ask: Ask, record: Record, more: st.DataObject
) -> None:
    field = more.draw(st.sampled_from(VARIED))
    added = more.draw(rule(field, limit=True))
    closer = changed(content, field, "at_most", lambda rules: [*rules, added])
    assert no_more(compiled(closer), compiled(content), ask, record)


@given(contents, asks, records, st.sampled_from(["case", "family_agreement"]))
def test_forgetting_what_is_known_of_the_request_never_shows_more(
    content: dict[str, Any], ask: Ask, record: Record, fact: str
) -> None:
    policy = compiled(content)
    unknown: dict[str, Any] = {fact: None}
    assert no_more(policy, policy, ask, record, replace(ask, **unknown))


@given(contents, asks, records, st.sampled_from(["age", "last_contact", "gates"]))
def test_forgetting_what_is_known_of_the_record_never_shows_more(
    content: dict[str, Any], ask: Ask, record: Record, fact: str
) -> None:
    policy = compiled(content)
    unknown: dict[str, Any] = {fact: {} if fact == "gates" else None}
    forgotten = replace(record, **unknown)
    low, high = policy.levels(ask, forgotten), policy.levels(ask, record)
    assert all(low[field] <= high[field] for field in FIELDS)


@given(contents, asks, records, st.sampled_from(FIELDS))
def test_another_cap_of_the_purpose_never_shows_more(
    content: dict[str, Any], ask: Ask, record: Record, field: str
) -> None:
    policy = compiled(content)
    assert no_more(policy, policy, ask, record, replace(ask, caps={**ask.caps, field: 0}))


@given(contents, asks, records)
def test_what_is_closed_is_withheld_whatever_the_record_and_what_is_shown_was_open(
    content: dict[str, Any], ask: Ask, record: Record
) -> None:
    policy = compiled(content)
    shown = {field for field, level in policy.levels(ask, record).items() if level}
    assert shown <= policy.opens(ask)
    assert not policy.closes(ask) or policy.withholds(ask, record)
    assert policy.withholds(ask, record) == (policy.reduce(ask, record) is None)


@given(contents, asks, records)
def test_a_policy_without_the_purpose_or_out_of_force_shows_nothing(
    content: dict[str, Any], ask: Ask, record: Record
) -> None:
    policy = compiled(content)
    for closed in (
        replace(ask, purpose="other"),
        replace(ask, today=date(2025, 12, 31)),
        replace(ask, today=date(2027, 1, 1)),
    ):
        assert policy.closes(closed)
        assert set(policy.levels(closed, record).values()) == {0}


@given(contents, asks, records)
def test_a_trace_tells_the_level_and_names_rules_only_where_they_decided(
    content: dict[str, Any], ask: Ask, record: Record
) -> None:
    policy = compiled(content)
    levels = policy.levels(ask, record)
    traces = policy.trace(ask, record)
    assert {one.field: one.level for one in traces} == levels
    for one in traces:
        assert bool(one.given) or one.level == 0
        assert not (one.limited or one.limited_by_purpose) or one.given


@given(contents, asks, records)
def test_what_is_shown_depends_on_nothing_that_is_not(
    content: dict[str, Any], ask: Ask, record: Record
) -> None:
    policy = compiled(content)
    levels = policy.levels(ask, record)
    cleared: dict[str, Any] = {
        name: None for name in ("started", "ended", "last_contact", "status") if not levels[name]
    }
    if levels["involved"]:
        assert policy.reduce(ask, record) == reduced(policy.policy, levels, replace(record, **cleared))
    else:
        assert policy.reduce(ask, record) is None


def test_the_laws_meet_many_records_that_are_shown_and_many_that_are_not() -> None:
    met: Counter[str] = Counter()

    @settings(max_examples=150, derandomize=True, database=None)
    @given(contents, asks, records)
    def meet(content: dict[str, Any], ask: Ask, record: Record) -> None:
        policy = compiled(content)
        levels = policy.levels(ask, record)
        met["closed" if policy.closes(ask) else "shown" if levels["involved"] else "withheld"] += 1

    meet()
    assert min(met["closed"], met["withheld"], met["shown"]) >= 15


odd = (
    st.none()
    | st.integers()
    | st.text(max_size=3)
    | st.binary(max_size=3)
    | st.lists(st.integers(), max_size=2)
)


@given(contents, st.dictionaries(st.sampled_from([f.name for f in fields(Record)]), odd), asks)
def test_whatever_a_record_holds_deciding_never_fails(
    content: dict[str, Any], held: dict[str, Any], ask: Ask
) -> None:
    policy = compiled(content)
    record = Record(**held)
    assert set(policy.levels(ask, record)) == set(FIELDS)
    assert policy.withholds(ask, record) in {True, False}
    assert policy.closes(ask) in {True, False}
    assert [one.field for one in policy.trace(ask, record)] == FIELDS
    reduced_or_none = policy.reduce(ask, record)
    assert reduced_or_none is None or reduced_or_none.involved


@given(
    contents,
    records,
    st.fixed_dictionaries(dict.fromkeys(("purpose", "today", "typed_age", "caps"), odd)),
)
def test_whatever_an_ask_holds_deciding_never_fails(
    content: dict[str, Any], record: Record, held: dict[str, Any]
) -> None:
    policy = compiled(content)
    ask = Ask(role="worker", relation="parent", **held)
    assert policy.closes(ask)
    assert policy.withholds(ask, record)
    assert policy.reduce(ask, record) is None
    assert {one.level for one in policy.trace(ask, record)} == {0}


@given(contents, st.lists(asks, min_size=1, max_size=3), records)
def test_for_one_query_a_policy_decides_as_ever(
    content: dict[str, Any], several: list[Ask], record: Record
) -> None:
    policy = compiled(content)
    same = policy.for_one_query()
    for ask in [*several, *several]:
        assert same.levels(ask, record) == policy.levels(ask, record)
        assert same.trace(ask, record) == policy.trace(ask, record)
        assert (same.closes(ask), same.opens(ask)) == (policy.closes(ask), policy.opens(ask))
