"""A case system is read like any other source: by the number of a case, and no more of it than is wanted."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest

from connectors.case_system import case_search, case_source
from connectors.contract import Candidate, Connector, Identifiers
from tests.spec.connectors.conftest import WITH_SQL, Make
from tests.spec.connectors.engines import TABLE, housing

SECTION: dict[str, Any] = {
    "table": TABLE,
    "case_id": {"column": "case_number", "indexed": True},
    "state": {"column": "case_state", "open": ["OPEN"]},
    "allocated_to": "worker_login",
    "person_key": "person_id",
    "linked_as": {"column": "link", "codes": {"CHILD": "child"}},
    "identifiers": {"given_name": "forename", "family_name": "surname", "postcode": "postcode"},
    "restricted": {"column": "shielded", "values": ["Y"]},
}
ROW = {
    "case_number": "CS-0001", "case_state": "OPEN", "worker_login": "s.okafor", "person_id": "p1",
    "link": "CHILD", "forename": "Ada", "surname": "Smith", "postcode": "SK1 3XE", "shielded": "N",
}  # fmt: skip
HoldCases = Callable[..., Awaitable[Connector]]


@pytest.fixture
async def hold_cases(make: Make) -> AsyncIterator[HoldCases]:
    """An open case system that holds these rows; ``changed`` replaces parts of its section."""
    made: list[Connector] = []

    async def holding(*rows: dict[str, Any], **changed: Any) -> Connector:
        source = housing(case_system={**SECTION, **changed})
        assert source.case_system
        made.append(make(case_source(source, source.case_system), rows, {}))
        await made[-1].open()
        return made[-1]

    yield holding
    for one in made:
        await one.close()


async def asked(connector: Connector, case_id: str, *, people: bool) -> tuple[Candidate, ...]:
    return (await connector.candidates(case_search("q-1", case_id, 5.0, people=people))).rows


async def test_a_case_is_found_by_its_number_with_everyone_linked_to_it(hold_cases: HoldCases) -> None:
    source = await hold_cases(
        ROW, {**ROW, "person_id": "p2", "shielded": "Y"}, {**ROW, "case_number": "CS-0002"}
    )
    first, second = sorted(await asked(source, "CS-0001", people=True), key=lambda row: row.restricted)
    assert first == Candidate(
        local_key="CS-0001",
        identifiers=Identifiers("Ada", "Smith", postcode="SK1 3XE", case_id="CS-0001"),
        gates={"state": "OPEN", "worker": "s.okafor", "person": "p1", "linked_as": "CHILD"},
    )
    assert (second.restricted, second.gates["person"]) == (True, "p2")


async def test_for_a_case_check_nobodys_identifiers_are_read(hold_cases: HoldCases) -> None:
    (row,) = await asked(await hold_cases(ROW), "CS-0001", people=False)
    assert row.identifiers == Identifiers(case_id="CS-0001")
    assert row.gates["worker"] == "s.okafor"


@pytest.mark.parametrize("typed", ["cs-0001", " CS-0001 ", "CS -0001"])
async def test_a_case_number_is_found_however_it_is_typed(hold_cases: HoldCases, typed: str) -> None:
    assert len(await asked(await hold_cases(ROW), typed, people=False)) == 1


@pytest.mark.parametrize("typed", ["CS-0002", "CS-000", "CS-00011", "%", "CS-0001' OR '1'='1", "CS_0001"])
async def test_no_other_case_is(hold_cases: HoldCases, typed: str) -> None:
    assert await asked(await hold_cases(ROW), typed, people=True) == ()


async def test_a_case_without_people_or_workers_is_found_too(hold_cases: HoldCases) -> None:
    empty = {**ROW, **dict.fromkeys(("person_id", "link", "worker_login", "forename", "surname", "postcode"))}
    (row,) = await asked(await hold_cases(empty), "CS-0001", people=True)
    assert (row.gates["person"], row.gates["worker"], row.gates["state"]) == (None, None, "OPEN")


@pytest.mark.parametrize("engine", WITH_SQL, indirect=True)
async def test_a_case_number_is_read_from_a_vetted_query_too(hold_cases: HoldCases) -> None:
    query = f"SELECT * FROM {TABLE} WHERE case_state <> 'VOID'"  # noqa: S608 -- a constant of the tests
    source = await hold_cases(
        ROW, {**ROW, "case_number": "CS-0003", "case_state": "VOID"}, table=None, query=query
    )
    assert len(await asked(source, "CS-0001", people=True)) == 1
