"""What a data owner may write wrongly in a sharing policy, and what is said of it."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import get_args

import pytest

from handwritten import Faults
from policy.load import load_policy
from policy.parts import Relation
from tests.unit.policy.policy_samples import TEXT, sample, write

TESTS = """\
tests:
  - name: One
    ask: {purpose: enquiry, role: social_worker, relation: parent, today: 2026-06-01}
    record: {category: support}
    expect: nothing
"""
SLIPS: dict[str, tuple[tuple[str, str], list[str]]] = {
    "a required key": (("controller: Sample\n", ""), ["1:1: Here controller is missing. Add it."]),
    "a field that does not exist": (
        ("  status:\n", "  offence:\n"),
        ["22:3: There is no offence here."],
    ),
    "a level of another field": (
        ("help, show: team", "help, show: month"),
        ["40:31: This has to be one of: nothing, desk, team, named."],
    ),
    "a relation": (
        ("relation: other_adult", "relation: [other_adult, uncle]"),
        [f"34:41: This has to be one of: {', '.join(get_args(Relation))}."],
    ),
    "an empty condition": (
        ("when: {case: unverified}", "when: {}"),
        [
            "35:16: A condition has to name something: relation, case, family_agreement, age, time or restriction."
        ],
    ),
    "a limit without a reason": ((", why: Not checked.", ""), ["35:9: Here why is missing. Add it."]),
    "a limit on what nobody shares": (
        (
            "\n    share:\n      - {purpose: enquiry, roles: [social_worker], show: exact}",
            "\n    at_most: [{show: nothing, why: x}]",
        ),
        [
            "26:14: This field is limited here, but no rule shares it. Add a share rule, or take the limit out."
        ],
    ),
    "a share that gives nothing": (
        ("help, show: team", "help, show: nothing"),
        ["40:31: This gives nothing: what no rule shares is not shown anyway. Take the rule out."],
    ),
    "a limit that limits nothing": (
        ("show: year", "show: full_date"),
        ["34:47: This limits nothing: there is no more to show. Write less, or take the limit out."],
    ),
    "a limit on a field that has nothing else": (
        (
            "[enquiry, help]}",
            "[enquiry, help]}\n  ended: {justification: x, at_most: [{show: year, why: x}]}",
        ),
        [
            "22:38: This field is limited here, but no rule shares it. Add a share rule, or take the limit out."
        ],
    ),
    "days the wrong way round": (
        ("until: 2027-03-31", "until: 2026-03-31"),
        ["8:12: The last day (until) is before the first (from)."],
    ),
    "ages the wrong way round": (("to: 90", "to: 9"), ["13:15: The age to is below the age from."]),
    "an age of nobody": (("to: 90", "to: 900"), ["13:30: Write a number here that is at most 120."]),
    "a gate of nothing": (
        ("role: {never: {victim: For their protection.}}", "role: {}"),
        ["16:9: A gate lists the values that pass (only), those that don't (never), or both."],
    ),
    "a gate that nothing passes": (
        ("only: [support, missing]", "only: []"),
        ["15:20: Something has to stand here."],
    ),
    "a value that passes and doesn't": (
        ("{parking: Irrelevant.}", "{Missing: Irrelevant.}"),
        ["15:13: Missing stands in only and in never: take one out."],
    ),
    "a look-back in words": (
        ("look_back: 24 months", "look_back: two years"),
        ["10:12: Write how far back records count, such as 24 months, 5 years or unlimited."],
    ),
    "a truth": (("version: 3", "version: 3\nsensitive: yes"), ["8:12: Write true or false here."]),
    "a number with a zero": (("version: 3", "version: 03"), ["7:10: Write a whole number here."]),
    "a code without its meaning": (
        ("{label: Open, meaning: Someone works on it.}", "{label: Open}"),
        ["25:13: Here meaning is missing. Add it."],
    ),
}
TEST_SLIPS: dict[str, tuple[tuple[str, str], list[str]]] = {
    "a gate": (
        ("category: support", "categry: x"),
        ["44:23: There is no such gate or field in this policy."],
    ),
    "a day": (
        ("category: support", "last_contact: 20260501"),
        ["44:28: Write a date, as 2026-04-01 here."],
    ),
    "an age": (("category: support", "age: 3.5"), ["44:19: Write a whole number here."]),
    "an expectation": (
        ("expect: nothing", "expect: nothng"),
        ["45:13: This has to be one of: nothing, withheld."],
    ),
    "an expected level": (
        ("expect: nothing", "expect: {involved: yes, last_contact: full}"),
        ["45:43: This has to be one of: nothing, year, month, full_date."],
    ),
    "an expectation of nothing of it": (
        ("expect: nothing", "expect: {status: exact}"),
        ["45:13: Here involved is missing. Add it."],
    ),
    "a null": (("category: support", "category: null"), ["44:24: null stands for nothing in YAML."]),
}


def told(path: Path) -> list[str]:
    """The faults of a file, each without the path, the line itself and the hint."""
    with pytest.raises(Faults) as found:
        load_policy(path)
    return [f"{one.line}:{one.column}: {one.sentence}" for one in found.value.faults]


@pytest.mark.parametrize("slip", SLIPS)
def test_a_slip_in_a_policy_is_told_at_its_place(tmp_path: Path, slip: str) -> None:
    change, expected = SLIPS[slip]
    assert told(write(tmp_path, change)) == expected


@pytest.mark.parametrize("slip", TEST_SLIPS)
def test_a_slip_in_a_files_own_test_is_told_at_its_place(tmp_path: Path, slip: str) -> None:
    (old, new), expected = TEST_SLIPS[slip]
    path = tmp_path / "sample.yaml"
    path.write_text(TEXT + TESTS.replace(old, new), encoding="utf-8")
    assert told(path) == expected


def test_what_is_meant_by_a_misspelt_gate_is_said(tmp_path: Path) -> None:
    path = tmp_path / "sample.yaml"
    path.write_text(TEXT + TESTS.replace("category:", "categry:"), encoding="utf-8")
    with pytest.raises(Faults, match=r"Did you mean category\?"):
        load_policy(path)


def test_a_policy_that_tells_nobody_of_an_involvement_cannot_share_the_rest(tmp_path: Path) -> None:
    path = write(tmp_path, ("    share:\n      - {purpose: [enquiry, help]}\n", ""))
    assert told(path) == [
        f"{line}:7: Nothing of this can be shown while involved is shared with nobody. Share involved too."
        for line in (25, 29, 37)
    ]


def test_a_policy_is_known_by_the_digest_of_its_bytes(tmp_path: Path) -> None:
    path = write(tmp_path)
    loaded = load_policy(path)
    assert loaded.digest == hashlib.sha256(path.read_bytes()).hexdigest() == sample(tmp_path).digest
    assert loaded.path == path
    assert loaded.positions.of(("fields", "last_contact", "share", 0))[0] == 31
