"""``broker policy``: what a data owner asks of a policy, on the demo's own files."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from broker.cli import main
from broker.cli.printing import Exit

DEMO = Path("deploy/demo/partnership")
POLICE = DEMO / "policies" / "police.yaml"
ASKED = ["--purpose", "section_47_enquiry", "--role", "social_worker", "--age", "34", "--today", "2026-06-01"]
RECORD = [
    "--record",
    "category=missing",
    "--record",
    "party_role=subject",
    "--record",
    "last_contact=2026-05-30",
]


def run(*words: str | Path) -> Result:
    return CliRunner().invoke(main, ["policy", *map(str, words)])


def changed(directory: Path, *changes: tuple[str, str]) -> Path:
    """The police's policy with pieces of its text replaced."""
    text = POLICE.read_text(encoding="utf-8")
    for old, new in changes:
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    path = directory / "police.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def test_a_new_version_is_compared_with_the_old(tmp_path: Path) -> None:
    new = changed(tmp_path, ("look_back: 24 months", "look_back: 36 months"), ("parking:", "littering:"))
    told = run("diff", "police", new, "--partnership", DEMO)
    assert told.exit_code == Exit.WELL
    said = " ".join(told.output.split())
    assert "+ Records whose last_contact is 24 to 36 months ago are no longer withheld." in said
    assert "for example: role" in said
    assert "1 wider, 0 narrower, 2 reworded" in said


def test_a_pipeline_can_refuse_what_is_wider(tmp_path: Path) -> None:
    wider = changed(tmp_path, ("age: {from: 18}", "age: {from: 17}"))
    assert run("diff", POLICE, wider, "--fail-if-wider").exit_code == Exit.WRONG
    assert run("diff", wider, POLICE, "--fail-if-wider").exit_code == Exit.WELL


def test_a_file_that_shows_the_same_differs_in_nothing(tmp_path: Path) -> None:
    split = changed(
        tmp_path,
        (
            "share:\n      - {purpose: [section_47_enquiry, immediate_danger]}",
            "share:\n      - {purpose: immediate_danger}\n      - {purpose: section_47_enquiry}",
        ),
    )
    told: dict[str, Any] = json.loads(run("diff", POLICE, split, "--json").output)
    assert told == {"wider": [], "narrower": [], "reworded": []}
    assert "Both show the same to everyone, of every record." in run("diff", POLICE, split).output


def test_the_table_has_a_line_for_each_purpose_and_field() -> None:
    rows = list(csv.reader(run("table", "police", "--partnership", DEMO, "--csv").output.splitlines()))
    assert rows[0][:3] == ["purpose", "who asks", "involved"]
    told = {row[0]: dict(zip(rows[0], row, strict=True)) for row in _joined(rows[1:])}
    assert told["section_47_enquiry"]["who asks"] == "social_worker and mash_practitioner"
    assert told["section_47_enquiry"]["started"] == "nothing"
    shown: list[Any] = json.loads(run("table", "police", "--partnership", DEMO, "--json").output)
    (enquiry,) = [row for row in shown if row["purpose"] == "section_47_enquiry"]
    assert enquiry["fields"]["last_contact"] == [
        {"level": "full_date", "when": ["relation any but other_adult"]},
        {"level": "year", "when": ["relation other_adult"]},
    ]


def _joined(rows: list[list[str]]) -> list[list[str]]:
    """Rows of which a cell had more than one line are one row."""
    return [row for row in rows if len(row) > 2]


def test_the_table_is_a_page_for_a_meeting(tmp_path: Path) -> None:
    page = tmp_path / "police.html"
    assert run("table", "police", "--partnership", DEMO, "--html", page).exit_code == Exit.WELL
    text = page.read_text(encoding="utf-8")
    assert "<h1>What Northshire Police shares</h1>" in text
    assert '<th scope="row">Last contact</th><td>full_date, if relation any but other_adult<br>year' in text
    assert "<script" not in text


def test_the_caps_of_a_purpose_are_in_the_table() -> None:
    rows: list[Any] = json.loads(run("table", "housing", "--partnership", DEMO, "--json").output)
    assert {row["purpose"] for row in rows} >= {"section_47_enquiry", "early_help_assessment"}
    lines = CliRunner().invoke(main, ["policy", "table", str(POLICE), "--partnership", "tests"])
    assert lines.exit_code == Exit.WELL  # the purposes beside the file itself are found


def test_what_is_shown_is_explained_by_its_lines() -> None:
    told = run("explain", "police", "--partnership", DEMO, *ASKED, "--relation", "other_adult", *RECORD)
    said = " ".join(told.output.split())
    assert "Shown." in said
    assert "last_contact: year" in said
    assert "no more than this: Proportionate for adults outside the family." in said
    assert "not more: No rule shares it for section_47_enquiry." in said


@pytest.mark.parametrize(
    ("facts", "why"),
    [
        (
            ["category=parking", "party_role=subject", "last_contact=2026-05-30"],
            "'parking' is never shown: Irrelevant",
        ),
        (
            ["category=missing", "last_contact=2026-05-30"],
            "party_role is missing; suspect, victim or subject alone",
        ),
        (
            ["category=missing", "party_role=subject", "last_contact=2023-05-30"],
            "is more than 24 months ago.",
        ),
        (
            ["category=missing", "party_role=subject"],
            "The record has no last_contact, by which it is judged.",
        ),
        ([*(fact for fact in RECORD if "=" in fact), "restriction=shielded"], "Somebody who is shielded"),
    ],
)
def test_what_is_withheld_is_explained_too(facts: list[str], why: str) -> None:
    given = [word for fact in facts for word in ("--record", fact)]
    said = " ".join(run("explain", "police", "--partnership", DEMO, *ASKED, *given).output.split())
    assert "As if there were no such record." in said
    assert why in said


def test_why_a_service_is_not_even_asked() -> None:
    early_help = ["--purpose", "early_help_assessment", "--role", "early_help_lead"]
    said = " ".join(run("explain", "police", "--partnership", DEMO, *early_help, *RECORD).output.split())
    assert "Not available for this purpose" in said
    assert (
        "No rule shares it for early_help_assessment. It is shared for immediate_danger or section_47" in said
    )
    housing = ["--age", "30", "--record", "last_contact=2026-05-30"]
    agreed = run("explain", "housing", "--partnership", DEMO, *early_help, *housing, "--json")
    assert "yes, if family agreement were given" in agreed.output


@pytest.mark.parametrize(
    ("words", "advice"),
    [
        (["explain", "polise", *ASKED], "There is no policy file polise"),
        (
            ["explain", "police", *ASKED[:2], "--role", "auditor"],
            "Who may: social_worker, mash_practitioner.",
        ),
        (["explain", "police", "--purpose", "curiosity", "--role", "x"], "have no purpose curiosity"),
        (["explain", "police", *ASKED, "--record", "offence=theft"], "There is no offence in a record"),
        (["explain", "police", *ASKED, "--record", "last_contact=soon"], "as a date, like 2026-05-30"),
        (["explain", "police", *ASKED, "--record", "category"], "as NAME=VALUE"),
        (
            ["explain", "police", *ASKED, "--record", "restriction=some"],
            "restriction is one of none, location",
        ),
    ],
)
def test_a_slip_on_the_command_line_is_told_plainly(words: list[str], advice: str) -> None:
    told = run(*words, "--partnership", DEMO)
    assert told.exit_code == Exit.USAGE
    assert advice in " ".join(told.output.split())


@pytest.mark.parametrize(("form", "ending"), [("html", "html"), ("markdown", "md"), ("csv", "csv")])
def test_data_protection_paperwork_is_written_from_the_files_that_decide(
    tmp_path: Path, form: str, ending: str
) -> None:
    assert run("docs", DEMO, "--as", form, "--out", tmp_path).exit_code == Exit.WELL
    names = (
        "controllers",
        "sharing-agreement",
        "impact-assessment",
        "record-of-processing",
        "privacy-notice",
    )
    written = {name: (tmp_path / f"{name}.{ending}").read_text(encoding="utf-8") for name in names}
    assert "Chief Constable of Northshire" in written["controllers"]
    assert "ISA-2026-017" in written["sharing-agreement"]
    assert "whom to ring (named), less for some" in written["sharing-agreement"]
    assert "Proportionate for adults outside the family." in written["impact-assessment"]
    assert "Children Act 1989 s.47" in written["record-of-processing"]
    assert "info.sharing@northshire-police.example" in written["privacy-notice"]


def test_a_rule_that_gives_nothing_is_a_warning(tmp_path: Path) -> None:
    idle = changed(tmp_path, ("danger], show: exact", "danger], roles: early_help_lead, show: exact"))
    told = json.loads(run("check", idle, "--partnership", DEMO, "--json").output)
    assert "and immediate_danger do not let early_help_lead ask" in told["warnings"][0]
    assert not [one for one in told["faults"] if "early_help_lead" in one]
