"""What the tests in a policy file are worth: of mistakes that are made in it, how many they notice."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner
from hypothesis import given, settings

from broker.cli import main
from broker.cli.printing import Exit
from consent_rules.load import load_purposes
from policy.compile import compile_policy
from policy.diff import diff
from policy.load import load_policy
from policy.mutants import mutants
from policy.mutation import quietly, what_tests_notice
from policy.suggest import suggested, with_tests
from policy.testing import run_tests
from tests.unit.policy.generated_policies import PURPOSES, compiled, contents
from tests.unit.policy.policy_samples import TEXT, write

DEMO = Path("deploy/demo/partnership")
RULES = load_purposes(DEMO / "purposes.yaml").rules
WELL_TESTED = 95
ONE_TEST = """\
tests:
  - name: A parent's last contact is shown
    ask: {purpose: enquiry, role: social_worker, relation: parent, age: 34, case: verified, today: 2026-06-01}
    record: {category: support, role: tenant, status: open, last_contact: 2026-05-30, contact_name: Pat}
    expect: {involved: yes, status: exact, last_contact: full_date, lead_practitioner: named}
"""


@pytest.mark.parametrize("path", sorted((DEMO / "policies").glob("*.yaml")), ids=lambda path: path.stem)
def test_the_tests_of_the_shipped_policies_notice_nearly_every_mistake(path: Path) -> None:
    loaded = load_policy(path)
    assert all(one.passed for one in run_tests(loaded))
    worth = what_tests_notice(loaded, tuple(RULES.purposes), quietly)
    assert worth.mistakes > 25
    assert worth.score >= WELL_TESTED, [one.mistake for one in worth.unnoticed]
    assert worth.untouched == ()


def test_every_operator_is_tried(tmp_path: Path) -> None:
    made = {
        one.operator
        for path in (DEMO / "policies").glob("*.yaml")
        for one in mutants(load_policy(path), ["a"])
    }
    sample = load_policy(
        write(tmp_path, ("{purpose: enquiry, show: full_date}", "{purpose: enquiry, " + HOURS))
    )
    made |= {one.operator for one in mutants(sample, ["a"])}
    assert made == {
        *("drop a rule", "drop a condition", "drop a gate", "drop the age rule"),
        *("widen a role", "widen a purpose", "widen a level", "widen a code", "widen what travels"),
        *("move a date", "move an age", "move an hour", "narrow a code"),
    }


HOURS = "show: full_date, when: {time: {from: 08:00, to: 18:00}}}"


def test_a_file_with_one_test_is_told_what_nobody_would_notice(tmp_path: Path) -> None:
    path = write(tmp_path)
    path.write_text(TEXT + ONE_TEST, encoding="utf-8")
    worth = what_tests_notice(load_policy(path), ["enquiry", "help", "curiosity"], quietly)
    told = {(one.line, one.mistake) for one in worth.unnoticed}
    lines = [text.strip() for text in TEXT.splitlines()]
    assert worth.score < 50
    rule = "- {purpose: help, when: {family_agreement: given}, show: month}"
    assert (lines.index(rule) + 1, "the rule is gone") in told
    assert len(worth.untouched) == 4


def test_suggested_tests_notice_what_was_not_noticed(tmp_path: Path) -> None:
    path = write(tmp_path)
    path.write_text(TEXT + ONE_TEST, encoding="utf-8")
    loaded, purposes = load_policy(path), ["enquiry", "help"]
    before = what_tests_notice(loaded, purposes, quietly)
    tests = list(suggested(loaded, before.unnoticed, ["social_worker", "lead"]))
    path.write_bytes(with_tests(path.read_bytes(), loaded, tests))
    written = load_policy(path)
    assert path.read_text(encoding="utf-8").startswith(TEXT + ONE_TEST)
    assert all(one.passed for one in run_tests(written))
    after = what_tests_notice(written, purposes, quietly)
    assert after.score >= WELL_TESTED > before.score
    assert len(tests) < len(before.unnoticed)


@settings(max_examples=25, deadline=None)
@given(contents)
def test_of_a_policy_without_tests_every_mistake_goes_unnoticed_and_shows_something(
    content: dict[str, object],
) -> None:
    right = compiled(content)
    loaded = replace(load_policy(DEMO / "policies" / "police.yaml"), policy=right.policy)
    worth = what_tests_notice(loaded, PURPOSES, quietly)
    assert worth.noticed == 0
    for one in worth.unnoticed:
        found = diff(right, compile_policy(replace(loaded, policy=one.policy)))
        assert found.wider or found.narrower


def test_the_command_suggests_and_writes_and_asks_for_a_least(tmp_path: Path) -> None:
    path = write(tmp_path)
    path.write_text(TEXT + ONE_TEST, encoding="utf-8")
    run = CliRunner().invoke
    told = run(main, ["policy", "test", str(tmp_path), "--least", "95"])
    assert (told.exit_code, "nobody would notice if" in told.output) == (Exit.WRONG, True)
    assert '- name: "Line' in run(main, ["policy", "test", str(tmp_path), "--suggest"]).output
    assert run(main, ["policy", "test", str(tmp_path), "--write"]).exit_code == Exit.WELL
    worth = json.loads(run(main, ["policy", "test", str(tmp_path), "--json"]).output)["worth"]["sample"]
    assert worth["score"] >= WELL_TESTED
    assert run(main, ["policy", "test", str(tmp_path), "--least", "95"]).exit_code == Exit.WELL


def test_tests_are_written_at_the_end_alone(tmp_path: Path) -> None:
    path = write(tmp_path)
    fields, rest = TEXT.split("fields:\n")
    path.write_text(f"{fields}{ONE_TEST}fields:\n{rest}", encoding="utf-8")
    before = path.read_bytes()
    told = CliRunner().invoke(main, ["policy", "test", str(tmp_path), "--write"])
    assert (told.exit_code, path.read_bytes()) == (Exit.WRONG, before)
    assert "is as it was" in told.output
