"""Law 1. Only involvements leave."""

from __future__ import annotations

import dataclasses
import logging
from dataclasses import replace
from typing import Any

import pytest
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

import handwritten
from broker.answers import Answer
from broker.catalogue import load_catalogue
from broker.matching.sentences import every_sentence
from broker.staff.complete import completed
from broker.staff.entries import Entry
from connectors.contract import Contact, SourceFault
from policy.facts import Involvement
from tests.fakes.littleworth import EMMA, MARKED, POLICIES, part, question, row, write_files
from tests.fakes.littleworth_cases import CASES, HOLDER, linked, with_cases
from tests.laws.conftest import Start

CANARY = "Zyxwvut"
"""Stands in every value of a row that may not leave."""

ALLOWED_KEYS = {
    *("query_id", "asked_at", "purpose", "role", "view", "case", "people", "services", "receipt"),
    *("roster", "state", "complete"),
    *("person", "relation", "source", "service", "system", "desk", "name", "phone", "hours"),
    *("nothing_means", "covers_area", "covers_since", "as_of", "problem", "type", "title", "detail"),
    *(
        "outcome",
        "means",
        "hint",
        "involvements",
        "reference",
        "call_back",
        "involvement",
        "grade",
        "match",
        "because",
    ),
    *("involved", "status", "status_means", "started", "ended", "last_contact", "lead_practitioner"),
    *("from_directory", "has_left"),
    *("shown", "team", "email", "log", "index", "leaf_hash", "given_name", "family_name", "birth_date"),
}


def telling_row() -> Any:
    """Emma's row with a canary in all that may not leave, and her name near enough to be hers."""
    hidden = {
        "other_family_names": (f"{CANARY}-former",),
        "address": f"{CANARY} Lane",
        "postcode": "ZY1 1XW",
        "uprn": f"{CANARY}-uprn",
    }
    return row(f"{CANARY}-key", identifiers=hidden)


def keys_of(content: Any) -> set[str]:
    if isinstance(content, dict):
        return set(content) | {key for value in content.values() for key in keys_of(value)}
    return {key for value in content for key in keys_of(value)} if isinstance(content, list) else set()


async def test_law_1_an_answer_has_no_key_beyond_the_closed_list(start: Start) -> None:
    town = await start({"school": [telling_row()]})
    answer = await town.ask()
    assert part(answer, "school")["outcome"] == "involved"
    assert keys_of(answer) <= ALLOWED_KEYS


async def test_law_1_identifiers_gates_and_local_keys_never_leave(start: Start) -> None:
    town = await start({name: [telling_row()] for name in ("school", "housing", "police")})
    async with town.client.post("/v1/queries", json=question(), headers=town.headers()) as reply:
        sent = await reply.text()
    assert "Known to this service" in sent
    assert CANARY not in sent
    assert "support" not in sent  # the category, a gate
    assert "ZY1 1XW" not in sent


async def test_law_1_a_status_leaves_as_the_label_that_the_owner_approved(start: Start) -> None:
    town = await start({"school": [row(), row("k2", status="under surveillance", identifiers={})]})
    shown = [one["involvement"] for one in part(await town.ask(), "school")["involvements"]]
    assert {one["status"] for one in shown} == {"Open", None}


async def test_law_1_a_policy_cannot_add_a_field(tmp_path: Any) -> None:
    adding = POLICIES["school"].replace("  started:\n", "  offence:\n", 1)
    directory = write_files(tmp_path, policies={**POLICIES, "school": adding})
    with pytest.raises(handwritten.Faults, match="offence"):
        load_catalogue(directory)


def test_law_1_an_involvement_is_a_closed_type() -> None:
    assert [one.name for one in dataclasses.fields(Involvement)] == [
        *("involved", "status", "status_means", "started", "ended", "last_contact", "lead_practitioner")
    ]
    with pytest.raises((AttributeError, TypeError, dataclasses.FrozenInstanceError)):
        Involvement().offence = "x"  # type: ignore[attr-defined]


async def test_law_1_a_teams_contact_names_nobody(start: Start) -> None:
    town = await start({"school": [row()]})
    answer = await town.ask({**EMMA, "relation": "other_adult"})
    lead = part(answer, "school")["involvements"][0]["involvement"]["lead_practitioner"]
    assert lead == {
        "shown": "team",
        "name": None,
        "role": None,
        "team": "North team",
        "phone": None,
        "email": None,
        "from_directory": [],
        "has_left": False,
    }


def test_law_1_no_personal_number_of_the_staff_directory_leaves() -> None:
    listed = Entry(name="Pat Quayle", phone="01632 960001", personal_numbers=("07700 900123",))
    on_record = Contact("Pat Quayle", team="North team", phone="+44 7700 900123")
    assert completed(on_record, listed).contact.phone == "01632 960001"
    assert completed(on_record, replace(listed, phone="07700900123")).contact.phone is None


@pytest.mark.parametrize("why", ["has_left", "unnamed"])
def test_law_1_nobody_who_left_or_asked_not_to_be_named_is_named(why: str) -> None:
    listed = Entry(
        name="Pat Quayle", email="pat@council.example", has_left=why == "has_left", unnamed=why == "unnamed"
    )
    found = completed(Contact("Pat Quayle", "Officer", "North team", "01632 960001"), listed)
    assert found.contact == Contact(team="North team")


async def test_law_1_of_a_protected_household_the_desk_alone_is_shown(start: Start) -> None:
    town = await start({"school": [row(protected_location=True)]}, sources=MARKED)
    (shown,) = part(await town.ask(), "school")["involvements"]
    lead = shown["involvement"]["lead_practitioner"]
    assert {name: value for name, value in lead.items() if value} == {"shown": "desk"}


async def test_law_1_no_personal_mobile_leaves(start: Start) -> None:
    mobile = Contact("Pat Quayle", "Officer", "North team", "07700 900123", None)
    town = await start({"school": [row(contact=mobile)]})
    lead = part(await town.ask(), "school")["involvements"][0]["involvement"]["lead_practitioner"]
    assert (lead["name"], lead["phone"]) == ("Pat Quayle", None)


async def test_law_1_a_fault_of_a_source_is_logged_without_what_it_says(
    start: Start, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    town = await start({"school": [telling_row()]})
    town.sources["school"].fails(SourceFault(f"value {CANARY} of column surname"))
    answer = await town.ask({**EMMA, "given_name": f"{CANARY}a"})
    assert part(answer, "school")["outcome"] == "unavailable"
    assert CANARY not in str(answer)
    assert "unavailable" in caplog.text
    assert CANARY not in caplog.text


async def test_law_1_a_trace_tells_of_nobody(start: Start) -> None:
    spans = InMemorySpanExporter()
    town = await start({"school": [telling_row()]}, spans_also_to=[SimpleSpanProcessor(spans)])
    town.sources["police"].fails(SourceFault(f"value {CANARY}"))
    await town.ask({**EMMA, "other_family_names": [CANARY]}, reason=CANARY)
    told = [span.to_json() for span in spans.get_finished_spans()]
    assert {"query", "consult"} == {span.name for span in spans.get_finished_spans()}
    assert len(told) == 5  # the query, three services, and the one that failed once more
    assert [one for one in told if CANARY in one or "Ashdown" in one or "involved" in one] == []


async def test_law_1_a_refusal_does_not_repeat_what_was_sent(
    start: Start, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    town = await start()
    body = question({**EMMA, CANARY: CANARY, "birth_date": CANARY})
    status, problem = await town.post("/v1/queries", body)
    assert status == 422
    assert len(problem["errors"]) == 1 or len(problem["errors"]) == 2
    assert CANARY not in str(problem) + caplog.text


async def test_law_1_a_match_is_explained_by_name_and_birth_date_only(start: Start) -> None:
    town = await start({"school": [row(identifiers={"nhs_number": "9990000018", "sex": "male"})]})
    shown = part(await town.ask({**EMMA, "nhs_number": "9990000018", "sex": "male"}), "school")[
        "involvements"
    ][0]
    assert set(shown["match"]) == {"given_name", "family_name", "birth_date"}
    assert shown["because"] in set(every_sentence())


def test_law_1_personal_values_are_left_out_of_repr() -> None:
    told = replace(telling_row(), contact=Contact(CANARY, CANARY, CANARY, CANARY, CANARY), status=CANARY)
    assert CANARY not in repr(told) + repr(told.identifiers) + repr(told.contact) + repr(
        Answer.__dataclass_fields__
    )


async def test_law_1_a_roster_names_people_only_as_far_as_its_owner_shows_them(start: Start) -> None:
    """What the case system says beyond that is searched with, and never leaves."""
    hidden = {"given_name": f"{CANARY}-given", "address": f"{CANARY} Lane", "nhs_number": "943 476 5919"}
    town = await start(
        {CASES: [linked(), linked(f"{CANARY}-key", "PARTNER", identifiers=hidden)]}, **with_cases()
    )
    by_case = {**question(), "journey": "case", "people": []}
    async with town.client.post("/v1/queries", json=by_case, headers=town.headers(HOLDER)) as reply:
        sent = await reply.text()
    assert '"name":"Emma Ashdown"' in sent
    assert '"relation":"other_adult"' in sent
    assert CANARY not in sent
    assert "1991" not in sent
