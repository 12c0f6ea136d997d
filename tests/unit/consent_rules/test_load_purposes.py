"""A file with faults is refused with all of them, each with its line, a caret and what was likely meant."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import get_args

import pytest

from consent_rules.load import load_purposes, shipped_path
from consent_rules.model import Relation
from handwritten import Faults

GOOD = """\
format: purpose-rules/1
roles:
  social_worker: A children's social worker.
purposes:
  section_47_enquiry:
    title: Section 47 enquiry
    duty: Children Act 1989 s.47
    lawful_basis: [public_task]
    special_category: []
    offence_data: []
    who_may_ask: [social_worker]
    about: [child, parent]
    family_agreement: not_needed
    look_back: 24 months
    journeys: [people]
    views: [flags, details]
    must_record: [reason]
    case_check: not_made
    sources: all
    checked_by:
"""


def faults_of(text: str, folder: Path) -> str:
    path = folder / "purposes.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(Faults) as caught:
        load_purposes(path)
    return str(caught.value).replace(f"{folder}/", "")


def with_line(old: str, new: str) -> str:
    assert GOOD.count(old) == 1, old
    return GOOD.replace(old, new)


def test_a_good_file_is_loaded_with_its_digest_and_positions(tmp_path: Path) -> None:
    path = tmp_path / "purposes.yaml"
    path.write_text(GOOD, encoding="utf-8")
    loaded = load_purposes(path)
    assert loaded.digest == hashlib.sha256(GOOD.encode()).hexdigest()
    assert loaded.path == path
    assert loaded.positions.of(("purposes", "section_47_enquiry", "sources")) == (19, 14)
    assert loaded.rules.unchecked() == ("section_47_enquiry",)


def test_what_is_written_in_full_means_the_same(tmp_path: Path) -> None:
    path = tmp_path / "purposes.yaml"
    path.write_text(
        with_line("sources: all", "sources: {sensitive: false}").replace(
            "checked_by:", "checked_by: {officer: A. Example, on: 2026-05-01}"
        ),
        encoding="utf-8",
    )
    rules = load_purposes(path).rules
    assert not rules.purposes["section_47_enquiry"].sources.sensitive
    assert rules.unchecked() == ()


def test_the_shipped_rules_load_whole() -> None:
    assert len(load_purposes(shipped_path()).rules.purposes) == 12


NO_LIMIT = (
    "The level full_date is the most there is, so this limits nothing; and a field that is not named here is "
    "not limited. Write nothing for each field that must not be seen."
)
HASTY_EMERGENCY = "    emergency: {tell_owner_within: soon, review_within: 3 days, ends_after: 1 hour}"
AGREEMENTS = (
    "Write not_needed, record_conversation, or {needed: {without_agreement: ..., if_withdrawn: ...}}."
)


@pytest.mark.parametrize(
    ("old", "new", "where", "sentence", "hint"),
    [
        (
            "who_may_ask: [social_worker]",
            "who_may_ask: [social_wroker]",
            "11:19",
            "There is no role social_wroker under roles.",
            "Did you mean social_worker?",
        ),
        (
            "about: [child, parent]",
            "about: [child, parnet]",
            "12:20",
            f"This has to be one of: {', '.join(get_args(Relation))}.",
            "Did you mean parent?",
        ),
        (
            "    sources: all",
            "    sources: all\n    at_most: {last_contct: year}",
            "20:15",
            "There is no last_contct here.",
            "Did you mean last_contact?",
        ),
        (
            "    sources: all",
            "    sources: all\n    at_most: {last_contact: yaer}",
            "20:29",
            "This has to be one of: nothing, year, month, full_date.",
            "Did you mean year?",
        ),
        (
            "    sources: all",
            "    sources: all\n    at_most: {last_contact: full_date}",
            "20:29",
            NO_LIMIT,
            None,
        ),
        (
            "family_agreement: not_needed",
            "family_agreement: {needed: {if_withdrawn: nothing}}",
            "13:32",
            "Here without_agreement is missing. Add it.",
            None,
        ),
        (
            "family_agreement: not_needed",
            "family_agreement: needed",
            "13:23",
            AGREEMENTS,
            None,
        ),
        (
            "    sources: all",
            "    sources: all\n    emergency: {tell_owner_within: 1 hour, ends_after: 30 minutes}",
            "20:16",
            "Here review_within is missing. Add it.",
            None,
        ),
        (
            "    sources: all",
            f"    sources: all\n{HASTY_EMERGENCY}",
            "20:36",
            "Write a length of time, such as 30 minutes, 24 hours or 2 days.",
            None,
        ),
        (
            "look_back: 24 months",
            "look_back: 24",
            "14:16",
            "Write how far back records count, such as 24 months, 5 years or unlimited.",
            None,
        ),
        (
            "case_check: not_made",
            "case_check:",
            "18:16",
            "This has no value: write one.",
            None,
        ),
        ("    case_check: not_made\n", "", "6:5", "Here case_check is missing. Add it.", None),
        (
            "sources: all",
            "sources: {sensitive: no}",
            "19:26",
            "Write true or false here.",
            None,
        ),
        (
            "sources: all",
            "sources: everything",
            "19:14",
            "Write all, none, {only: [...]}, {never: [...]} or {sensitive: false}.",
            None,
        ),
        (
            "special_category: []",
            "special_category: [{article: 9(2)(g)}]",
            "9:34",
            "Article 9(2)(g) holds only with a condition of DPA 2018 Sch. 1: add condition.",
            None,
        ),
        (
            "    sources: all",
            "    sources: all\n    sources: none",
            "20:5",
            "sources stands here for the second time (first in line 19).",
            None,
        ),
    ],
)
def test_a_fault_is_shown_where_it_stands(
    tmp_path: Path, old: str, new: str, where: str, sentence: str, hint: str | None
) -> None:
    told = faults_of(with_line(old, new), tmp_path)
    lines = told.split("\n")
    assert lines[0] == f"purposes.yaml:{where}: {sentence}"
    assert lines[3:] == ([f"    {hint}"] if hint else [])
    column = int(where.split(":")[1])
    assert lines[2] == "    " + " " * (column - 1) + "^"


def test_a_fault_shows_its_line_with_a_caret(tmp_path: Path) -> None:
    told = faults_of(with_line("who_may_ask: [social_worker]", "who_may_ask: [social_wroker]"), tmp_path)
    assert told == (
        "purposes.yaml:11:19: There is no role social_wroker under roles.\n"
        "        who_may_ask: [social_wroker]\n"
        "                      ^\n"
        "    Did you mean social_worker?"
    )


def test_all_faults_are_told_at_once(tmp_path: Path) -> None:
    told = faults_of(
        with_line("views: [flags, details]", "views: [flags, flags]")
        .replace("[social_worker]", "[social_wroker]")
        .replace("sources: all", "sources: {only: [school], never: [police]}"),
        tmp_path,
    )
    assert [line.split(":")[1] for line in told.split("\n") if line.startswith("purposes")] == [
        "11",
        "16",
        "19",
    ]


def test_a_file_that_is_not_there_is_a_fault(tmp_path: Path) -> None:
    with pytest.raises(Faults, match="cannot be read"):
        load_purposes(tmp_path / "purposes.yaml")
