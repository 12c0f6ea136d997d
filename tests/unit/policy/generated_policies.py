"""Policies, asks and records, generated: every construct of the language, and every fact unknown."""

from __future__ import annotations

from datetime import date, time, timedelta
from itertools import combinations, product
from pathlib import Path
from typing import Any

from hypothesis import strategies as st

from handwritten import Positions
from policy.compile import CompiledPolicy, compile_policy
from policy.facts import LEVELS, Ask, Record
from policy.levels import level_name
from policy.load import LoadedPolicy
from policy.model import SharingPolicy

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
    *({"time": one} for one in ({"from": "08:00", "to": "18:00"}, {"from": "18:00", "to": "08:00"})),
    *({"restriction": one} for one in ("staff", "location")),
]
PAIRS = [one | other for one, other in combinations(FACTS, 2) if not one.keys() & other.keys()]


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
    time=st.none() | st.sampled_from([time(7, 59), time(8), time(17, 59), time(18)]),
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
    restriction=st.sampled_from(["none"] * 6 + ["location", "staff", "shielded", None]),
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
