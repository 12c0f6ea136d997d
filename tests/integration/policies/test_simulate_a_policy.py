"""What a new version of a policy would have made of the questions that were asked."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

from click.testing import CliRunner

from broker.cli import main
from broker.cli.printing import Exit
from tests.fakes.littleworth import EMMA, POLICIES, littleworth, question, row
from tests.fakes.littleworth_cases import CASES, HOLDER, linked, with_cases


def simulated(directory: Path, text: str, *more: str) -> dict[str, Any]:
    draft = directory / "draft.yaml"
    draft.write_text(text.replace("version: 3", "version: 4"), encoding="utf-8")
    words = [
        "policy",
        "simulate",
        str(draft),
        "--partnership",
        str(directory),
        "--days",
        "36500",
        "--json",
        *more,
    ]
    told = CliRunner().invoke(main, words)
    assert told.exit_code == Exit.WELL, told.output
    found: dict[str, Any] = json.loads(told.output)
    return found


async def test_the_questions_of_the_last_weeks_are_put_to_a_new_version(tmp_path: Path) -> None:
    child = {**EMMA, "relation": "child", "birth_date": "2021-03-07"}
    other = {**EMMA, "relation": "other_adult"}
    async with littleworth(tmp_path, {"school": [row()]}) as town:
        await town.ask()
        await town.ask(EMMA, other)
        await town.ask(child, view="flags")
    school = POLICIES["school"]
    same = simulated(tmp_path, school)
    narrower = simulated(tmp_path, school.replace("show: full_date}", "show: year}"))
    older = simulated(tmp_path, school.replace("from: 3}", "from: 18}"))
    told = CliRunner().invoke(
        main, ["policy", "simulate", str(tmp_path / "draft.yaml"), "--partnership", str(tmp_path)]
    )
    nothing = dict.fromkeys(("more", "less", "opened", "closed", "lessened"), 0)
    assert same == {"questions": 4, "disclosures": same["disclosures"]} | nothing
    assert same["disclosures"] >= 2
    assert (narrower["more"], narrower["less"]) == (0, 2)  # of another adult it was the year before
    assert narrower["lessened"] >= 1
    assert (older["closed"], older["opened"], older["less"]) == (1, 0, 1)
    assert "questions of the last 30 days could be answered otherwise" in told.output
    assert "Emma" not in told.output
    with town.reader() as reader:  # that the questions were read is an entry, each time
        read = [one.facts["request"] for one in reader.entries() if one.kind == "audit.read"]
    assert [one["command"] for one in read] == ["policy simulate"] * 4
    assert read[-1]["asked"] == {"source": "school", "days": "30"}


async def test_without_a_version_that_was_in_force_there_is_nothing_to_compare(tmp_path: Path) -> None:
    async with littleworth(tmp_path, {}):
        draft = tmp_path / "draft.yaml"
        draft.write_text(POLICIES["school"].replace(": school\n", ": other\n"), encoding="utf-8")
        told = CliRunner().invoke(main, ["policy", "simulate", str(draft), "--partnership", str(tmp_path)])
    assert told.exit_code == Exit.USAGE
    assert "No version of other was in force here yet." in " ".join(told.output.split())


async def test_whom_a_case_system_named_was_asked_about_too_in_a_verified_case(tmp_path: Path) -> None:
    unless_verified = "{when: {case: unverified}, show: team, why: Only who holds the case rings a person.}"
    school = POLICIES["school"].replace(
        "{when: {relation: other_adult}, show: team, why: Proportionate for others.}", unless_verified
    )
    async with littleworth(tmp_path, {CASES: [linked()], "school": [row()]}, **with_cases()) as town:
        status, _ = await town.post(
            "/v1/queries", {**question(), "journey": "case", "people": []}, persona=HOLDER
        )
        assert status == 200
        found = await asyncio.to_thread(simulated, tmp_path, school)
    assert (found["questions"], found["disclosures"]) == (1, 1)
    assert (found["less"], found["lessened"]) == (0, 0)  # in a case that is not verified it would be a team
