"""Past questions, put again to a source's own database: how many answers a new version of its policy changes."""

from __future__ import annotations

import asyncio
import json
import shutil
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import apsw
import pytest
from click.testing import CliRunner, Result

import handwritten
from broker.audit import handover
from broker.audit.keys import load_keys
from broker.audit.log import AuditLog
from broker.audit.reader import AuditReader, TracedEntry
from broker.cli import main
from broker.cli.printing import Exit
from connectors.contract import Candidate, Candidates, Identifiers, Search, SourceUnavailable
from connectors.memory_rows import database_of, row_of
from connectors.source_file import SourceFile
from connectors.sqlite import SqliteConnector
from tests.fakes.littleworth import (
    POLICIES,
    SOURCES,
    Littleworth,
    littleworth,
    row,
    write_files,
)

TODAY = datetime.now(UTC).date()
SURNAMES = ("Abernethal", "Brindlecombe", "Cattermole", "Draxleyham", "Everdene", "Flotterton", "Gathercole",
            "Hollingberry", "Inglesant", "Jessamine", "Kettlewell", "Lathbury", "Merriweather", "Nettlefold",
            "Oxenbridge")  # fmt: skip
"""Fifteen people: of the last three the school's records are of support, of the others of a tenancy."""
LATE = 3
WORDS = (*SURNAMES, "Ottoline", "Quayle", "North team", "LW1")
"""What no command may print: whom it is about, and whom to ring."""
SCHOOL = POLICIES["school"].replace("until: 2027-01-01", f"until: {TODAY + timedelta(days=180)}")
NARROWER = SCHOOL.replace("only: [support, tenancy]", "only: [support]")
ORIGIN = "littleworth.example/family-context"
LONG_AGO = ("--days", "36500")
"""The clock of a running Littleworth stands still, that of a command does not."""


def born(number: int) -> date:
    return date(1971 + number, 1 + number % 12, 3 + number)


def person(number: int, **changed: str) -> dict[str, Any]:
    typed = {
        "given_name": "Ottoline",
        "family_name": SURNAMES[number],
        "birth_date": born(number).isoformat(),
    }
    return {"relation": "parent", **typed, **changed}


def known(number: int) -> Candidate:
    category = "support" if number >= len(SURNAMES) - LATE else "tenancy"
    identifiers = {"given_name": "Ottoline", "family_name": SURNAMES[number], "birth_date": born(number)}
    return row(
        f"k{number}",
        identifiers=identifiers,
        gates={"category": category},
        started=TODAY - timedelta(days=400),
        last_contact=TODAY - timedelta(days=9),
    )


def on_a_file(name: str) -> str:
    text = SOURCES[name].replace("kind: memory", "kind: sqlite").replace("table: people", "table: rows")
    return text.replace("connection: {}", f"connection: {{path: {name}.db}}")


FILES: Mapping[str, Any] = {
    "sources": {"school": on_a_file("school")},
    "policies": {"school": SCHOOL},
}


def fill(directory: Path) -> None:
    write_files(directory, **FILES)
    source = handwritten.read(directory / "sources" / "school.yaml", SourceFile)
    made = database_of(source, [row_of(known(number), source) for number in range(len(SURNAMES))])
    kept = apsw.Connection(str(directory / "school.db"))
    with kept.backup("main", made, "main") as copying:
        copying.step()
    made.close()
    kept.close()


def change(directory: Path, sql: str) -> None:
    database = apsw.Connection(str(directory / "school.db"))
    database.execute(sql)
    database.close()


@asynccontextmanager
async def asked(directory: Path) -> AsyncIterator[Littleworth]:
    """A Littleworth on a real database, that was asked about each of its people, one by one."""
    fill(directory)
    async with littleworth(directory, on_files=True, **FILES) as town:
        for number in range(len(SURNAMES)):
            await town.ask(person(number))
        yield town


@pytest.fixture(scope="module")
def once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What such a Littleworth leaves behind."""
    directory = tmp_path_factory.mktemp("littleworth")

    async def ask() -> None:
        async with asked(directory):
            pass

    asyncio.run(ask())
    return directory


@pytest.fixture
def past(once: Path, tmp_path: Path) -> Path:
    """The same, for one test."""
    return Path(shutil.copytree(once, tmp_path / "littleworth"))


def simulate(directory: Path, text: str, *more: str) -> Result:
    draft = directory / "draft.yaml"
    draft.write_text(text.replace("version: 3", "version: 4"), encoding="utf-8")
    words = ["policy", "simulate", str(draft), "--partnership", str(directory), "--live", *more]
    told = CliRunner().invoke(main, words)
    assert [word for word in WORDS if word in told.output] == []
    return told


def counted(directory: Path, text: str, code: Exit = Exit.WELL) -> dict[str, Any]:
    told = simulate(directory, text, *LONG_AGO, "--json")
    assert told.exit_code == code, told.output
    found: dict[str, Any] = json.loads(told.stdout)
    return found


def counts(found: dict[str, Any]) -> dict[str, str]:
    return {name: one["text"] for name, one in {"changed": found["changed"], **found["people"]}.items()}


FEW = "fewer than 10"
NO_CHANGE = dict.fromkeys(("changed", "found", "lost", "more", "less", "otherwise"), FEW)


def reader_of(directory: Path) -> AuditReader:
    state = directory / "state"
    return AuditReader.open(state / "audit.db", load_keys(state / "keys"), ORIGIN)


def simulations(directory: Path) -> list[TracedEntry]:
    with reader_of(directory) as reader:
        return [one for one in reader.entries() if one.kind == "policy.simulated"]


def test_answers_that_a_narrower_version_would_change_are_counted(past: Path) -> None:
    before = (past / "school.db").read_bytes()
    found = counted(past, NARROWER)
    assert (found["questions"], found["asked"], found["left"]) == (15, 15, 0)
    assert counts(found) == NO_CHANGE | {"changed": "12", "lost": "10"}
    assert counts(counted(past, SCHOOL)) == NO_CHANGE
    assert (past / "school.db").read_bytes() == before
    assert len(simulations(past)) == 2


def test_records_count_as_they_are_now(past: Path) -> None:
    change(past, "UPDATE rows SET category = 'support' WHERE local_key = 'k0'")
    assert counts(counted(past, NARROWER)) == NO_CHANGE | {"changed": "11", "lost": "10"}
    change(past, "UPDATE rows SET category = 'parking'")
    assert counts(counted(past, SCHOOL.replace("parking: Irr", "other: Irr"))) == NO_CHANGE
    wider = SCHOOL.replace("tenancy], never: {parking", "tenancy, parking], never: {other")
    assert counts(counted(past, wider)) == NO_CHANGE | {"changed": "15", "found": "15"}


def test_what_would_be_shown_more_or_less_is_told_apart(past: Path) -> None:
    less = SCHOOL.replace("show: full_date}", "show: year}")
    assert counts(counted(past, less)) == NO_CHANGE | {"changed": "15", "less": "15"}
    more = SCHOOL.replace("show: month}", "show: full_date}")
    assert counts(counted(past, more)) == NO_CHANGE | {"changed": "15", "more": "15"}
    relabelled = SCHOOL.replace("label: Open", "label: Active")
    assert counts(counted(past, relabelled)) == NO_CHANGE | {"changed": "15", "otherwise": "15"}


def test_it_is_told_in_words_without_anybody_in_them(past: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(0)
    caplog.clear()
    told = simulate(past, NARROWER, *LONG_AGO)
    assert "12 of the 15 disclosures of School in the last 36500 days would change" in told.output
    assert "fewer than 10 would be found who are not, 10 no longer" in told.output
    assert [word for word in WORDS if word in caplog.text] == []
    assert "0 disclosures of School in the last 1 days" in simulate(past, NARROWER, "--days", "1").output


async def test_several_people_of_one_question_are_one_disclosure(tmp_path: Path) -> None:
    fill(tmp_path)
    async with littleworth(tmp_path, on_files=True, **FILES) as town:
        await town.ask(*(person(number) for number in range(12)))
        found = await asyncio.to_thread(counted, tmp_path, NARROWER)
    assert found["asked"] == 1
    assert counts(found) == NO_CHANGE | {"lost": "10"}


def test_a_version_that_begins_later_counts_as_if_it_began_today(past: Path) -> None:
    later = SCHOOL.replace("from: 2026-01-01", f"from: {TODAY + timedelta(days=30)}")
    assert counts(counted(past, later)) == NO_CHANGE


def test_whoever_is_shielded_counts_neither_before_nor_after(past: Path) -> None:
    words = ["shield", "add", "--partnership", str(past), "--source", "school", "--record", "k1"]
    words += ["--reason", "A threat", "--review", f"{TODAY + timedelta(days=99)}"]
    made = CliRunner().invoke(main, words)
    assert made.exit_code == Exit.WELL, made.output
    assert counts(counted(past, NARROWER))["changed"] == "11"


def test_a_question_about_somebody_whose_key_was_destroyed_is_not_put_again(past: Path) -> None:
    keys = load_keys(past / "state" / "keys")
    gone = Identifiers(given_name="Ottoline", family_name=SURNAMES[0], birth_date=born(0))
    assert keys.destroy_person_key(gone) == 1
    keys.close()
    found = counted(past, NARROWER)
    assert (found["asked"], found["not_asked"]["forgotten"]) == (14, 1)
    assert counts(found)["changed"] == "11"


def test_a_question_that_the_purpose_rules_no_longer_permit_is_not_put_again(past: Path) -> None:
    rules = past / "purposes.yaml"
    rules.write_text(
        rules.read_text().replace("must_record: [reason, case_reference]", "must_record: [conversation]")
    )
    found = counted(past, NARROWER)
    assert (found["asked"], found["not_asked"]["not_permitted"]) == (0, 15)


def spied(monkeypatch: pytest.MonkeyPatch, spy: Callable[[int], None]) -> list[Search]:
    """The searches that the source is asked; ``spy`` is told the number of each before it is put."""
    searches: list[Search] = []
    candidates = SqliteConnector.candidates

    async def watched(self: SqliteConnector, search: Search) -> Candidates:
        searches.append(search)
        spy(len(searches))
        return await candidates(self, search)

    monkeypatch.setattr(SqliteConnector, "candidates", watched)
    return searches


def test_it_is_recorded_before_the_first_question_and_under_the_name_of_its_searches(
    past: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    there: list[int] = []

    def spy(_: int) -> None:
        with reader_of(past) as reader:
            there.append(sum(one.kind == "policy.simulated" for one in reader.entries()))

    searches = spied(monkeypatch, spy)
    counted(past, NARROWER)
    assert there == [1] * 15
    (entry,) = simulations(past)
    assert {search.query_id for search in searches} == {entry.facts["query_id"]}
    assert str(entry.facts["query_id"]).startswith("simulate-")
    assert (entry.facts["questions"], entry.facts["days"], entry.facts["source"]) == (15, 36500, "school")
    assert entry.facts["policy_digest"] != entry.facts["draft_digest"]


async def test_a_broker_that_runs_writes_it_down_and_goes_on(tmp_path: Path) -> None:
    async with asked(tmp_path) as town:
        found = await asyncio.to_thread(counted, tmp_path, NARROWER)
        assert counts(found)["changed"] == "12"
        (entry,) = simulations(tmp_path)
        await town.ask(person(0))
        assert (await asyncio.to_thread(counted, tmp_path, NARROWER))["asked"] == 16
        assert len(simulations(tmp_path)) == 2
    assert entry.facts["questions"] == 15
    async with littleworth(tmp_path, on_files=True, **FILES) as again:
        await again.ask(person(0))
        assert len(simulations(tmp_path)) == 2  # what was handed to a broker of before is not written again


async def test_nothing_is_asked_when_it_cannot_be_recorded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with asked(tmp_path):
        pass
    searches = spied(monkeypatch, lambda _: None)
    monkeypatch.setattr(handover, "WAIT", 0.3)
    state = tmp_path / "state"
    held = await AuditLog.open(
        state / "audit.db",
        load_keys(state / "keys"),
        ORIGIN,
        now=lambda: datetime.now(UTC),
    )
    told = await asyncio.to_thread(simulate, tmp_path, NARROWER, *LONG_AGO)
    await held.close()
    assert (told.exit_code, searches) == (Exit.UNREACHABLE, [])
    assert "This cannot be recorded, so nothing is shown or done" in " ".join(told.output.split())


def test_a_source_that_is_down_is_said_to_be(past: Path) -> None:
    (past / "school.db").rename(past / "away.db")
    told = simulate(past, NARROWER, *LONG_AGO)
    assert told.exit_code == Exit.UNREACHABLE
    assert "school" in told.output
    assert simulations(past) == []


def test_a_source_that_goes_down_meanwhile_is_left_in_peace(
    past: Path, monkeypatch: pytest.MonkeyPatch
) -> None:

    def down(number: int) -> None:
        if number > 8:
            raise SourceUnavailable("Abernethal stands in the way")

    searches = spied(monkeypatch, down)
    found = counted(past, NARROWER, Exit.UNREACHABLE)
    assert (found["asked"], found["not_asked"]["source_failed"], found["left"]) == (8, 5, 2)
    assert (len(searches), found["ended_early"]) == (13, "The source failed several times in a row.")


def test_a_question_that_fails_takes_no_other_along(past: Path, monkeypatch: pytest.MonkeyPatch) -> None:

    def odd(number: int) -> None:
        if number % 7 == 1:
            raise SourceUnavailable("A moment")

    spied(monkeypatch, odd)
    found = counted(past, SCHOOL)
    assert (found["asked"], found["not_asked"]["source_failed"], found["left"]) == (12, 3, 0)


def test_stopping_it_tells_what_was_counted(past: Path, monkeypatch: pytest.MonkeyPatch) -> None:

    def stop(number: int) -> None:
        if number == 12:
            raise KeyboardInterrupt

    spied(monkeypatch, stop)
    told = simulate(past, NARROWER, *LONG_AGO)
    assert told.exit_code == Exit.WRONG
    assert "11 of the 11 disclosures" in told.output
    assert "Stopped. Nothing runs in the database any more. 4 questions were not put again." in " ".join(
        told.output.split()
    )


def test_a_draft_that_disagrees_with_the_source_is_not_tried(past: Path) -> None:
    told = simulate(past, SCHOOL.replace("  category:", "  kategory:"), *LONG_AGO)
    assert (told.exit_code, "kategory" in told.output) == (Exit.WRONG, True)
