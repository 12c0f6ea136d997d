"""The register of family agreements: from the command line to the next question."""

from __future__ import annotations

import asyncio
import json
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import apsw
import pytest
from click.testing import CliRunner, Result

from broker.cli import main
from broker.cli.printing import Exit
from broker.past_questions import past_questions
from tests.fakes.littleworth import (
    EARLY_HELP,
    EMMA,
    NOW,
    POLICIES,
    PURPOSES,
    Littleworth,
    littleworth,
    part,
    row,
)

ROWS = {name: [row()] for name in POLICIES}
ASKED: dict[str, Any] = {"purpose": "early_help_assessment", "persona": EARLY_HELP}
BORN = row().identifiers.birth_date
EMMA_NAMED = ("--person", f"Ashdown, Emma, {BORN}", "--purpose", "early_help_assessment")
AGREED = (
    "--standing",
    "the_adult",
    "--evidence",
    "Case note 7",
    "--on",
    "2026-05-28",
    "--until",
    "2026-12-31",
)


CALLED = ("--evidence", "Call of 2 June")


def run(*words: str | Path) -> Result:
    return CliRunner().invoke(main, ["agreement", *map(str, words)])


async def beside(*words: str | Path) -> Result:
    """A command beside a broker that runs, which records what it does."""
    return await asyncio.to_thread(run, *words)


async def outcome(town: Littleworth) -> str:
    return str(part(await town.ask(EMMA, **ASKED), "housing")["outcome"])


async def test_an_agreement_is_recorded_and_withdrawn_for_the_next_question(tmp_path: Path) -> None:
    async with littleworth(tmp_path, ROWS) as town:
        where = ("--partnership", tmp_path)
        assert await outcome(town) == "not_asked"
        assert (await beside("record", *where, *EMMA_NAMED, *AGREED)).exit_code == Exit.WELL
        assert await outcome(town) == "involved"
        shown = await beside("show", *where, *EMMA_NAMED[:2])
        assert ("Case note 7" in shown.output, "given" in shown.output) == (True, True)
        assert (
            await beside("withdraw", *where, *EMMA_NAMED, "--evidence", "Call of 2 June")
        ).exit_code == Exit.WELL
        now = json.loads((await beside("show", *where, *EMMA_NAMED[:2], "--json")).output)
        assert now == {"early_help_assessment": "withdrawn"}
        assert b"Ashdown" not in town.log_bytes()
        with town.reader() as reader:
            told = [one.facts["request"] for one in reader.entries() if one.kind == "agreement.recorded"]
        assert [(one["state"], one["evidence"]) for one in told] == [
            ("given", "Case note 7"),
            ("withdrawn", "Call of 2 June"),
        ]


async def outcomes(town: Littleworth, *people: Any, **said: Any) -> list[str]:
    answer = await town.ask(*(people or (EMMA,)), **(ASKED | said))
    return [part(answer, source)["outcome"] for source in ("housing", "school")]


async def test_a_family_agrees_to_one_service_and_withdraws_from_another(tmp_path: Path) -> None:
    async with littleworth(tmp_path, ROWS) as town:
        where = ("--partnership", tmp_path)
        assert (
            await beside("record", *where, *EMMA_NAMED, *AGREED, "--service", "school")
        ).exit_code == Exit.WELL
        assert await outcomes(town) == ["not_asked", "involved"]
        typed = {**EMMA, "family_agreement": {"state": "given", "evidence": "Case note 9"}}
        assert await outcomes(town, typed) == ["not_asked", "involved"]
        assert (await beside("record", *where, *EMMA_NAMED, *AGREED)).exit_code == Exit.WELL
        assert await outcomes(town) == ["involved", "involved"]
        left = ("--state", "withdrawn", "--service", "school")
        assert (await beside("record", *where, *EMMA_NAMED, *AGREED, *left)).exit_code == Exit.WELL
        assert await outcomes(town) == ["involved", "not_asked"]
        now = json.loads((await beside("show", *where, *EMMA_NAMED[:2], "--json")).output)
        assert now == {"early_help_assessment": "given", "early_help_assessment, school": "withdrawn"}


LEON = {**EMMA, "given_name": "Leon", "birth_date": "1989-11-02"}
BOTH = {"housing": [row(), row("k2", identifiers={"given_name": "Leon", "birth_date": date(1989, 11, 2)})]}
NUMBER = "9990000018"
TYPED_OPENS_NOTHING = PURPOSES.replace("roles:", "typed_agreements: open_nothing\nroles:", 1)


async def outcome_of(town: Littleworth, person: Any) -> str:
    return str(part(await town.ask(person, **ASKED), "housing")["outcome"])


async def test_one_adults_number_beside_anothers_name_opens_nothing(tmp_path: Path) -> None:
    async with littleworth(tmp_path, BOTH, purposes=TYPED_OPENS_NOTHING) as town:
        await beside("record", "--partnership", tmp_path, *EMMA_NAMED, *AGREED, "--nhs-number", NUMBER)
        assert await outcome_of(town, {**LEON, "nhs_number": NUMBER}) == "not_asked"
        # Of somebody's twin too; and a married name is nobody else's.
        assert await outcome_of(town, {**EMMA, "given_name": "Leon", "nhs_number": NUMBER}) == "not_asked"
        assert await outcome_of(town, {**EMMA, "family_name": "Quayle", "nhs_number": NUMBER}) != "not_asked"
        assert await outcome_of(town, {**EMMA, "nhs_number": NUMBER}) == "involved"
        # What was withdrawn closes, whoever is meant.
        await beside("withdraw", "--partnership", tmp_path, *EMMA_NAMED, "--nhs-number", NUMBER, *CALLED)
        typed = {"family_agreement": {"state": "given", "evidence": "Case note 9"}}
        assert await outcome_of(town, {**LEON, "nhs_number": NUMBER, **typed}) == "not_asked"


async def test_an_entry_that_was_made_one_about_somebody_else_opens_nothing(tmp_path: Path) -> None:
    leon = ("--person", "Ashdown, Leon, 1989-11-02", *EMMA_NAMED[2:])
    async with littleworth(tmp_path, BOTH) as town:
        await beside("record", "--partnership", tmp_path, *EMMA_NAMED, *AGREED)
        await beside("withdraw", "--partnership", tmp_path, *leon, *CALLED)
        assert await outcome_of(town, LEON) == "not_asked"
        register = apsw.Connection(str(tmp_path / "state" / "registers.db"))
        emmas, leons = (one for (one,) in register.execute("SELECT id FROM entry ORDER BY number"))
        register.execute("UPDATE tag SET entry_id = ? WHERE entry_id = ?", (emmas, leons))
        register.close()
        assert await outcome_of(town, LEON) == "not_asked"
        typed = {"family_agreement": {"state": "given", "evidence": "Case note 9"}}
        assert await outcome_of(town, {**LEON, **typed}) == "not_asked"


async def test_the_log_says_which_agreement_counted_at_which_service(tmp_path: Path) -> None:
    async with littleworth(tmp_path, ROWS) as town:
        await beside("record", "--partnership", tmp_path, *EMMA_NAMED, *AGREED, "--service", "school")
        answer = await town.ask(EMMA, **ASKED)
        with town.reader() as reader:
            (intent,) = [
                one.facts for one in reader.trace(answer["query_id"]).entries if one.kind == "query.intent"
            ]
        assert intent["person 1"]["agreements"] == {
            "*": {"state": "not_recorded", "evidence": None},
            "school": {"state": "given", "evidence": "Case note 7"},
        }


async def test_a_past_question_is_put_again_with_the_agreement_that_counted(tmp_path: Path) -> None:
    async with littleworth(tmp_path, ROWS) as town:
        await beside("record", "--partnership", tmp_path, *EMMA_NAMED, *AGREED, "--service", "school")
        await town.ask(EMMA, **ASKED)
        rules = town.front.broker.around.catalogue.purposes.rules
        with town.reader() as reader:
            (of_school,) = past_questions(reader, "school", NOW - timedelta(days=1), rules)
    assert (of_school.ask.family_agreement, of_school.shown[0]["involved"]) == ("given", 1)


async def test_details_are_opened_by_the_agreement_of_that_service(tmp_path: Path) -> None:
    async with littleworth(tmp_path, ROWS) as town:
        where = ("--partnership", tmp_path)
        await beside("record", *where, *EMMA_NAMED, *AGREED)
        flags = await town.ask(EMMA, **(ASKED | {"view": "flags"}))
        reference = part(flags, "school")["reference"]
        await beside("record", *where, *EMMA_NAMED, *AGREED, "--state", "withdrawn", "--service", "school")
        _, details = await town.post("/v1/details", {"reference": reference}, EARLY_HELP)
        assert part(details, "school")["outcome"] == "not_asked"


@pytest.mark.parametrize(
    ("setting", "expected"),
    [("count", "involved"), ("open_nothing", "not_asked")],
    ids=["count", "open_nothing"],
)
async def test_what_is_typed_opens_nothing_where_the_partnership_says_so(
    tmp_path: Path, setting: str, expected: str
) -> None:
    rules = PURPOSES.replace("roles:", f"typed_agreements: {setting}\nroles:", 1)
    async with littleworth(tmp_path, ROWS, purposes=rules) as town:
        typed = {**EMMA, "family_agreement": {"state": "given", "evidence": "Case note 9"}}
        assert await outcomes(town, typed) == [expected, expected]
        assert (
            await beside("record", "--partnership", tmp_path, *EMMA_NAMED, *AGREED)
        ).exit_code == Exit.WELL
        assert await outcomes(town) == ["involved", "involved"]


async def test_a_service_that_is_not_there_is_told_by_the_command_and_over_http(tmp_path: Path) -> None:
    async with littleworth(tmp_path, ROWS) as town:
        told = await beside("record", "--partnership", tmp_path, *EMMA_NAMED, *AGREED, "--service", "shcool")
        assert told.exit_code == Exit.USAGE
        assert "There is no service shcool" in " ".join(told.output.split())
        slip = (*EMMA_NAMED[:2], "--purpose", "erly_help_assessment")
        told = await beside("withdraw", "--partnership", tmp_path, *slip, *CALLED)
        assert told.exit_code == Exit.USAGE
        assert "There is no purpose erly_help_assessment" in " ".join(told.output.split())
        body = {
            "purpose": "early_help_assessment",
            "person": {"given_name": "Emma", "family_name": "Ashdown", "birth_date": str(BORN)},
            "state": "withdrawn",
            "standing": "the_adult",
            "evidence": "Call",
            "agreed_on": "2026-05-28",
            "until": "2026-12-31",
            "services": ["school", "shcool"],
        }
        status, problem = await town.post("/v1/family-agreements", body, EARLY_HELP)
        assert status == 422
        assert [one["pointer"] for one in problem["errors"]] == ["/services/1"]
        assert (await town.post("/v1/family-agreements", body | {"services": ["school"]}, EARLY_HELP))[
            0
        ] == 201


async def test_a_register_that_cannot_be_read_opens_nothing(tmp_path: Path) -> None:
    async with littleworth(tmp_path, ROWS) as town:
        await beside("record", "--partnership", tmp_path, *EMMA_NAMED, *AGREED)
        assert await outcome(town) == "involved"
        other = apsw.Connection(str(tmp_path / "state" / "registers.db"))
        other.execute("UPDATE entry SET sealed = zeroblob(64)")
        other.close()
        typed = {**EMMA, "family_agreement": {"state": "given", "evidence": "Case note 7"}}
        assert part(await town.ask(typed, **ASKED), "housing")["outcome"] != "involved"


@pytest.mark.parametrize(
    ("words", "advice"),
    [
        ((*EMMA_NAMED, *AGREED[2:], "--standing", "parental_responsibility"), "Nobody of this standing"),
        ((*EMMA_NAMED, *AGREED[:-1], "2026-05-01"), "before the conversation"),
        (
            (*EMMA_NAMED, "--state", "withdrawn", *AGREED[:4], "--on", "2062-05-28", "--until", "2062-12-31"),
            "The conversation is in the future",
        ),
        (("--person", "Ashdown", "--purpose", "p", *AGREED), "Write the person as"),
    ],
)
def test_a_slip_of_an_agreement_is_told_plainly(tmp_path: Path, words: tuple[str, ...], advice: str) -> None:
    told = run("record", "--partnership", tmp_path, *words)
    assert told.exit_code == Exit.USAGE
    assert advice in " ".join(told.output.split())
