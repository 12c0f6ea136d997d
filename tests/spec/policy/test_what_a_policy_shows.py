"""What three small policies show: the tables beside this file are the specification of deciding."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.spec.policy.policy_tables import policy_of, rows_of, shown

EVERY_ROW = [
    pytest.param(path.stem.removesuffix("_tables"), facts, leaves, id=f"{title}, row {number}")
    for path in sorted(Path(__file__).parent.glob("*_tables.txt"))
    for title, number, facts, leaves in rows_of(path)
]


def test_the_tables_of_every_small_policy_are_read() -> None:
    policies = {row.values[0] for row in EVERY_ROW}
    assert policies == {"police", "housing", "school"}
    assert len(EVERY_ROW) >= 60


@pytest.mark.parametrize(("policy", "facts", "leaves"), EVERY_ROW)
def test_what_leaves(policy: str, facts: dict[str, str], leaves: str) -> None:
    assert shown(policy_of(policy), facts) == leaves


@pytest.mark.parametrize(("policy", "facts", "leaves"), EVERY_ROW)
def test_for_a_purpose_that_no_rule_names_nothing_leaves(
    policy: str, facts: dict[str, str], leaves: str
) -> None:
    assert shown(policy_of(policy), {**facts, "purpose": "curiosity"}) == "closed"


@pytest.mark.parametrize(("policy", "facts", "leaves"), EVERY_ROW)
def test_a_record_without_its_date_is_as_if_it_were_not_there(
    policy: str, facts: dict[str, str], leaves: str
) -> None:
    undated = shown(policy_of(policy), {**facts, policy_of(policy).record_date: "-"})
    assert undated == ("closed" if leaves == "closed" else "absent")
