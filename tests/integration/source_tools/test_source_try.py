"""`broker source try` on real databases: steps and times, and never whether anybody was found."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from broker.cli.printing import Exit
from tests.fakes.littleworth import POLICIES
from tests.integration.source_tools import probation
from tests.integration.source_tools.conftest import service_on
from tests.integration.source_tools.probation import TABLE, WORDS, Service, drafted, run

HELD = "QUIZZENBURY, XANTHIPPA, 1960-01-01"
NOBODY = "ABERFORTH, OTTOLINE, 1961-02-03"


def steps(directory: Path, person: str, *more: str) -> list[dict[str, Any]]:
    told = run("source", "try", "probation", directory, "--person", person, "--json", *more)
    return list(json.loads(told.stdout)["steps"])


def untimed(found: list[dict[str, Any]]) -> list[tuple[str, str, bool]]:
    return [(one["step"], one["says"], one["well"]) for one in found]


@pytest.fixture
def sqlite(request: pytest.FixtureRequest, tmp_path: Path, directory: Path) -> Service:
    """The service in SQLite, drafted."""
    service = service_on("sqlite", request, tmp_path)
    assert drafted(directory, service).exit_code == Exit.WELL
    return service


def test_every_step_is_told_and_timed(directory: Path, service: Service) -> None:
    assert drafted(directory, service).exit_code == Exit.WELL
    found = steps(directory, HELD)
    assert [one["step"] for one in found if one["step"] != "probe"] == ["columns", "connect", "ask"]
    assert any("Surname is one of" in one["says"] for one in found if one["step"] == "probe")
    assert all(one["milliseconds"] % 25 == 0 for one in found if one["milliseconds"] is not None)
    assert "fewer than 100" in found[-1]["says"]


def test_somebody_who_is_held_and_somebody_who_is_not_look_the_same(
    directory: Path, service: Service
) -> None:
    assert drafted(directory, service).exit_code == Exit.WELL
    before = [one for one in untimed(steps(directory, HELD)) if one[0] != "probe"]
    service.run(f"DELETE FROM {TABLE}")  # noqa: S608 -- a constant
    after = [one for one in untimed(steps(directory, HELD)) if one[0] != "probe"]
    assert before == after
    assert before == [one for one in untimed(steps(directory, NOBODY)) if one[0] != "probe"]


def test_no_value_of_anybody_is_printed_or_logged(
    directory: Path, service: Service, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(0)
    assert drafted(directory, service).exit_code == Exit.WELL
    told = run("source", "try", "probation", directory, "--person", HELD)
    assert told.exit_code == Exit.WELL
    assert [word for word in WORDS if word in told.output + caplog.text] == []
    assert "invented person" in told.output


def test_a_row_that_cannot_be_read_is_not_told_of(directory: Path, sqlite: Service) -> None:
    sqlite.run(f"UPDATE {TABLE} SET OrderStart = 'soon'")  # noqa: S608 -- a constant
    last = steps(directory, HELD)[-1]
    assert (last["well"], "broker source check" in last["says"]) == (False, True)
    assert "OrderStart" not in last["says"]


def test_what_the_policy_closes_is_not_even_asked(directory: Path, sqlite: Service) -> None:
    found = steps(directory, HELD, "--purpose", "section_47_enquiry")
    assert [one["step"] for one in found] == ["policy"]
    assert "shares nothing" in found[0]["says"]


def test_a_purpose_selects_only_the_columns_that_its_policy_can_need(
    directory: Path, sqlite: Service
) -> None:
    path = directory / "policies" / "probation.yaml"
    path.write_text(path.read_text().replace("    # share: [{purpose", "    share: [{purpose"))
    (_, columns, *_, last) = steps(directory, HELD, "--purpose", "section_47_enquiry")
    assert "LastContactDate" in columns["says"]
    assert "OffenderManager" not in columns["says"]
    assert last["step"] == "ask"


@pytest.mark.parametrize(
    ("more", "says"),
    [
        (("--purpose", "section_48"), "There is no purpose section_48."),
        (
            ("--purpose", "section_47_enquiry", "--requester-role", "auditor"),
            "The role auditor may not ask for it.",
        ),
        (("--purpose", "section_47_enquiry", "--relation", "neighbour"), "It is not about a neighbour."),
    ],
)
def test_a_purpose_that_permits_nothing_says_why(
    directory: Path, sqlite: Service, more: tuple[str, ...], says: str
) -> None:
    (told,) = steps(directory, HELD, *more)
    assert (told["well"], told["says"].startswith(says)) == (False, True), told


def test_too_little_to_identify_anyone_asks_nothing(directory: Path, sqlite: Service) -> None:
    (told,) = steps(directory, "QUIZZENBURY")
    assert (told["well"], "add a given name" in told["says"]) == (False, True)


def test_a_person_is_written_as_the_help_says_and_not_repeated(directory: Path, sqlite: Service) -> None:
    told = run("source", "try", "probation", directory, "--person", "Quizzenbury, Xanthippa, soonest")
    assert told.exit_code == Exit.USAGE
    assert "Xanthippa" not in told.output


def test_a_source_that_cannot_be_reached_ends_with_1(directory: Path, sqlite: Service) -> None:
    path = directory / "sources" / "probation.yaml"
    path.write_text(path.read_text().replace("probation.db", "gone.db"))
    found = steps(directory, HELD)
    assert (found[-1]["step"], found[-1]["well"]) == ("connect", False)
    assert run("source", "try", "probation", directory, "--person", HELD).exit_code == Exit.WRONG


def test_a_policy_with_faults_is_named_before_anything_is_asked(directory: Path, sqlite: Service) -> None:
    (directory / "policies" / "probation.yaml").write_text(
        POLICIES["school"].replace("format:", "fromat:", 1)
    )
    told = run("source", "try", "probation", directory, "--person", HELD, "--purpose", "section_47_enquiry")
    assert (told.exit_code, "broker check" in told.output) == (Exit.WRONG, True)


def test_nothing_is_recorded_in_the_audit_log(directory: Path, sqlite: Service) -> None:
    steps(directory, HELD)
    assert not list(directory.rglob("audit.db*"))
    assert probation.TABLE not in str(list(directory.rglob("*")))
