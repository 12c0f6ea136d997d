"""``broker source profile`` as its users call it."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from broker.cli import main
from broker.cli.printing import Exit
from connectors.contract import Connector
from tests.fakes.littleworth import SOURCES, source_file, write_files

ROOT = Path(__file__).parents[3]
ROWS = 120


def run(*args: str | Path) -> Result:
    return CliRunner().invoke(main, ["source", "profile", *map(str, args)], env={"COLUMNS": "200"})


def person(number: int, **changed: object) -> dict[str, object]:
    return {
        "local_key": str(number),
        "given_name": "Canaryada",
        "family_name": f"Canarysmith{'abcdef'[number % 6]}",
        "birth_date": date(1980, 1, 1 + number % 28).isoformat() if number % 8 else None,
        "sex": "female",
        "started": "2019-03-07",
        "last_contact": "2026-03-07",
        "status": "open",
        "worker": "Canary Worker",
        "team": "Canary team",
        "phone": "01632 960021",
        "category": "support",
        "shielded": "N",
        **changed,
    }


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    """Littleworth, whose school has rows."""
    school = source_file("school", "School").replace("connection: {}", "connection: {rows: rows.json}")
    write_files(tmp_path, sources={**SOURCES, "school": school})
    put(tmp_path, [person(number) for number in range(ROWS)])
    return tmp_path


def put(directory: Path, rows: list[dict[str, object]]) -> None:
    (directory / "rows.json").write_text(json.dumps(rows), encoding="utf-8")


def test_a_profile_is_told_in_the_terminal(directory: Path) -> None:
    ran = run("school", directory)
    assert ran.exit_code == Exit.WELL, ran.output
    for told in (
        "School",
        "Records in scope",
        "120",
        "1 in 8 has no birth date",
        "What to do",
        "Whom to ring",
    ):
        assert told in ran.output
    assert "canary" not in ran.output.casefold()


def test_a_profile_is_told_as_json(directory: Path) -> None:
    told: dict[str, Any] = json.loads(run("school", directory, "--json").stdout)
    assert (told["format"], told["source"], told["records"]["count"]) == ("source-profile/1", "school", 120)
    assert {one["weight"] for one in told["findings"]} <= {"stops", "hides", "weakens", "contact", "check"}
    assert told["sections"][1]["title"] == "Names"
    assert "canary" not in json.dumps(told).casefold()


def test_a_profile_is_written_as_html(directory: Path, tmp_path: Path) -> None:
    path = tmp_path / "school.html"
    ran = run("school", directory, "--html", path)
    assert (ran.exit_code, "school.html" in ran.output.replace("\n", "")) == (Exit.WELL, True)
    written = path.read_text(encoding="utf-8")
    assert written.startswith("<!doctype html>")
    assert "canary" not in written.casefold()


def test_a_report_that_can_not_be_written_is_said_before_anything_is_read(directory: Path) -> None:
    (directory / "rows.json").unlink()
    ran = run("school", directory, "--html", directory / "nowhere" / "school.html")
    assert (ran.exit_code, "could not be written" in ran.output) == (Exit.USAGE, True)


def test_a_sample_says_that_it_is_one(directory: Path) -> None:
    told = json.loads(run("school", directory, "--json", "--sample", "60").stdout)
    assert (told["sample"], told["records"]["count"]) == (True, 60)
    assert json.loads(run("school", directory, "--json", "--sample", "500").stdout)["sample"] is False


def test_a_source_that_could_not_answer_ends_with_1(directory: Path) -> None:
    put(directory, [*(person(number) for number in range(ROWS)), person(ROWS, started="canary date")])
    ran = run("school", directory)
    assert (ran.exit_code, "Stops answers" in ran.output) == (Exit.WRONG, True)
    assert "canary" not in ran.output.casefold()


def test_an_unknown_source_is_answered_with_those_that_there_are(directory: Path) -> None:
    ran = run("shool", directory)
    assert ran.exit_code == Exit.USAGE
    said = " ".join(ran.output.split())
    assert "Did you mean 'school'?" in said
    assert "housing, police, school" in said


def test_a_source_is_profiled_before_it_has_a_policy(directory: Path) -> None:
    (directory / "policies" / "school.yaml").unlink()
    assert run("school", directory).exit_code == Exit.WELL


def test_the_faults_of_its_own_file_are_named_and_no_other(directory: Path) -> None:
    for name in ("school", "housing"):
        path = directory / "sources" / f"{name}.yaml"
        path.write_text(
            path.read_text(encoding="utf-8").replace("population: 20000", "population: many"),
            encoding="utf-8",
        )
    ran = run("school", directory)
    assert ran.exit_code == Exit.WRONG
    assert "school.yaml" in ran.output
    assert "housing.yaml" not in ran.output


def test_a_source_that_is_not_as_its_file_says_ends_with_1(directory: Path) -> None:
    (directory / "rows.json").write_text("{", encoding="utf-8")
    ran = run("school", directory)
    assert (ran.exit_code, "could not be read as JSON" in ran.output) == (Exit.WRONG, True)


def test_only_the_command_may_read_a_source_whole() -> None:
    """import-linter holds it too; this holds whatever is imported while the broker runs."""
    naming = {
        str(path.relative_to(ROOT))
        for room in ("broker", "connectors", "policy", "consent_rules", "deploy")
        for path in (ROOT / room).rglob("*.py")
        if "connectors.survey" in path.read_text(encoding="utf-8")
    }
    assert {one for one in naming if not one.startswith("connectors/survey/")} == {
        "broker/cli/source_profile.py"
    }


def test_no_connector_can_read_all() -> None:
    methods = {name for name in vars(Connector) if not name.startswith("_")}
    assert methods == {"candidates", "close", "open"}
