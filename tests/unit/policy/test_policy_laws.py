"""The laws of deciding, over generated policies, asks and records."""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import fields, replace
from datetime import date, timedelta
from itertools import combinations, product
from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from handwritten import Positions
from policy.compile import CompiledPolicy, compile_policy
from policy.facts import LEVELS, Ask, Record
from policy.levels import level_name
from policy.load import LoadedPolicy
from policy.model import SharingPolicy
from policy.reduce import reduced

TODAY = date(2026, 6, 1)
FIELDS = list(LEVELS)
PURPOSES, ROLES, RELATIONS = ["enquiry", "help"], ["worker", "lead"], ["parent", "other_adult"]
AGREEMENTS, CASES = ["given", "refused", "withdrawn"], ["verified", "unverified"]

VARIED = ["involved", "status", "last_contact", "lead_practitioner"]
"""A field of each kind; the other dates decide as ``last_contact`` does."""
FACTS: list[dict[str, Any]] = [
    *({"relation": one} for one in RELATIONS),
    *({"case": one} for one in CASES),
    *({"family_agreement": one} for one in AGREEMENTS),
    *({"age": one} for one in ({"from": 18}, {"to": 40}, {"from": 30, "to": 60})),
]
PAIRS = [one | other for one, other in combinations(FACTS, 2)]


def scopes(conditions: list[dict[str, Any]], purposes: list[list[str] | None]) -> list[dict[str, Any]]:
    """Whom a rule may speak of. Most often of every role, or else few laws would meet a record that is shown."""
    roles = [None, None, None, *([role] for role in ROLES)]
    return [
        {"purpose": purpose, "roles": some, "when": when or None}
        for when, some, purpose in product(conditions, roles, purposes)
    ]


GIVING = scopes([*[{}] * 60, *FACTS, *PAIRS], [PURPOSES, ["enquiry"], ["help"]])
LIMITING = scopes([{}, *FACTS, *PAIRS], [None, PURPOSES, ["enquiry"], ["help"]])


def rule(field: str, *, limit: bool) -> st.SearchStrategy[dict[str, Any]]:
    """A share rule, or a limit, of one field."""
    scope, more = (LIMITING, {"why": "Because."}) if limit else (GIVING, {})
    names = [level_name(field, at) for at in LEVELS[field]]
    weighed = names if limit else [*names, *names[1:], *names[1:]]
    return st.builds(
        lambda whom, name: {**whom, **more, "show": name}, st.sampled_from(scope), st.sampled_from(weighed)
    )


TO_EVERYBODY = st.sampled_from([[], *[[{"purpose": PURPOSES, "show": "yes"}]] * 3])


def rules(field: str) -> st.SearchStrategy[dict[str, Any]]:
    several = st.lists(rule(field, limit=False), min_size=1, max_size=4)
    made: dict[str, st.SearchStrategy[Any]] = {
        "justification": st.just("Because."),
        "share": st.builds(list.__add__, several, TO_EVERYBODY) if field == "involved" else several,
        "at_most": st.lists(rule(field, limit=True), max_size=1 if field == "involved" else 2),
    }
    if field == "status":
        made["codes"] = st.just({"open": {"label": "Open", "meaning": "Someone works on it."}})
    return st.fixed_dictionaries(made)


contents = st.fixed_dictionaries(
    {
        "fields": st.fixed_dictionaries({field: rules(field) for field in VARIED}),
        "people": st.sampled_from([None, None, {"age": {"from": 18}}, {"age": {"from": 4, "to": 20}}]),
        "gates": st.sampled_from([{}, {"kind": {"only": ["a", "b"]}}, {"kind": {"never": {"c": "No."}}}]),
        "look_back": st.sampled_from(["unlimited", "24 months"]),
    }
)
asks = st.builds(
    Ask,
    purpose=st.sampled_from([*PURPOSES, *PURPOSES, "other"]),
    role=st.sampled_from([*ROLES, *ROLES, "other"]),
    relation=st.sampled_from([*RELATIONS, "child"]),
    today=st.just(TODAY),
    typed_age=st.sampled_from([None, 18, 19, 20, None, 35, 17, 60, 3]),
    case=st.none() | st.sampled_from(CASES),
    family_agreement=st.none() | st.sampled_from(AGREEMENTS),
    look_back_months=st.none() | st.integers(1, 60),
    caps=st.dictionaries(st.sampled_from(FIELDS), st.sampled_from([1, 2, 1, 0]), max_size=2),
)
days = st.sampled_from([0, 1, 30, 200, 700, 729, 730, 731, 1500, -1, None]).map(
    lambda back: None if back is None else TODAY - timedelta(days=back)
)
records = st.builds(
    Record,
    age=st.sampled_from([18, 20, 19, 35, 40, 17, 60, 3, None]),
    status=st.sampled_from([None, "open", "odd"]),
    started=days,
    ended=days,
    last_contact=days,
    gates=st.fixed_dictionaries({"kind": st.sampled_from(["a", "b", "a", "c", "d", None])}),
    contact_name=st.sampled_from([None, "Pat"]),
    contact_team=st.sampled_from([None, "North"]),
)


def compiled(content: dict[str, Any]) -> CompiledPolicy:
    whole = {
        "format": "sharing-policy/1",
        "policy": "p",
        "source": "p",
        "owner": {"organisation": "o", "contact": "c"},
        "controller": "c",
        "discloses_under": {"gateway": "g", "lawful_basis": "public_task"},
        "version": 1,
        "effective": {"from": "2026-01-01", "until": "2026-12-31"},
        "sharing_agreement": {"dsa": "d", "dpia": "d", "agreed": "2026-01-01"},
        "record_date": "last_contact",
        "nothing_means": "Nothing.",
        **content,
    }
    path = Path("p.yaml")
    return compile_policy(
        LoadedPolicy(SharingPolicy.model_validate(whole), "0", Positions(path, (), {}, {}), path)
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
