"""Rules of a policy that give nothing to anybody are told, and keep nothing out of force."""

from __future__ import annotations

from pathlib import Path

import pytest

from broker.catalogue import read_files
from broker.idle_rules import idle_rules
from tests.fakes.littleworth import POLICIES, write_files

WHOLE = "{purpose: section_47_enquiry, show: month}"
IDLE: dict[str, tuple[str, str, list[str]]] = {
    "a role that may not ask": (
        WHOLE,
        "{purpose: section_47_enquiry, roles: [social_worker, early_help_lead], show: month}",
        ["section_47_enquiry does not let early_help_lead ask, so this gives that role nothing."],
    ),
    "a relation that nobody asks about": (
        WHOLE,
        "{purpose: [section_47_enquiry, early_help_assessment], when: {relation: carer}, show: month}",
        [
            (
                "section_47_enquiry and early_help_assessment do not let anybody ask about a carer, so this gives"
                " nothing of one."
            )
        ],
    ),
    "a limit that contradicts it": (
        WHOLE,
        f"{WHOLE}\n    at_most: [{{purpose: section_47_enquiry, show: nothing, why: Not for now.}}]",
        ["This gives nothing: the limit in line {limit} allows nothing."],
    ),
    "a limit of some alone": (
        WHOLE,
        f"{WHOLE}\n    at_most: [{{roles: [early_help_lead], show: nothing, why: Not for now.}}]",
        [],
    ),
    "a limit of a condition": (
        WHOLE,
        f"{WHOLE}\n    at_most: [{{when: {{case: unverified}}, show: nothing, why: Not for now.}}]",
        [],
    ),
    "a role that one of its purposes lets ask": (
        WHOLE,
        "{purpose: [section_47_enquiry, early_help_assessment], roles: early_help_lead, show: month}",
        [],
    ),
}


@pytest.mark.parametrize("what", IDLE)
def test_a_rule_that_gives_nothing_is_told_at_its_place(tmp_path: Path, what: str) -> None:
    old, new, sentences = IDLE[what]
    text = POLICIES["school"].replace(old, new, 1)
    assert text != POLICIES["school"]
    files = read_files(write_files(tmp_path, policies={**POLICIES, "school": text}))
    assert files.faults == ()
    found = [one for policy in files.policies for one in idle_rules(policy, files.purposes)]
    limit = text[: text.find("show: nothing")].count("\n") + 1
    assert [one.sentence for one in found] == [one.format(limit=limit) for one in sentences]
    at = text[: text.find(new.partition("\n")[0])].count("\n") + 1
    assert {one.line for one in found} <= {at}
