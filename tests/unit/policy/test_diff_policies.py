"""What changes between two versions of a policy: all of it, nothing else, and each with a true example."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from policy.compile import CompiledPolicy, compile_policy
from policy.diff import Change, Diff, FieldChange, RecordsChange, diff
from policy.diff_words import change_said
from policy.examples import example_of
from policy.facts import LEVELS, Ask, Record
from policy.load import load_policy
from policy.space import OTHER, Span, plain
from tests.unit.policy.generated_policies import FIELDS, asks, compiled, contents, records
from tests.unit.policy.policy_samples import sample, write


def levels(policy: CompiledPolicy, ask: Ask, record: Record) -> list[int]:
    return [policy.levels(ask, record)[name] for name in LEVELS]


def one_part_changed(chance: random.Random, old: dict[str, Any], other: dict[str, Any]) -> dict[str, Any]:
    """The old content with one part of the other's: as somebody changes a policy."""
    part = chance.choice(["people", "gates", "look_back", *FIELDS])
    if part not in FIELDS:
        return {**old, part: other[part]}
    fields = {**old["fields"], **({part: other["fields"][part]} if part in other["fields"] else {})}
    return {**old, "fields": fields}


def covers(
    policies: tuple[CompiledPolicy, ...],
    changes: tuple[Change, ...],
    levels: tuple[str, int, int],
    ask: Ask,
    record: Record,
) -> bool:
    """Whether one of the changes names this field, these levels and these facts, or why the record passes now."""
    named = {role for one in policies for _, role in one.policy.named_roles()}
    asked = replace(ask, role=ask.role if ask.role in named else OTHER)
    return any(
        isinstance(one, RecordsChange)
        or (
            isinstance(one, FieldChange)
            and (one.name, one.before, one.after) == levels
            and ask.purpose in one.purposes
            and all(holds(one.region[fact], known(fact, asked, record)) for fact in one.region)
        )
        for one in changes
    )


def known(fact: str, ask: Ask, record: Record) -> Any:
    return getattr(record if fact in ("age", "restriction") else ask, fact)


def holds(values: tuple[Any, ...], value: Any) -> bool:
    return any(_is_in(one, value) if isinstance(one, Span) else one == value for one in values)


def _is_in(span: Span, value: Any) -> bool:
    return value is not None and span.first <= value and (span.beyond is None or value < span.beyond)


@settings(max_examples=200)
@given(
    contents,
    contents,
    st.randoms(use_true_random=False),
    st.lists(st.tuples(asks, records), min_size=5, max_size=5),
)
def test_every_difference_is_named_and_nothing_else(
    content: dict[str, Any], other: dict[str, Any], chance: random.Random, met: list[tuple[Ask, Record]]
) -> None:
    old, new = compiled(content), compiled(one_part_changed(chance, content, other))
    found = diff(old, new)
    for ask, record in met:
        uncapped = replace(ask, caps={}, look_back_months=None)
        for name, before, after in zip(
            LEVELS, levels(old, uncapped, record), levels(new, uncapped, record), strict=True
        ):
            changes = found.wider if after > before else found.narrower
            assert before == after or covers((old, new), changes, (name, before, after), uncapped, record)


@settings(max_examples=100)
@given(contents, contents, st.randoms(use_true_random=False))
def test_every_change_that_is_named_has_an_example_that_shows_it(
    content: dict[str, Any], other: dict[str, Any], chance: random.Random
) -> None:
    old, new = compiled(content), compiled(one_part_changed(chance, content, other))
    found = diff(old, new)
    for change in (*found.wider, *found.narrower):
        assert isinstance(change, FieldChange | RecordsChange)
        example = example_of(change, old, new)
        assert example is not None
        before, after = (one.levels(example.ask, example.record) for one in (old, new))
        if isinstance(change, FieldChange):
            assert (before[change.name], after[change.name]) == (change.before, change.after)
        else:
            assert (before["involved"] < after["involved"]) is change.widens
            assert before["involved"] != after["involved"]
        assert change_said(change).endswith(".")


@given(contents, st.randoms(use_true_random=False))
def test_a_policy_in_another_order_is_the_same(content: dict[str, Any], chance: random.Random) -> None:
    shuffled = {
        name: {
            key: chance.sample(kept, len(kept)) if isinstance(kept, list) else kept
            for key, kept in one.items()
        }
        for name, one in content["fields"].items()
    }
    found = diff(compiled(content), compiled({**content, "fields": shuffled}))
    assert (found.wider, found.narrower) == ((), ())


def said(found: Diff) -> Iterator[str]:
    yield from (f"+ {change_said(one)}" for one in found.wider)
    yield from (f"- {change_said(one)}" for one in found.narrower)


CHANGES = {
    "a gate lets more pass": (
        "category: {only: [support, missing],",
        "category: {only: [support, missing, theft],",
        ["+ Records with category 'theft' are no longer withheld."],
    ),
    "records count for longer": (
        "look_back: 24 months",
        "look_back: 3 years",
        ["+ Records whose last_contact is 24 to 36 months ago are no longer withheld."],
    ),
    "a younger age": (
        "age: {from: 18,",
        "age: {from: 16,",
        [
            "+ involved: nothing becomes yes, for enquiry and help, where age 16 to 17.",
            "+ status: nothing becomes exact, for enquiry, where role social_worker; age 16 to 17.",
            "+ People whose typed age is 16 to 17 are no longer left out.",
        ],
    ),
    "a limit is gone": (
        "      - {when: {relation: other_adult}, show: year, why: Proportionate.}\n",
        "",
        [
            f"+ last_contact: year becomes {then}, where relation other_adult; {so}; age 18 to 90."
            for then, so in (
                ("month, for enquiry", "case unverified or not known"),
                ("full_date, for enquiry", "case verified"),
                ("month, for help", "family agreement given"),
            )
        ],
    ),
    "a role less": (
        "{purpose: enquiry, roles: [social_worker], show: exact}",
        "{purpose: help, roles: [social_worker], show: exact}",
        [
            "+ status: nothing becomes exact, for help, where role social_worker; age 18 to 90.",
            "- status: exact becomes nothing, for enquiry, where role social_worker; age 18 to 90.",
        ],
    ),
    "a longer life": (
        "until: 2027-03-31",
        "until: 2028-03-31",
        ["+ The policy is now in force from 2027-04-01 to 2028-03-31."],
    ),
    "a team that may be named": (
        "    justification: To put two people in touch.\n",
        "    justification: To put two people in touch.\n    work_mobiles: true\n",
        ["+ Mobile numbers are shown."],
    ),
    "a status that may be shown": (
        "meaning: Someone works on it.}\n",
        "meaning: Someone works on it.}\n      shut: {label: Shut, meaning: No one does.}\n",
        ["+ The status shut is shown."],
    ),
    "only the words": ("label: Open, meaning", "label: Being worked on, meaning", []),
    "a limit on what nobody sees": (
        "show: month, why: Not checked.}\n",
        "show: month, why: Not checked.}\n      - {purpose: curiosity, show: nothing, why: Never.}\n",
        [],
    ),
}


@pytest.mark.parametrize("what", CHANGES)
def test_a_change_is_told_in_plain_words(tmp_path: Path, what: str) -> None:
    before, after, expected = CHANGES[what]
    (tmp_path / "old").mkdir()
    found = diff(sample(tmp_path / "old"), sample(tmp_path, (before, after)))
    told = list(said(found))
    assert set(expected) <= set(told)
    assert bool(told) == bool(expected)


def test_what_reads_otherwise_is_named(tmp_path: Path) -> None:
    (tmp_path / "old").mkdir()
    found = diff(sample(tmp_path / "old"), sample(tmp_path, ("label: Open,", "label: Being worked on,")))
    assert [(one.place, one.before, one.after) for one in found.reworded] == [
        ("fields.status.codes.open.label", "Open", "Being worked on")
    ]


def test_a_version_that_follows_upon_another_is_still_compared_rule_by_rule(tmp_path: Path) -> None:
    (tmp_path / "old").mkdir()
    next_year = (
        "effective: {from: 2026-04-01, until: 2027-03-31}",
        "effective: {from: 2027-04-01, until: 2028-03-31}",
    )
    found = diff(sample(tmp_path / "old"), sample(tmp_path, next_year, ("show: named}", "show: team}")))
    assert [change_said(one) for one in found.narrower] == [
        "lead_practitioner: named becomes team, for enquiry, where no restriction; age 18 to 90.",
        "The policy is no longer in force from 2026-04-01 to 2027-03-31.",
    ]
    (extended,) = found.wider
    assert isinstance(extended, RecordsChange)
    assert plain(extended.values[0]) == date(2027, 4, 1)


ROSTER = """\
roster:
  justification: The worker who holds the case knows who is in it.
  share:
    - {purpose: enquiry, show: relation}
"""


def test_a_roster_that_shows_more_is_told_whatever_the_gates_do(tmp_path: Path) -> None:
    old, new = (tmp_path / name for name in ("old", "new"))
    for one, roster, code in (
        (old, ROSTER, "support"),
        (new, ROSTER.replace("relation}", "relation_and_name}"), "theft"),
    ):
        one.mkdir()
        path = write(one, ("only: [support, missing]", f"only: [{code}]"))
        path.write_text(path.read_text(encoding="utf-8") + roster, encoding="utf-8")
    found = diff(*(compile_policy(load_policy(one / "sample.yaml")) for one in (old, new)))
    assert (
        "roster: relation becomes relation_and_name, for enquiry, where no restriction; case verified."
        in [change_said(one) for one in found.wider]
    )
