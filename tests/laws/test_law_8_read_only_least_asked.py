"""Law 8. Read only, least asked."""

from __future__ import annotations

from pathlib import Path

import apsw
import pytest

import handwritten
from connectors.contract import Search, SourceFault
from connectors.registry import connect
from connectors.source_file import SourceFile
from tests.fakes.littleworth import EARLY_HELP, EMMA, POLICIES, source_file
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
    town = await start()
    await town.ask(AGREED, purpose="early_help_assessment", persona=EARLY_HELP)
    assert town.sources["police"].searches == []
    assert len(town.sources["school"].searches) == 1


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


async def test_law_8_a_session_cannot_write(tmp_path: Path) -> None:
    database = apsw.Connection(str(tmp_path / "people.db"))
    text = (
        source_file("school", "School")
        .replace("kind: memory", "kind: sqlite")
        .replace("{}\n", "{path: people.db}\n", 1)
    )
    source, _ = handwritten.read_bytes(text.encode(), SourceFile, Path("school.yaml"))
    columns = (
        "local_key, given_name, family_name, former_name, birth_date, sex, address, postcode, nhs_number, upn"
    )
    database.execute(f"CREATE TABLE people ({columns}, started, ended, last_contact, status)")
    database.execute("CREATE TABLE more (worker, worker_role, team, phone, email, category, shielded)")
    database.execute("CREATE VIEW whole AS SELECT * FROM people, more")
    database.close()
    source = source.model_copy(update={"table": "whole"})
    connector = connect(source, secrets=lambda _: "", base=tmp_path)
    await connector.open()
    try:
        with pytest.raises(SourceFault):
            await connector.write_for_test("INSERT INTO people (local_key) VALUES ('x')")  # type: ignore[attr-defined]
        assert (await connector.candidates(Search("q-1", (), frozenset(), 1.0))).rows == ()
    finally:
        await connector.close()
