"""What went wrong in policy engines of others, by their trackers, and does not here."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from handwritten import Faults
from policy.change_control import Signers, refusals
from policy.compile import compile_policy
from policy.load import load_policy
from policy.mutation import quietly, what_tests_notice
from policy.testing import run_tests
from tests.unit.policy.policy_samples import TEXT, ask, record, sample, write

UNHASHABLE: Any = ["parent"]
"""A relation that no set can be asked about: looking at a rule that names one raises."""


def test_a_limit_that_fails_closes_and_is_not_skipped(tmp_path: Path) -> None:
    """Cedar skips a forbid that errs (cedar#2428), and so does Cerbos by default (cerbos#3312)."""
    policy = sample(tmp_path)
    assert not policy.closes(ask())
    failing = ask(relation=UNHASHABLE)
    assert set(policy.levels(failing, record()).values()) == {0}
    assert (policy.closes(failing), policy.reduce(failing, record())) == (True, None)


def test_a_limit_holds_for_whomever_it_names_whatever_another_role_is_given(tmp_path: Path) -> None:
    """In Cerbos an allow through a second role beats a deny. Here a question is asked in one role."""
    given = "{purpose: enquiry, roles: [manager], show: exact}"
    policy = sample(
        tmp_path,
        (
            "      - {purpose: enquiry, roles: [social_worker], show: exact}",
            (
                f"      - {{purpose: enquiry, roles: [social_worker], show: exact}}\n      - {given}\n"
                "    at_most: [{roles: [social_worker], show: nothing, why: Not for now.}]"
            ),
        ),
    )
    shown = {role: policy.levels(ask(role=role), record())["status"] for role in ("social_worker", "manager")}
    assert shown == {"social_worker": 0, "manager": 1}


def test_what_no_rule_speaks_of_is_closed(tmp_path: Path) -> None:
    """A missing rule meant open (cerbos#917, trino#16458)."""
    policy = sample(tmp_path)
    assert policy.levels(ask(), record())["started"] == 0
    assert policy.closes(ask(purpose="of_which_nobody_wrote"))
    nobody = sample(tmp_path, ("roles: [social_worker], show: exact", "roles: [nobody_has_it], show: exact"))
    assert nobody.levels(ask(), record())["status"] == 0


def test_every_order_of_rules_decides_alike(tmp_path: Path) -> None:
    """Order and priority changed the answer (RANGER-5225)."""
    rules = [
        "      - {when: {relation: parent}, show: month, why: A.}",
        "      - {roles: [social_worker], show: year, why: B.}",
        "      - {when: {case: unverified}, show: nothing, why: C.}",
    ]
    written = "\n".join(line for line in TEXT.splitlines() if line.startswith("      - {when"))

    def shown(lines: Sequence[str]) -> int:
        return sample(tmp_path, (written, "\n".join(lines))).levels(ask(), record())["last_contact"]

    assert {shown(order) for order in itertools.permutations(rules)} == {1}
    assert (shown(rules[:1]), shown(rules[1:2]), shown(rules[2:])) == (2, 1, 3)


TESTED = """\
tests:
  - name: Parking is as if it never happened
    ask: {purpose: enquiry, role: social_worker, relation: parent, age: 34, today: 2026-06-01}
    record: {status: open, category: parking, role: parent, last_contact: 2026-05-30}
    expect: nothing
"""


@pytest.mark.parametrize(
    ("written", "slip"),
    [
        ("never:", "nevr:"),
        ("at_most:", "atmost:"),
        ("relation: other_adult", "relations: other_adult"),
        ("roles:", "role_s:"),
    ],
)
def test_a_misspelt_rule_does_not_pass_its_test(tmp_path: Path, written: str, slip: str) -> None:
    """Typos were silently ignored (casbin#453, #760); a misspelt rule passed its test (kyverno#9379)."""
    path = tmp_path / "sample.yaml"
    path.write_text(TEXT.replace(written, slip, 1) + TESTED, encoding="utf-8")
    with pytest.raises(Faults) as found:
        load_policy(path)
    line = next(number for number, text in enumerate(TEXT.splitlines(), 1) if written in text)
    assert line in {one.line for one in found.value.faults}


def test_signing_and_judging_a_file_leaves_its_bytes(tmp_path: Path) -> None:
    """Persisting rewrote signed files (opa#3472)."""
    path = write(tmp_path)
    odd = b"# As the owner likes it:   two blanks\n" + path.read_bytes() + b"\n\n# And an end."
    path.write_bytes(odd)
    loaded = load_policy(path)
    compile_policy(loaded)
    assert [one.code for one in refusals(None, loaded, (), Signers(), datetime(2026, 6, 1, tzinfo=UTC))] == [
        "not_signed"
    ]
    assert path.read_bytes() == odd


def test_a_few_plausible_tests_are_told_to_be_few(tmp_path: Path) -> None:
    """Three plausible tests noticed 8 of 19 mistakes, and nobody said so."""
    path = tmp_path / "sample.yaml"
    path.write_text(TEXT + TESTED, encoding="utf-8")
    loaded = load_policy(path)
    assert all(one.passed for one in run_tests(loaded))
    found = what_tests_notice(loaded, ["enquiry", "help"], quietly)
    assert found.score < 50
    assert found.untouched == tuple(n for n, text in enumerate(TEXT.splitlines(), 1) if "      - {" in text)
