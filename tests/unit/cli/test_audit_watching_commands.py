"""``broker audit review``, ``decide``, ``rules``, ``flag`` and ``digest`` on the command line."""

from __future__ import annotations

import asyncio
import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from broker.cli import main
from broker.cli.printing import Exit
from broker.settings import load_settings
from tests.fakes.littleworth import BROKER, EMMA, NOW, PURPOSES, littleworth, row
from tests.unit.cli.test_audit_commands import readings

EMERGENCY = """\
  immediate_danger:
    title: Immediate danger
    duty: Children Act 1989 s.46
    lawful_basis: [vital_interests]
    special_category: [{article: 9(2)(c)}]
    offence_data: [DPA 2018 Sch. 1 para. 30]
    appropriate_policy_document: Littleworth APD 1
    who_may_ask: [social_worker]
    about: [child, parent, sibling, other_adult]
    family_agreement: not_needed
    look_back: 5 years
    journeys: [people]
    views: [flags, details]
    must_record: [reason]
    case_check: not_made
    sources: all
    emergency: {tell_owner_within: 1 hour, review_within: 3 days, ends_after: 30 minutes}
    checked_by: {officer: A. Officer, on: 2026-01-05}
"""


def run(directory: Path, *words: str) -> Result:
    told = [*words, "--partnership", str(directory)]
    return CliRunner().invoke(main, ["audit", *told], env={"COLUMNS": "250"})


def well(directory: Path, *words: str) -> str:
    told = run(directory, *words)
    assert told.exit_code == Exit.WELL, told.output
    return told.stdout


def reviewed(directory: Path, *words: str) -> Any:
    return json.loads(well(directory, "review", *words, "--json"))


def asked(directory: Path, *people: dict[str, Any], **said: Any) -> str:
    """Sam Okafor asks; the query's id."""

    async def ask() -> str:
        async with littleworth(directory, {"school": [row()]}, purposes=PURPOSES + EMERGENCY) as town:
            return str((await town.ask(*people, **said))["query_id"])

    return asyncio.run(ask())


COUSIN = {**EMMA, "given_name": "Ottoline", "family_name": "Okafor"}


def test_a_finding_waits_until_somebody_decides_and_each_reading_is_an_entry(tmp_path: Path) -> None:
    asked(tmp_path, COUSIN)
    (one,) = reviewed(tmp_path)["findings"]
    assert (one["rule"], one["decided"], one["told"]) == ("own_surname", None, [])
    assert "looked up somebody of their own surname" in well(tmp_path, "review")
    assert [it["finding"] for it in reviewed(tmp_path)["findings"]] == [one["finding"]]  # found once
    assert reviewed(tmp_path, "--rule", "many_people")["findings"] == []
    assert reviewed(tmp_path, "--requester", "lw-2")["findings"] == []
    assert len(reviewed(tmp_path, "--requester", "lw-1")["findings"]) == 1
    well(tmp_path, "review", "decide", one["finding"], "--as", "follow_up", "--reason", "Ask her")
    assert "Nothing waits" in well(tmp_path, "review")
    (again,) = reviewed(tmp_path, "--since", "2026-01-01")["findings"]
    assert (again["decided"]["as"], again["decided"]["reason"]) == ("follow_up", "Ask her")
    traced = well(tmp_path, "trace", one["finding"])
    assert "decided: follow up" in traced
    commands = [one["command"] for one in readings(tmp_path)]
    assert commands.count("audit review") == 9
    assert "Ottoline" not in well(tmp_path, "review", "--since", "2026-01-01")


def test_emergency_access_is_listed_with_its_due_time_and_reviewed_by_the_querys_id(tmp_path: Path) -> None:
    query = asked(tmp_path, purpose="immediate_danger")
    (access,) = reviewed(tmp_path)["emergency_access"]
    assert (access["query"], access["due"]) == (query, (NOW + timedelta(days=3)).isoformat())
    assert "overdue" in well(tmp_path, "review")
    (late,) = reviewed(tmp_path)["findings"]
    assert (late["rule"], late["about"]) == ("emergency_not_reviewed", query)
    assert f"{query}  overdue" in well(tmp_path, "digest")
    well(tmp_path, "review", "decide", query, "--as", "fine", "--reason", "It was needed")
    assert reviewed(tmp_path)["emergency_access"] == []


def test_what_is_not_there_cannot_be_decided(tmp_path: Path) -> None:
    query = asked(tmp_path)
    for other in ("look-000000000000", query):
        told = run(tmp_path, "review", "decide", other, "--as", "fine", "--reason", "x")
        assert told.exit_code == Exit.USAGE
        assert "broker audit review" in told.stderr


def test_a_flag_is_added_listed_and_lifted_and_finds_the_next_look_up(tmp_path: Path) -> None:
    asked(tmp_path)
    words = ("--reason", "In the news", "--review", "2027-01-01")
    added = well(tmp_path, "flag", "add", "--person", "Ashdown, Emma, 1991-03-07", *words)
    home = well(
        tmp_path,
        "flag",
        "add",
        "--home-of",
        "lw-1",
        "--postcode",
        "LW1 4AB",
        "--address",
        "4 Mill Lane",
        *words,
    )
    flags = json.loads(well(tmp_path, "flag", "list", "--json"))
    assert [one["of"] for one in flags] == ["person", "home"]
    assert all(one["flag"] in told for one, told in zip(flags, (added, home), strict=True))
    assert "Emma" not in well(tmp_path, "flag", "list")
    asked(tmp_path, {**EMMA, "address": "4 Mill Lane"})
    assert {one["rule"] for one in reviewed(tmp_path)["findings"]} == {"flagged_people", "own_address"}
    well(tmp_path, "flag", "lift", flags[0]["flag"], "--reason", "No more")
    assert len(json.loads(well(tmp_path, "flag", "list", "--json"))) == 1
    for wrong in (("flag", "lift", flags[0]["flag"], "--reason", "x"), ("flag", "add", *words),
                  ("flag", "add", "--home-of", "lw-1", *words)):  # fmt: skip
        assert run(tmp_path, *wrong).exit_code == Exit.USAGE


def test_rules_are_explained_with_their_thresholds_and_what_was_measured(tmp_path: Path) -> None:
    (tmp_path / "broker.yaml").write_text(BROKER)
    text = well(tmp_path, "rules")
    for line in ("many_people (rate)", "people 40, within 1 hour", "Does not mean:", "false alarms a month"):
        assert line in text
    as_json = json.loads(well(tmp_path, "rules", "--json"))
    assert as_json["own_surname"]["measured"]["thresholds"] == as_json["own_surname"]["thresholds"]
    assert json.loads(well(tmp_path, "rules", "--schema"))["title"] == "WatchingRules"
    (tmp_path / "watching.yaml").write_text("format: watching/1\nrules: {it: {watches: rats}}\n")
    told = run(tmp_path, "rules")
    assert (told.exit_code, "Did you mean rate?" in told.stderr) == (Exit.WRONG, True)
    checked = CliRunner().invoke(main, ["check", str(tmp_path), "--files-only"])
    assert "watching.yaml:2:23" in checked.stderr


NOTICES = """\
notices:
  mail: {host: smtp.littleworth.example, sender: broker@littleworth.example}
  to: {dpo: {email: dpo@littleworth.example}}
"""


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        (
            "  mail: {host: smtp.littleworth.example, sender: broker@littleworth.example}\n",
            "",
            "email addresses need a mail server",
        ),
        ("sender:", "security: none, sender:", "mail that leaves this machine needs TLS"),
        ("sender:", "user: broker, sender:", "user and password: write both, or neither"),
        ("email: dpo@littleworth.example", "", "nobody would be told"),
        ("  to:", "  digest_to: [cfo]\n  to:", "digest_to names cfo"),
        (
            "email: dpo@littleworth.example",
            'webhook: {url: "http://a.example", secret: "env:A"}',
            "form that is expected",
        ),
    ],
)
def test_notices_that_could_not_be_sent_are_faults(tmp_path: Path, old: str, new: str, sentence: str) -> None:
    assert old in NOTICES
    (tmp_path / "broker.yaml").write_text(BROKER + NOTICES.replace(old, new, 1))
    with pytest.raises(Exception, match="(?i)" + sentence):
        load_settings(tmp_path, {})


def test_a_recipient_whom_nobody_knows_is_a_warning(tmp_path: Path) -> None:
    (tmp_path / "broker.yaml").write_text(BROKER + NOTICES)
    told = CliRunner().invoke(main, ["check", str(tmp_path), "--files-only"], env={"COLUMNS": "250"})
    assert "watching rules notify information_governance" in told.stderr
