"""The register of family agreements: from the command line to the next question."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import apsw
import pytest
from click.testing import CliRunner, Result

from broker.cli import main
from broker.cli.printing import Exit
from tests.fakes.littleworth import EARLY_HELP, EMMA, POLICIES, Littleworth, littleworth, part, row

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


def run(*words: str | Path) -> Result:
    return CliRunner().invoke(main, ["agreement", *map(str, words)])


async def outcome(town: Littleworth) -> str:
    return str(part(await town.ask(EMMA, **ASKED), "housing")["outcome"])


async def test_an_agreement_is_recorded_and_withdrawn_for_the_next_question(tmp_path: Path) -> None:
    async with littleworth(tmp_path, ROWS) as town:
        where = ("--partnership", tmp_path)
        assert await outcome(town) == "not_asked"
        assert run("record", *where, *EMMA_NAMED, *AGREED).exit_code == Exit.WELL
        assert await outcome(town) == "involved"
        shown = run("show", *where, *EMMA_NAMED[:2])
        assert ("Case note 7" in shown.output, "given" in shown.output) == (True, True)
        assert run("withdraw", *where, *EMMA_NAMED, "--evidence", "Call of 2 June").exit_code == Exit.WELL
        now = json.loads(run("show", *where, *EMMA_NAMED[:2], "--json").output)
        assert now == {"early_help_assessment": "withdrawn"}
        assert b"Ashdown" not in town.log_bytes()


async def test_a_register_that_cannot_be_read_opens_nothing(tmp_path: Path) -> None:
    async with littleworth(tmp_path, ROWS) as town:
        run("record", "--partnership", tmp_path, *EMMA_NAMED, *AGREED)
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
        (("--person", "Ashdown", "--purpose", "p", *AGREED), "Write the person as"),
    ],
)
def test_a_slip_of_an_agreement_is_told_plainly(tmp_path: Path, words: tuple[str, ...], advice: str) -> None:
    told = run("record", "--partnership", tmp_path, *words)
    assert told.exit_code == Exit.USAGE
    assert advice in " ".join(told.output.split())
