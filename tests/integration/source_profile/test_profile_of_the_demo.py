"""The six services of the demo are profiled, and nobody in them can be found in what is told."""

from __future__ import annotations

import asyncio
import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from broker.cli import main
from broker.cli.printing import Exit
from broker.surroundings import LONDON
from deploy.demo.databases import DATABASES
from deploy.demo.northshire import Northshire, started
from tests.odbc_drivers import require_odbc_drivers

SERVICES = (*DATABASES, "housing", "housing_asb")


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Northshire]:
    directory = tmp_path_factory.mktemp("northshire")
    made = asyncio.run(started(directory, 7, 1_500, datetime.now(LONDON).date(), lambda _: None))
    yield made
    made.databases.stop()
    made.databases.destroy()


def run(town: Northshire, name: str, *options: str) -> Result:
    arguments = ["source", "profile", name, str(town.directory), *options]
    return CliRunner().invoke(main, arguments, env={"COLUMNS": "160"})


@pytest.mark.parametrize("name", SERVICES)
def test_every_service_of_the_demo_is_profiled_without_a_word_of_anyone(
    town: Northshire, name: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    page = tmp_path / "report.html"
    table = run(town, name, "--html", str(page))
    assert table.exit_code == Exit.WELL, table.output
    as_json = run(town, name, "--json")
    told = f"{table.output} {as_json.stdout} {page.read_text(encoding='utf-8')} {caplog.text}"
    held = [one for one in town.truth.records if one.service == name]
    assert json.loads(as_json.stdout)["records"]["count"] == pytest.approx(len(held), rel=0.35)
    for person in town.truth.people:
        assert person.birth_date.isoformat() not in told
        assert f"{person.given_name} {person.family_name}" not in told
        assert f"{person.birth_date:%d/%m/%Y}" not in told
    assert re.findall(r"\b\d{10}\b|\b\d{3} \d{3} \d{4}\b|\b01632 \d{6}\b|\b07\d{3} ?\d{6}\b", told) == []
    assert re.findall(r"[\w.]+@[\w-]+\.\w+", told) == []


def test_codes_that_a_policy_does_not_mention_are_listed_in_counts_alone(town: Northshire) -> None:
    told = CliRunner().invoke(main, ["policy", "codes", "housing_asb", str(town.directory), "--json"])
    assert told.exit_code in (Exit.WELL, Exit.WRONG), told.output
    before = {one["value"] for one in json.loads(told.stdout)}
    path = town.directory / "policies" / "housing_asb.yaml"
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("only: [violence, ", "only: [", 1), encoding="utf-8")
    fewer = CliRunner().invoke(main, ["policy", "codes", "housing_asb", str(town.directory), "--json"])
    path.write_text(text, encoding="utf-8")
    (more,) = [one for one in json.loads(fewer.stdout) if one["value"] not in before]
    assert (fewer.exit_code, more["of"], more["value"]) == (Exit.WRONG, "Gate: category", "violence")
    assert int(more["records"].replace(",", "")) % 5 == 0


def test_a_service_of_the_demo_reads_the_same_by_odbc(town: Northshire) -> None:
    require_odbc_drivers()
    native = json.loads(run(town, "school", "--json").stdout)
    path = town.directory / "sources" / "school.yaml"
    written = path.read_text(encoding="utf-8")
    by_odbc = written.replace("kind: postgresql", "kind: odbc").replace(
        "{host:", "{driver: PostgreSQL Unicode, server:"
    )
    try:
        path.write_text(by_odbc, encoding="utf-8")
        other = json.loads(run(town, "school", "--json").stdout)
    finally:
        path.write_text(written, encoding="utf-8")
    assert other == {**native, "kind": "odbc"}


def test_a_service_that_is_down_ends_with_4_and_a_sentence(town: Northshire) -> None:
    town.databases.clusters["police"].stop()
    try:
        ran = run(town, "police")
    finally:
        town.databases.clusters["police"].start()
    assert (ran.exit_code, "could not be reached" in ran.output.replace("\n", " ")) == (
        Exit.UNREACHABLE,
        True,
    )


def test_ctrl_c_ends_the_reading_here_and_in_the_database(town: Northshire) -> None:
    path = town.directory / "sources" / "police.yaml"
    written = path.read_text(encoding="utf-8")
    path.write_text(
        written.replace("SELECT t.party_no,", "SELECT pg_sleep(0.1), t.party_no,"), encoding="utf-8"
    )
    cluster, name = town.databases.clusters["police"], DATABASES["police"][0]
    asked = "SELECT count(*) FROM pg_stat_activity WHERE usename = 'family_context'"
    try:
        with subprocess.Popen(  # noqa: S603 -- our own interpreter on our own module
            [sys.executable, "-m", "broker", "source", "profile", "police", str(town.directory)],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, "COLUMNS": "160"},
        ) as reading:
            _until(lambda: cluster.run(asked, name) == [["1"]])
            time.sleep(0.5)
            reading.send_signal(signal.SIGINT)
            said, complaints = reading.communicate(timeout=10)
        assert (reading.returncode, said, "Stopped." in complaints) == (Exit.WRONG, "", True), complaints
        assert "Traceback" not in complaints
        _until(lambda: cluster.run(asked, name) == [["0"]])
    finally:
        path.write_text(written, encoding="utf-8")


def _until(condition: Callable[[], bool]) -> None:
    for _ in range(200):
        if condition():
            return
        time.sleep(0.1)
    raise AssertionError("not within twenty seconds")
