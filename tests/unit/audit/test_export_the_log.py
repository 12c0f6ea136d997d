"""The log for other programs: every entry, in the shape that they know, and nobody's name unless it is asked
for.
"""

from __future__ import annotations

import base64
import csv
import io
import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from fhir.resources.R4B.auditevent import AuditEvent

from broker.audit.asking.export import Exported, exported
from broker.audit.asking.export_csv import csv_rows
from broker.audit.asking.export_fhir import PATIENT_QUERY, PRIVACY_DISCLOSURE, AuditEvents
from broker.audit.event import PersonAsked
from broker.audit.events import AuditRead, BrokerStarted, CaseChecked, PersonOutcome, Refused
from broker.audit.reading_events import ReportStarted, SubjectReviewed
from connectors.contract import Identifiers
from tests.unit.audit.audit_samples import (
    ANNA,
    KIT,
    NOW,
    ORIGIN,
    closed,
    disclosure,
    intent,
    reading,
    writing,
)

BEN = Identifiers(given_name="Ben", family_name="Thistlewood")
LEVELS = {"involved": "yes", "started": "month", "ended": "nothing"}
PERSONAL = (
    "Anna",
    "Ben",
    "Thistlewood",
    "2016-02-29",
    "9990000018",
    "Kit",
    "u-7",
    "Bruises",
    "NS/4711",
    "NS1 4AB",
)


@pytest.fixture
async def log(tmp_path: Path) -> Path:
    """A query about two people, one of whom is known; one by a case; a refusal, a reading, a report, a start."""
    known = PersonOutcome(1, "involved", ("certain",), (LEVELS,))
    late = PersonOutcome(2, "timed_out", (), ())
    linked = CaseChecked(
        query_id="q-2", at=NOW, source="cases", policy_digest="sha256:cc", policy_version=1, state="verified",
        complete=True, requester=KIT.subject, people=(PersonAsked(1, "child", BEN),), shown=("nothing",),
        repeats=0, content=b"", milliseconds=4,
    )  # fmt: skip
    async with writing(tmp_path) as log:
        for event in (
            BrokerStarted(NOW - timedelta(days=2), "0.1.0"),
            intent("q-1", ANNA, BEN),
            disclosure("q-1", known, late),
            closed("q-1"),
            replace(intent("q-2"), people=()),
            linked,
            disclosure("q-2"),
            Refused(NOW, KIT, "role_may_not_ask", "section_47_enquiry"),
            Refused(NOW, None, "not_signed_in", None, count=9),
            AuditRead(NOW, "ivo", "audit trace", "q-1", reason="=cmd|' /C calc'!A0"),
            ReportStarted("r-1", NOW, "ivo", "Her request", ANNA, 9, 1),
            SubjectReviewed("r-1", NOW, "ivo", 1, "released", None, serious_harm=False, third_party=False),
        ):
            await log.record(event)
    return tmp_path


def entries(log: Path, **days: date) -> list[Exported]:
    with reading(log) as reader:
        return list(exported(reader, reader.store.size(), **days))


def events(log: Path, *, named: bool = False) -> list[dict[str, Any]]:
    with reading(log) as reader:
        made = AuditEvents(ORIGIN, reader.keys.tags, named)
        return [json.loads(line) for line in made.lines(exported(reader, reader.store.size()))]


def rows(log: Path, *, named: bool = False) -> list[dict[str, str]]:
    with reading(log) as reader:
        lines = csv_rows(exported(reader, reader.store.size()), reader.keys.tags, named=named)
        return list(csv.DictReader(io.StringIO("".join(lines), newline="")))


def of_profile(found: Sequence[dict[str, Any]], profile: str) -> list[dict[str, Any]]:
    return [one for one in found if one.get("meta", {}).get("profile") == [profile]]


def code(concept: dict[str, Any]) -> str:
    return str((concept.get("coding") or [concept])[0]["code"])


@pytest.mark.parametrize("named", [False, True])
def test_every_event_is_one_that_fhir_knows(log: Path, named: bool) -> None:
    found = events(log, named=named)
    for event in found:
        read = json.loads(AuditEvent.model_validate(event).model_dump_json())
        assert datetime.fromisoformat(read.pop("recorded")) == datetime.fromisoformat(event["recorded"])
        assert read == {name: value for name, value in event.items() if name != "recorded"}
    assert len({one["id"] for one in found}) == len(found)


def test_no_entry_is_left_out(log: Path) -> None:
    assert [one.index for one in entries(log)] == list(range(12))
    told = [
        entity["what"]["identifier"]["value"]
        for one in events(log)
        for entity in one["entity"]
        if "what" in entity
    ]
    of_entries = {int(value.rpartition("#")[2]) for value in told if "#" in value}
    queries = of_profile(events(log), PATIENT_QUERY)
    assert of_entries | {1} == set(range(12))
    assert len(queries) == 2


def test_without_a_reason_nobody_stands_there_by_name(log: Path) -> None:
    for whole in (json.dumps(events(log)), json.dumps(rows(log))):
        assert not [word for word in PERSONAL if word in whole]
    for whole in (json.dumps(events(log, named=True)), json.dumps(rows(log, named=True))):
        assert [word for word in ("Anna", "Thistlewood", "9990000018", "Kit") if word not in whole] == []


def test_the_same_person_and_requester_have_the_same_pseudonym(log: Path) -> None:
    asked, told = of_profile(events(log), PATIENT_QUERY), of_profile(events(log), PRIVACY_DISCLOSURE)
    person = [one["entity"][1]["what"]["identifier"]["value"] for one in asked]
    assert [one["entity"][0]["what"]["identifier"]["value"] for one in told[:2]] == person
    assert len(set(person)) == 2
    users = {one["agent"][-1]["who"]["identifier"]["value"] for one in (*asked, *told)}
    assert len(users) == 1


def test_a_query_is_as_balp_wants_it(log: Path) -> None:
    first = of_profile(events(log), PATIENT_QUERY)[0]
    assert (code(first["type"]), first["action"], first["outcome"]) == ("rest", "E", "0")
    client, server, user = first["agent"]
    assert [code(one["type"]) for one in first["agent"]] == ["110153", "110152", "IRCP"]
    assert (client["requestor"], server["requestor"], user["requestor"]) == (False, False, True)
    assert all("network" in one for one in (client, server))
    assert "network" not in user
    query, patient = first["entity"]
    assert (code(query["type"]), code(query["role"])) == ("2", "24")
    assert not {"what", "detail", "lifecycle"} & query.keys()
    assert json.loads(base64.b64decode(query["query"])) == {"log": ORIGIN, "query": "q-1", "person": 1}
    assert (code(patient["type"]), code(patient["role"]), patient["what"]["type"]) == ("1", "1", "Patient")
    assert code(first["purposeOfEvent"][0]) == "section_47_enquiry"


def test_a_disclosure_is_as_balp_wants_it(log: Path) -> None:
    known, late, by_case = of_profile(events(log), PRIVACY_DISCLOSURE)
    assert (code(known["type"]), known["action"], code(known["subtype"][0])) == ("110106", "R", "disclose")
    source, recipient, custodian, user = known["agent"]
    assert source["who"] == known["source"]["observer"]
    assert [code(one["type"]) for one in known["agent"]] == ["110153", "110152", "159541003", "IRCP"]
    assert all(one["network"] for one in (source, recipient))
    assert (custodian["who"]["display"], custodian["policy"]) == (
        "school",
        ["urn:family-context:policy:sha256:bb"],
    )
    assert code(user["role"][0]) == "social_worker"
    details = {one["type"]: one["valueString"] for one in known["entity"][1]["detail"]}
    assert (details["involved"], details["started"], "ended" in details) == ("yes", "month", False)
    assert [(one["outcome"], one["outcomeDesc"]) for one in (known, late, by_case)] == [
        ("0", "involved"),
        ("4", "timed_out"),
        ("0", "nothing_to_share"),
    ]


def test_whom_a_case_system_named_is_the_person_of_what_was_disclosed(log: Path) -> None:
    by_case = of_profile(events(log, named=True), PRIVACY_DISCLOSURE)[2]
    assert by_case["entity"][0]["what"]["display"] == "Thistlewood, Ben"


def test_dicoms_own_words_are_used_where_it_has_them(log: Path) -> None:
    plain = {one["subtype"][0]["code"]: one for one in events(log) if "meta" not in one}
    assert code(plain["audit.read"]["type"]) == "110101"
    assert (code(plain["refusal"]["type"]), plain["refusal"]["outcome"]) == ("110113", "8")
    assert code(plain["broker.started"]["type"]) == "110100"
    assert plain["subject.reviewed"]["agent"][0]["requestor"]


def test_days_are_those_of_london_and_both_are_included(log: Path) -> None:
    assert [one.kind for one in entries(log, until=NOW.date() - timedelta(days=1))] == ["broker.started"]
    assert len(entries(log, since=NOW.date(), until=NOW.date())) == 11
    assert entries(log, since=NOW.date() + timedelta(days=1)) == []


def test_a_row_tells_what_was_shown_of_whom(log: Path) -> None:
    disclosed = [one for one in rows(log) if one["type"] == "disclosure"]
    assert [(one["person"], one["outcome"], one["levels"]) for one in disclosed] == [
        ("1", "involved", "involved yes; started month"),
        ("2", "timed_out", ""),
        ("1", "nothing_to_share", ""),
    ]
    assert {one["purpose"] for one in disclosed} == {"section_47_enquiry"}
    assert disclosed[0]["person_key"].startswith("person ")
    assert disclosed[0]["relation"] == "child"


def test_what_somebody_typed_is_no_formula_in_a_spreadsheet(log: Path) -> None:
    reasons = [one["reason"] for one in rows(log, named=True) if one["type"] == "audit.read"]
    assert reasons == ["'=cmd|' /C calc'!A0"]


def test_of_a_person_whose_key_was_destroyed_the_pseudonym_alone_is_left(log: Path) -> None:
    with reading(log) as reader:
        reader.keys.destroy_person_key(ANNA)
    asked = of_profile(events(log, named=True), PATIENT_QUERY)[0]
    assert "display" not in asked["entity"][1]["what"]
    assert "Anna" not in json.dumps(events(log, named=True))
