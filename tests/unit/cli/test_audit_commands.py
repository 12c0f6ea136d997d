"""``broker audit`` on the command line: what it tells, and that whoever read is told too."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from broker.audit.checkpoint import Verifier
from broker.audit.keys import load_keys
from broker.audit.proof import proves
from broker.audit.reader import AuditReader
from broker.audit.tree import leaf_hash
from broker.cli import main
from broker.cli.printing import Exit
from tests.fakes.littleworth import EMMA, littleworth, row

ORIGIN = "littleworth.example/family-context"


def run(directory: Path, *words: str | Path) -> Result:
    told = [*map(str, words), "--partnership", str(directory)]
    return CliRunner().invoke(main, ["audit", *told], env={"COLUMNS": "250"})


def as_json(directory: Path, *words: str | Path) -> Any:
    told = run(directory, *words, "--json")
    assert told.exit_code == Exit.WELL, told.output
    return json.loads(told.stdout)


@pytest.fixture
def town(tmp_path: Path) -> Path:
    """Littleworth, after Sam Okafor asked about Emma Ashdown, and about somebody else."""

    async def asked() -> None:
        async with littleworth(tmp_path, {"school": [row()]}) as town:
            await town.ask()
            await town.ask(
                {**EMMA, "given_name": "Zoltan", "family_name": "Quorn", "birth_date": "1950-01-02"}
            )

    asyncio.run(asked())
    return tmp_path


def readings(directory: Path) -> list[dict[str, Any]]:
    keys = load_keys(directory / "state" / "keys")
    with AuditReader.open(directory / "state" / "audit.db", keys, ORIGIN) as reader:
        return [dict(one.facts["request"]) for one in reader.entries() if one.kind == "audit.read"]


def test_questions_are_found_and_the_next_page_is_named(town: Path) -> None:
    told = run(town, "search", "--requester", "okafor", "--last", "1")
    assert told.exit_code == Exit.WELL
    assert "section_47_enquiry" in told.stdout
    whole = as_json(town, "search", "--requester", "okafor")
    assert [one["requester"]["name"] for one in whole["found"]] == ["Sam Okafor"] * 2
    assert whole["before"] is None
    first = as_json(town, "search", "--requester", "okafor", "--last", "1")
    assert first["before"] == first["found"][0]["entry"]
    assert f"There are more: --before {first['before']}" in told.stdout
    rest = as_json(town, "search", "--requester", "okafor", "--before", str(first["before"]))
    assert [*first["found"], *rest["found"]] == whole["found"]
    assert "Emma" not in json.dumps(whole)
    assert "Nothing in the log fits." in run(town, "search", "--purpose", "none").stdout


def test_questions_are_counted(town: Path) -> None:
    told = as_json(town, "search", "--purpose", "section_47_enquiry", "--count")
    assert told["all"] == {"questions": 2}
    assert told["outcome"]["school: involved"] == 1
    assert "school: involved" in run(town, "search", "--count").stdout


def test_a_search_is_an_entry_with_what_was_searched_for(town: Path) -> None:
    run(town, "search", "--requester", "okafor", "--since", "2026-01-01")
    (read,) = readings(town)
    assert read["command"] == "audit search"
    assert read["asked"] == {"requester": "okafor", "since": "2026-01-01"}


def test_an_entry_is_proved_by_a_file_that_stands_on_its_own(town: Path, tmp_path: Path) -> None:
    proof, entry = tmp_path / "out.proof", tmp_path / "out.entry"
    told = run(town, "prove", "3", "--out", proof, "--entry", entry)
    assert told.exit_code == Exit.WELL, told.output
    verifier_key = told.stdout.split("Verifier key")[1].strip()
    name, _, public = verifier_key.split("+", 2)
    verifier = Verifier(name, base64.b64decode(public)[1:])
    leaf = leaf_hash(entry.read_bytes())
    assert base64.b64encode(leaf).decode() in told.stdout
    assert proves(proof.read_text(encoding="utf-8"), leaf, verifier)
    assert not proves(proof.read_text(encoding="utf-8"), leaf_hash(entry.read_bytes() + b" "), verifier)
    again = as_json(town, "prove", "3")
    assert base64.b64decode(again["bytes"]) == entry.read_bytes()
    assert proves(again["proof"], base64.b64decode(again["leaf_hash"]), verifier)
    assert run(town, "prove", "3").stdout.startswith("c2sp.org/tlog-proof@v1\nindex 3\n")


def test_an_entry_that_is_not_there_is_not_proved_and_no_file_is_overwritten(
    town: Path, tmp_path: Path
) -> None:
    missing = run(town, "prove", "4711")
    assert (missing.exit_code, "The log has" in missing.stderr) == (Exit.USAGE, True)
    (tmp_path / "kept").write_text("mine")
    refused = run(town, "prove", "0", "--out", tmp_path / "kept")
    assert (refused.exit_code, (tmp_path / "kept").read_text()) == (Exit.USAGE, "mine")


WHOM = ("--person", "Ashdown, Emma, 1991-03-07", "--reason", "Her request of 3 June")
BOTH_TESTS = ("--serious-harm", "no", "--third-party", "no")


def test_who_looked_somebody_up_is_found_reviewed_and_released(town: Path, tmp_path: Path) -> None:
    begun = as_json(town, "person", "start", *WHOM)
    (found,) = begun["found"]
    assert (found["sure"], found["requester"]["name"]) == ("certain", "Sam Okafor")
    report, entry = begun["report"], str(found["entry"])
    early = run(town, "person", "release", report, "--out", tmp_path / "report")
    assert (early.exit_code, f"still to be reviewed: {entry}." in early.stderr) == (Exit.WRONG, True)
    reviewing = ("person", "review", report, "--entry", entry, "--verdict", "released")
    half = run(town, *reviewing, "--serious-harm", "no")
    assert (half.exit_code, "--third-party" in half.stderr) == (Exit.USAGE, True)
    assert as_json(town, *reviewing, *BOTH_TESTS)["left"] == []
    listed = as_json(town, "person", "review", report)
    assert listed["found"][0]["review"]["verdict"] == "released"
    released = run(town, "person", "release", report, "--out", tmp_path / "report")
    assert released.exit_code == Exit.WELL, released.output
    text = (tmp_path / "report.txt").read_text(encoding="utf-8")
    assert "Sam Okafor, social_worker" in text
    assert (tmp_path / "report.txt").stat().st_mode & 0o777 == 0o600
    told = json.loads((tmp_path / "report.json").read_text(encoding="utf-8"))
    assert [one["who"] for one in told["looked_up"]] == ["Sam Okafor"]
    traced = as_json(town, "trace", report)["entries"]
    assert [one["type"] for one in traced] == [
        "subject.report_started",
        "subject.reviewed",
        "audit.read",
        "subject.released",
    ]
    assert (
        traced[3]["release"]["sha256"] == hashlib.sha256((tmp_path / "report.json").read_bytes()).hexdigest()
    )
    shown = run(town, "trace", report).stdout
    for words in ("Her request of 3 June", "entry 12 released".replace("12", entry), "Serious harm: no."):
        assert words in shown


def test_a_report_is_not_written_over_another_file(town: Path, tmp_path: Path) -> None:
    (tmp_path / "report.txt").write_text("mine")
    begun = as_json(town, "person", "start", "--nhs-number", "9990000018", "--reason", "x")
    assert begun["found"] == []
    refused = run(town, "person", "release", begun["report"], "--out", tmp_path / "report")
    assert (refused.exit_code, (tmp_path / "report.txt").read_text()) == (Exit.USAGE, "mine")


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("--reason", "x"), "Say who it is"),
        (("--person", "Ashdown", "--reason", "x"), "Write the person as"),
        (("--nhs-number", "123", "--reason", "x"), "Say who it is"),
    ],
)
def test_too_little_finds_nobody(town: Path, words: tuple[str, ...], told: str) -> None:
    refused = run(town, "person", "start", *words)
    assert (refused.exit_code, told in refused.stderr) == (Exit.USAGE, True)


def test_a_person_without_a_birth_date_is_found_by_name_and_place(town: Path) -> None:
    begun = as_json(town, "person", "start", "--person", "Ashdown, Emma", "--reason", "x")
    assert [one["sure"] for one in begun["found"]] == ["possible"]


def test_a_review_of_what_is_not_there_is_refused(town: Path) -> None:
    for words, told in (
        (("r-none",), "no report r-none"),
        (("r-none", "--entry", "1", "--verdict", "released", *BOTH_TESTS), "no report r-none"),
    ):
        refused = run(town, "person", "review", *words)
        assert (refused.exit_code, told in refused.stderr) == (Exit.USAGE, True)
