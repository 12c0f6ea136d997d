"""Law 5. A withheld record looks absent: the same outcome and bytes, on the same grid of time."""

from __future__ import annotations

import base64
import json
import re
import time
from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from types import SimpleNamespace
from typing import Any

import pytest

from broker.alerts import ROOM
from broker.audit.keys import load_keys
from broker.matching.match import match
from broker.registers import shields
from broker.registers.shields import Shield
from broker.registers.store import Store
from connectors.contract import Candidate, Identifiers
from tests.fakes.littleworth import (
    EMMA,
    MARKED,
    POLICIES,
    SOCIAL_WORKER,
    Littleworth,
    part,
    question,
    row,
)
from tests.fakes.littleworth_cases import CASES, HOLDER, linked, with_cases
from tests.fakes.paged_littleworth import PAGED, signed_in
from tests.fakes.ringing_littleworth import NO_SERVERS, requests_to, ring
from tests.laws.conftest import Start

WITHHELD: dict[str, Any] = {
    "restricted": row("w", restricted=True),
    "staff": row("w", staff=True),
    "gated": row("w", gates={"category": "parking"}),
    "unlisted": row("w", gates={"category": "something new"}),
    "too_old": row("w", last_contact=date(2019, 1, 1)),
    "in_the_future": row("w", last_contact=date(2026, 6, 2)),
    "undated": row("w", last_contact=None),
    "too_young": row("w", identifiers={"birth_date": date(2024, 3, 7)}),
}


HPKE_ADDS = 32 + 16
"""Bytes: of the sender's own key, and of the tag."""


async def bytes_of(
    start: Start, rows: Sequence[Candidate], *people: Any, policies: Any = POLICIES, **said: Any
) -> bytes:
    """The whole answer as bytes, receipts aside: those are of an audit log that encrypts with fresh keys."""
    town = await start({"school": rows}, sources=MARKED, policies=policies)
    answer = await town.ask(*people, **said)
    for service in [answer, *answer["services"]]:
        service["receipt"]["leaf_hash"] = ""
    return repr(answer).encode()


@pytest.mark.parametrize("kind", WITHHELD)
@pytest.mark.parametrize("view", ["flags", "details"])
async def test_law_5_withheld_and_absent_give_the_same_bytes(start: Start, kind: str, view: str) -> None:
    absent = await bytes_of(start, [], view=view)
    assert await bytes_of(start, [WITHHELD[kind]], view=view) == absent
    assert b"nothing_to_share" in absent


@pytest.mark.parametrize("kind", ["restricted", "gated", "too_young"])
async def test_law_5_an_auditors_trace_is_the_same_for_a_withheld_record_and_for_none(
    start: Start, kind: str
) -> None:
    pages = [await trace_of(start, rows) for rows in ([], [WITHHELD[kind]])]
    assert pages[0] == pages[1]
    assert "Nothing this service shares for this purpose" in pages[0]


async def trace_of(start: Start, rows: Sequence[Candidate]) -> str:
    """The console's page, but for how long things took and the mark of the session."""
    town = await start({"school": rows}, sources=MARKED, broker=PAGED)
    answer = await town.ask()
    auditor = replace(SOCIAL_WORKER, subject="lw-5", roles=("auditor",))
    _, page = await (await signed_in(town, auditor)).get(f"/audit/queries/{answer['query_id']}")
    took = r"\d+ ms|\d\d:\d\d:\d\d\.\d{3}|(x|width)=\"[\d.]+%\"|value=\"[^\"]+\""
    return re.sub(took, "", page)


@pytest.mark.parametrize("rows", [[], [WITHHELD["gated"]], [row(str(n), restricted=True) for n in range(30)]])
async def test_law_5_an_owners_alert_is_in_every_entry_and_as_long(
    start: Start, rows: list[Candidate]
) -> None:
    alerting = POLICIES | {"school": "alert_owner_when_withheld: true\n" + POLICIES["school"]}
    town = await start({"school": rows}, policies=alerting)
    answer = await town.ask()
    with town.reader() as reader:
        entries = [raw for _, raw in reader.store.of_query(answer["query_id"])]
    (of_school,) = [raw for raw in entries if b'"source":"school"' in raw]
    parts = json.loads(of_school.splitlines()[2])
    assert parts.keys() == {"alert", "disclosed"}
    assert len(base64.b64decode(parts["alert"]["sealed"])) == ROOM + HPKE_ADDS
    assert await bytes_of(start, rows, policies=alerting) == await bytes_of(start, [], policies=alerting)


@pytest.mark.parametrize("kind", ["restricted", "staff", "gated", "too_old"])
async def test_law_5_a_withheld_record_does_not_make_another_ambiguous(start: Start, kind: str) -> None:
    by_age = {"relation": "parent", "given_name": "Emma", "family_name": "Ashdown", "age": 35}
    namesake = replace(WITHHELD[kind], identifiers=replace(row().identifiers, birth_date=date(1990, 9, 1)))
    alone = await bytes_of(start, [row()], by_age)
    assert await bytes_of(start, [row(), namesake], by_age) == alone
    assert b"'involved'" in alone
    assert b"'ambiguous'" in await bytes_of(
        start, [row(), replace(row("k2"), identifiers=namesake.identifiers)], by_age
    )


async def test_law_5_withheld_records_do_not_count_towards_the_row_cap(start: Start) -> None:
    alone = await bytes_of(start, [row()])
    for kind in ("restricted", "staff", "gated", "too_old"):
        hidden = [replace(WITHHELD[kind], local_key=f"w{n}") for n in range(150)]
        assert await bytes_of(start, [row(), *hidden]) == alone


async def test_law_5_too_many_to_tell_apart_is_ambiguous_and_not_cut_off(start: Start) -> None:
    town = await start({"school": [row(f"k{n}", last_contact=date(2026, 5, 1)) for n in range(150)]})
    assert part(await town.ask(), "school")["outcome"] == "ambiguous"


async def test_law_5_the_age_rule_judges_the_record_not_what_was_typed(start: Start) -> None:
    child = {**EMMA, "birth_date": "2024-03-07"}
    town = await start({"school": [row(identifiers={"birth_date": date(2024, 3, 7)})]})
    del child["birth_date"]
    asked = {**child, "age": 35, "nhs_number": "9990000018"}
    town.sources["school"].rows = (
        row(identifiers={"birth_date": date(2024, 3, 7), "nhs_number": "9990000018"}),
    )
    assert part(await town.ask(asked), "school")["outcome"] == "nothing_to_share"


async def test_law_5_answers_leave_on_a_grid_of_time(start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    town = await start({"school": [row()]})
    slept: list[float] = []

    async def noting(seconds: float) -> None:
        slept.append(seconds)

    monkeypatch.setattr("broker.query.asyncio", SimpleNamespace(sleep=noting))  # watches sleep as they do
    began = time.monotonic()
    await town.ask()
    answered = time.monotonic() - began
    assert len(slept) == 1
    # What was left to wait, added to what it took, comes out at a multiple of the grid.
    assert 0 < slept[0] <= 0.025
    assert (answered + slept[0]) // 0.025 >= 1


async def test_law_5_the_policy_of_the_owner_shields_its_people(start: Start) -> None:
    town = await start({"school": [row(restricted=True)], "housing": [row()]}, policies=POLICIES)
    answer = await town.ask()
    assert part(answer, "school")["outcome"] == "nothing_to_share"
    assert part(answer, "housing")["outcome"] == "involved"


def test_law_5_a_record_withheld_for_one_person_is_not_told_through_another() -> None:
    """Two namesakes are asked about. The second record, with a number, is there for one of them alone."""
    namesake = Identifiers("Maisie", "Ashdown", (), date(2017, 4, 12))
    numbered = replace(namesake, nhs_number="9434765919")
    plain, withheld = Candidate("1", namesake), Candidate("2", numbered)
    asked = [namesake, numbered]
    hits = match(asked, [plain, withheld], 1000, available=lambda person, row: row is plain or person == 1)
    assert hits[0] == match(asked, [plain], 1000)[0]


BY_CASE = {**question(), "journey": "case", "people": []}


async def test_law_5_somebody_elses_case_looks_like_none(start: Start) -> None:
    theirs = await start({CASES: [linked(gates={"worker": "j.marsh"})]}, **with_cases())
    none = await start({CASES: []}, **with_cases())
    answers = [(await town.post("/v1/queries", BY_CASE, HOLDER))[1] for town in (theirs, none)]
    assert answers[0]["people"] == []
    assert _without_receipts(answers[0]) == _without_receipts(answers[1])


async def test_law_5_a_shielded_person_looks_like_one_who_is_not_linked(start: Start) -> None:
    shielded = linked("p-2", "CHILD", identifiers={"given_name": "Maisie"}, restricted=True)
    with_one = await start({CASES: [linked(), shielded]}, **with_cases())
    without = await start({CASES: [linked()]}, **with_cases())
    answers = [(await town.post("/v1/queries", BY_CASE, HOLDER))[1] for town in (with_one, without)]
    assert len(answers[0]["people"]) == 1
    assert _without_receipts(answers[0]) == _without_receipts(answers[1])


def _without_receipts(answer: Any) -> Any:
    """The log's index and hashes differ by nature."""
    services = [{**one, "receipt": None} for one in answer["services"]]
    return {**answer, "receipt": None, "services": services}


async def test_law_5_a_person_of_the_partnerships_register_looks_absent(start: Start) -> None:
    absent = await bytes_of(start, [])
    assert await bytes_of(start, [row()]) != absent
    town = await start({"school": [row()]})
    _shield(town, row().identifiers)
    assert part(await town.ask(), "school")["outcome"] == "nothing_to_share"


async def test_law_5_a_person_of_the_register_is_in_no_roster(start: Start) -> None:
    maisie = {"given_name": "Maisie", "family_name": "Ashdown", "birth_date": date(2019, 3, 7)}
    both = [linked(), linked("p-2", "CHILD", identifiers=maisie)]
    alone, town = [await start({CASES: rows}, **with_cases()) for rows in (both[:1], both)]
    _shield(town, replace(both[1].identifiers, case_id=None))
    answers = [(await one.post("/v1/queries", BY_CASE, HOLDER))[1] for one in (alone, town)]
    assert [one["person"] for one in answers[0]["people"]] == [1]
    assert _without_receipts(answers[0]) == _without_receipts(answers[1])


def _shield(town: Littleworth, whom: Identifiers) -> None:
    keys = load_keys(town.directory / "state" / "keys")
    register = Store.open(town.directory / "state" / "registers.db", keys)
    shield = Shield("", "person", "A threat", date(2027, 1, 1), "j.marsh", identities=(whom,))
    shields.add(register, shield, town.clock())
    register.close()
    keys.close()


async def asked_to_ring(start: Start, rows: Sequence[Candidate], view: str) -> tuple[bytes, Any, list[int]]:
    """The school's part without its receipt, the reply to a request, and the length of the request's entry."""
    marked = {**MARKED, "school": requests_to(MARKED["school"], "school_desk")}
    town = await start({"school": rows}, sources=marked, broker=NO_SERVERS)
    answer = _without_receipts(await town.ask(view=view))
    replied = await ring(town, part(answer, "school")["call_back"])
    with town.reader() as reader:
        entries = list(zip(reader.entries(), reader.store.rows(), strict=True))
    lengths = [len(raw) for one, (_, _, raw) in entries if one.kind == "call_back.requested"]
    return repr(answer).encode(), replied, lengths


@pytest.mark.parametrize("kind", WITHHELD)
@pytest.mark.parametrize("view", ["flags", "details"])
async def test_law_5_a_service_is_asked_to_ring_back_in_the_same_way_whatever_it_holds(
    start: Start, kind: str, view: str
) -> None:
    absent = await asked_to_ring(start, [], view)
    assert absent[1:] == ((202, {"received": True}), [absent[2][0]])
    assert await asked_to_ring(start, [WITHHELD[kind]], view) == absent
    assert (await asked_to_ring(start, [row()], view))[1:] == absent[1:]
