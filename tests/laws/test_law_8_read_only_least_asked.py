"""Law 8. Read only, least asked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import apsw
import pytest

import handwritten
from broker.consult import consult
from broker.consultation import Consultation, Consulted
from broker.consulting.side import OwnersSide
from broker.staff.entries import Entry
from connectors.contract import Contact, Identifiers, SourceMisfit
from connectors.registry import connect
from connectors.source_file import SourceFile
from policy.facts import Ask
from tests.fakes.extracts import school_extract
from tests.fakes.littleworth import EARLY_HELP, EMMA, POLICIES, policy_file, row, source_file
from tests.fakes.littleworth_cases import CASES, HOLDER, with_cases
from tests.laws.conftest import Start

AGREED = {**EMMA, "family_agreement": {"state": "given", "evidence": "note 7"}}


async def test_law_8_only_the_columns_that_the_grant_needs_are_selected(start: Start) -> None:
    town = await start()
    await town.ask()
    await town.ask(view="flags")
    details, flags = town.sources["school"].searches
    assert details.involvement == {"status", "started", "last_contact", "contact"}
    assert flags.involvement == {"last_contact"}  # the look-back needs it; nothing else is shown


async def test_law_8_a_source_from_which_the_grant_permits_nothing_is_not_asked(start: Start) -> None:
    # The owner's policy would open it; the purpose leaves sensitive sources out.
    open_to_all = policy_file("police", sensitive=True, early_help=True)
    town = await start(policies={**POLICIES, "police": open_to_all})
    await town.ask(AGREED, purpose="early_help_assessment", persona=EARLY_HELP)
    assert town.sources["police"].searches == []
    assert len(town.sources["school"].searches) == 1


async def test_law_8_a_case_check_reads_nobodys_identifiers(start: Start) -> None:
    town = await start(**with_cases())
    await town.ask(persona=HOLDER)
    assert town.sources[CASES].columns == [
        ("case_number", "case_state", "worker_login", "person_id", "link", "shielded")
    ]


async def test_law_8_a_source_whose_policy_is_closed_is_not_asked(start: Start) -> None:
    expired = POLICIES["school"].replace("until: 2027-01-01", "until: 2026-05-31")
    town = await start(policies={**POLICIES, "school": expired})
    await town.ask()
    assert town.sources["school"].searches == []
    assert len(town.sources["housing"].searches) == 1


async def test_law_8_nobody_is_asked_about_whose_age_closes_the_source(start: Start) -> None:
    town = await start()
    await town.ask(EMMA, {**EMMA, "relation": "child", "birth_date": "2024-03-07"})
    (search,) = town.sources["school"].searches
    assert len(search.people) == 1


async def test_law_8_one_round_trip_serves_all_people_of_a_query(start: Start) -> None:
    town = await start()
    await town.ask(EMMA, {**EMMA, "given_name": "Leon"}, {**EMMA, "given_name": "Maisie"})
    (search,) = town.sources["school"].searches
    assert len(search.people) == 3


async def test_law_8_a_session_cannot_write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[apsw.Connection] = []

    class Seen(apsw.Connection):
        def __init__(self, *args: Any, **named: Any) -> None:
            super().__init__(*args, **named)
            made.append(self)

    _people_database(tmp_path / "people.db")
    monkeypatch.setattr("connectors.sqlite.apsw.Connection", Seen)
    connector = connect(_source_on_sqlite(), secrets=lambda _: "", base=tmp_path)
    try:
        await connector.open()
        assert len(made) == 1
        with pytest.raises(apsw.ReadOnlyError):
            made[0].execute("INSERT INTO people (local_key) VALUES ('x')")
    finally:
        await connector.close()


async def test_law_8_an_extract_reads_no_other_file(tmp_path: Path) -> None:
    (tmp_path / "other.csv").write_text("a,b\n1,2\n")
    elsewhere = tmp_path / "other.csv"
    query = f"SELECT p.* FROM people AS p, read_csv('{elsewhere}') AS other"  # noqa: S608 -- a test's own path
    connector = school_extract(tmp_path, query=query)
    with pytest.raises(SourceMisfit, match="PermissionException"):
        await connector.open()
    await connector.close()


def _people_database(path: Path) -> None:
    database = apsw.Connection(str(path))
    columns = (
        "local_key, former_name TEXT, birth_date DATE, sex, address, postcode TEXT, nhs_number TEXT, upn TEXT"
    )
    more = "given_name TEXT, family_name TEXT, started DATE, ended DATE, last_contact DATE, status"
    contact = "worker, worker_role, team, phone, email, category, shielded"
    database.execute(f"CREATE TABLE people ({columns}, {more}, {contact})")
    database.close()


def _source_on_sqlite() -> SourceFile:
    text = source_file("school", "School").replace("kind: memory", "kind: sqlite")
    text = text.replace("connection: {}", "connection: {path: people.db}")
    return handwritten.read_bytes(text.encode(), SourceFile, Path("school.yaml"))[0]


class AskedAbout:
    """A staff directory that notes whom it is asked about, and knows nobody."""

    def __init__(self) -> None:
        self.contacts: list[Contact] = []

    async def entries(self, contacts: Sequence[Contact], seconds: float) -> Mapping[Contact, Entry]:
        self.contacts += contacts
        return {}

    def team_phone(self, team: str) -> str | None:
        return None

    async def close(self) -> None:
        """Nothing to close."""


@pytest.mark.parametrize(("relation", "asked"), [("parent", 1), ("other_adult", 0)])
async def test_law_8_the_staff_directory_is_asked_only_about_whom_is_shown_by_name(
    start: Start, relation: str, asked: int
) -> None:
    town = await start({"school": [row()]})
    staff = AskedAbout()
    policy = town.front.broker.around.catalogue.services["school"].policy
    side = OwnersSide(town.sources["school"], policy, staff)
    emma = Identifiers("Emma", "Ashdown", birth_date=date(1991, 3, 7), postcode="LW1 4AB")
    ask = Ask(
        "section_47_enquiry", "social_worker", relation, date(2026, 6, 1), typed_age=35, case="verified"
    )
    found = await consult(Consultation("q-1", (Consulted(1, emma, ask),), seconds=1.0), side)
    assert found.people[0].findings
    assert len(staff.contacts) == asked
