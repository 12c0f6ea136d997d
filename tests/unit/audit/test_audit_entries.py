"""An entry's bytes: canonical, bound together, and telling nothing of anyone to whoever has no key."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from broker.audit import change_events, events, reading_events
from broker.audit.encoding import entry_of
from broker.audit.entry import LONGEST, EntryTooLong, indexed, line, opened
from broker.audit.event import Event, PersonAsked
from broker.audit.keys import Keys, create_keys, load_keys
from connectors.contract import Identifiers
from tests.unit.audit.audit_samples import ANNA, KIT, NOW, closed, disclosure, intent

IN_A_TEMPORARY_PLACE = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40)


@pytest.fixture
def keys(tmp_path: Path) -> Iterator[Keys]:
    create_keys(tmp_path / "keys")
    loaded = load_keys(tmp_path / "keys")
    yield loaded
    loaded.close()


EVENTS: list[Event] = [
    intent(),
    intent("q-2", opened_from="q-1", view="details"),
    disclosure(),
    closed(),
    events.Refused(NOW, KIT, "role_may_not_ask", "section_47_enquiry"),
    events.Refused(NOW, None, "no_token", None, count=61),
    events.AuditRead(NOW, KIT, "audit trace", "q-1"),
    events.AuditRead(NOW, "root", "audit verify"),
    events.AuditRead(NOW, "kit", "audit search", asked={"case": "NS/4711"}, reason="Nurse Quill asked"),
    reading_events.ReportStarted("r-1", NOW, "kit", "Nurse Quill's complaint", ANNA, 9, 2),
    reading_events.SubjectReviewed(
        "r-1", NOW, "kit", 4, "withheld", "Nurse Quill", serious_harm=True, third_party=False
    ),
    reading_events.SubjectReleased("r-1", NOW, "kit", "ab" * 32, 1, 1),
    change_events.PolicyActivated(NOW, "school", "sha256:bb", 3),
    change_events.PolicyApproved(NOW, KIT, "school", "sha256:bb", 4, "Abi Approver"),
    change_events.PolicySimulated("simulate-1", NOW, "school", "sha256:bb", "sha256:cc", 30, 340, "kit"),
    events.BrokerStarted(NOW, "0.1.0"),
]
CLEAR = {
    "query.intent": {"purpose_digest", "policy_digests", "opened_from", "traceparent"},
    "details.opened": {"purpose_digest", "policy_digests", "opened_from", "traceparent"},
    "disclosure": {"source", "policy_digest"},
    "query.closed": {"state"},
    "refusal": set(),
    "audit.read": set(),
    "subject.report_started": set(),
    "subject.reviewed": set(),
    "subject.released": set(),
    "policy.activated": {"source", "policy_digest", "version"},
    "policy.approved": {"source", "policy_digest", "version"},
    "policy.simulated": {"source", "policy_digest", "draft_digest", "days", "questions"},
    "broker.started": {"version"},
}


@pytest.mark.parametrize("event", EVENTS, ids=lambda event: event.kind)
def test_only_ids_times_digests_and_the_broker_s_own_doings_stand_clear(event: Event, keys: Keys) -> None:
    raw = entry_of(event, keys).raw
    clear = json.loads(raw.splitlines()[0])
    assert set(clear) - {"format", "type", "at", "id", "epoch", "query_id"} == CLEAR[event.kind]
    # A short word may stand by chance in random bytes written as text: those are looked through for long ones.
    told = json.dumps({name: value for name, value in clear.items() if name != "id"})
    assert [
        word for word in ("Anna", "Kit", "Quill", "4711", "section_47", "u-7", "9990000018") if word in told
    ] == []
    assert [word for word in (b"section_47", b"9990000018") if word in raw] == []


@pytest.mark.parametrize("event", EVENTS, ids=lambda event: event.kind)
def test_an_entry_is_three_canonical_lines(event: Event, keys: Keys) -> None:
    entry = entry_of(event, keys)
    lines = entry.raw.split(b"\n")
    assert lines.pop() == b""
    again = [json.dumps(json.loads(line), sort_keys=True, separators=(",", ":")).encode() for line in lines]
    assert (lines, len(lines)) == (again, 3)
    assert indexed(entry.raw) == entry


PLAIN = st.none() | st.booleans() | st.integers() | st.text() | st.dates() | st.datetimes()
JSON = st.recursive(PLAIN, lambda some: st.lists(some) | st.dictionaries(st.text(), some), max_leaves=12)


@given(content=JSON)
def test_a_line_has_the_bytes_that_the_standard_library_writes(content: object) -> None:
    written = json.dumps(
        content,
        sort_keys=True,
        separators=(",", ":"),
        ensure_ascii=False,
        default=lambda one: one.isoformat(),
    )
    assert line(content) == written.encode("utf-8", "surrogatepass") + b"\n"


@pytest.mark.parametrize("typed", ["Ada", "Ada \ud83d"])
def test_a_person_is_written_with_all_that_was_typed_of_them(typed: str) -> None:
    person = Identifiers(given_name=typed, birth_date=ANNA.birth_date)
    asked = PersonAsked(1, "child", person, agreements={"*": {"state": "given"}})
    assert json.loads(line(asked).decode("utf-8", "surrogatepass")) == {
        **asdict(asked),
        "identifiers": {
            **asdict(person),
            "other_family_names": [],
            "birth_date": "2016-02-29",
        },
    }


@pytest.mark.parametrize("event", EVENTS, ids=lambda event: event.kind)
def test_two_entries_of_one_event_are_never_the_same_bytes(event: Event, keys: Keys) -> None:
    assert entry_of(event, keys).raw != entry_of(event, keys).raw


def test_what_was_encrypted_is_opened_with_the_keys(keys: Keys) -> None:
    facts = opened(entry_of(intent(), keys).raw, keys)
    assert facts["request"]["requester"]["name"] == KIT.name
    assert facts["request"]["reason"] == "Bruises seen by Nurse Quill"
    assert facts["person 1"]["identifiers"]["family_name"] == "Thistlewood"
    assert facts["person 1"]["identifiers"]["birth_date"] == "2016-02-29"


def test_times_are_kept_in_utc(keys: Keys) -> None:
    in_summer = datetime(2026, 6, 1, 10, 0, tzinfo=timezone(timedelta(hours=1)))
    assert entry_of(intent(at=in_summer), keys).at == "2026-06-01T09:00:00.000+00:00"
    with pytest.raises(ValueError, match="time zone"):
        entry_of(intent(at=datetime(2026, 6, 1)), keys)  # noqa: DTZ001 -- a time without a zone is what fails


@pytest.mark.parametrize("line", [0, 2])
def test_no_byte_of_what_is_bound_can_be_changed_and_still_open(line: int, keys: Keys) -> None:
    raw = entry_of(disclosure(), keys).raw
    lines = raw.splitlines(keepends=True)
    if line == 0:
        lines[0] = lines[0].replace(b'"sha256:bb"', b'"sha256:bc"')
    else:
        lines[2] = lines[2].replace(b'"sealed":"', b'"sealed":"AAAA')
    assert opened(b"".join(lines), keys)["disclosed"] is None
    assert opened(raw, keys)["disclosed"] is not None


def test_parts_of_one_entry_cannot_change_places(keys: Keys) -> None:
    clear, tags, parts = entry_of(intent("q-1", ANNA, ANNA), keys).raw.splitlines(keepends=True)
    sealed = json.loads(parts)
    sealed["person 1"], sealed["person 2"] = sealed["person 2"], sealed["person 1"]
    assert opened(clear + tags + json.dumps(sealed).encode(), keys)["person 1"] is None


def test_without_their_key_a_person_is_unreadable_and_the_rest_is_not(keys: Keys) -> None:
    twin = Identifiers(given_name="Ada", family_name="Thistlewood", birth_date=ANNA.birth_date)
    raw = entry_of(intent("q-1", ANNA, twin), keys).raw
    keys.destroy_person_key(ANNA)
    facts = opened(raw, keys)
    assert facts["person 1"] is None
    assert facts["person 2"]["identifiers"]["given_name"] == "Ada"
    assert facts["request"]["purpose"] == "section_47_enquiry"


LEVELS = {
    "involved": "yes",
    "status": "exact",
    "started": "full_date",
    "ended": "full_date",
    "last_contact": "full_date",
    "lead_practitioner": "named",
}


@pytest.mark.parametrize("people", [1, 2, 12])
def test_a_disclosure_is_as_long_whether_there_was_something_or_nothing(people: int, keys: Keys) -> None:
    numbers = range(1, people + 1)
    nothing = [events.PersonOutcome(number, "nothing_to_share", (), ()) for number in numbers]
    much = [
        events.PersonOutcome(number, "involved", ("certain", "probable"), (LEVELS, LEVELS))
        for number in numbers
    ]
    lengths = {
        len(entry_of(disclosure("q-1", *outcomes, milliseconds=taken, content=b"x" * taken), keys).raw)
        for outcomes in (nothing, much)
        for taken in (1, 9999)
    }
    assert len(lengths) == 1


def test_the_hash_of_what_was_sent_is_salted(keys: Keys) -> None:
    hashes = {opened(entry_of(disclosure(), keys).raw, keys)["disclosed"]["content_hash"] for _ in range(3)}
    assert len(hashes) == 3


def test_an_entry_has_a_longest_length(keys: Keys) -> None:
    assert len(entry_of(intent(reason="x" * 40_000), keys).raw) <= LONGEST
    with pytest.raises(EntryTooLong) as fault:
        entry_of(intent(reason="Quill " * 10_000), keys)
    assert "Quill" not in str(fault.value)


@IN_A_TEMPORARY_PLACE
@given(typed=st.text(max_size=20), other=st.text(max_size=20))
def test_whatever_was_typed_comes_back_as_it_was(typed: str, other: str, keys: Keys) -> None:
    person = Identifiers(given_name=typed, family_name=other + "\ud83d", address="\u2028\r\n")
    facts = opened(entry_of(intent("q-1", person, reason=typed, case_reference=other), keys).raw, keys)
    found: Any = facts["person 1"]["identifiers"]
    assert (found["given_name"], found["family_name"]) == (typed, other + "\ud83d")
    assert (found["address"], facts["request"]["reason"]) == ("\u2028\r\n", typed)


@pytest.mark.parametrize("event", EVENTS, ids=lambda event: event.kind)
def test_an_event_s_repr_names_nobody(event: Event) -> None:
    shown = repr(event) + repr(event.parts())
    assert not any(
        secret in shown for secret in ("Anna", "Thistlewood", "Kit", "Quill", "4711", "2016", "u-7", "root")
    )
