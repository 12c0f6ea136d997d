"""The link by which a desk takes a request to ring back up: of one request, for a week, and for nothing else."""

from __future__ import annotations

import secrets
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from broker.audit.asking.questions import Question
from broker.audit.call_events import CallAcknowledged, CallRequested
from broker.audit.event import PersonAsked, Who
from broker.calling.links import OPEN_FOR, TAKING_UP, Linked, Links
from broker.calling.message import notice_of
from broker.errors import ReferenceLapsed
from broker.references import CALL_BACK, Sealer
from connectors.contract import Identifiers
from tests.unit.broker.broker_samples import NOW, QUERY

SEALER = Sealer(b"k" * 32, timedelta(minutes=15), secrets.token_bytes)
LINKS = Links(replace(SEALER.apart(TAKING_UP), lifetime=OPEN_FOR), "https://broker.example")
ASKED = CallRequested(
    query_id="q-17",
    at=NOW,
    requester=Who("lw-1", "Sam Okafor", "Littleworth Council", "social_worker"),
    source="school",
    opened_from="q-16",
    purpose="section_47_enquiry",
    person=PersonAsked(1, "parent", Identifiers(given_name="Emma", family_name="Ashdown")),
    phone="0191 498 0107",
    note="Is Friday still on?",
)


def reference(links: Links = LINKS) -> str:
    link = links.link(ASKED)
    assert link is not None
    return link.url.removeprefix("https://broker.example/call-backs/")


def test_a_link_is_of_its_request_and_source_until_a_week_after_it() -> None:
    link = LINKS.link(ASKED)
    assert link is not None
    assert link.until == NOW + timedelta(days=7)
    assert LINKS.opened(reference(), NOW + timedelta(days=7)) == Linked("q-17", "school")
    with pytest.raises(ReferenceLapsed):
        LINKS.opened(reference(), NOW + timedelta(days=7, seconds=1))


def test_a_link_holds_the_request_and_its_source_alone() -> None:
    sealed = LINKS.sealer.open_facts(reference(), "", NOW)
    assert dict(sealed) == {
        "until": (NOW + OPEN_FOR).timestamp(),
        "request": "q-17",
        "source": "school",
    }
    assert len(reference()) < 200


def test_no_other_reference_opens_what_a_link_does_nor_a_link_what_they_do() -> None:
    others = [one.seal(QUERY, "", NOW) for one in (SEALER, SEALER.apart(CALL_BACK), LINKS.sealer.apart(b"x"))]
    for one in others:
        with pytest.raises(ReferenceLapsed):
            LINKS.opened(one, NOW)
    for sealer in (SEALER, SEALER.apart(CALL_BACK)):
        with pytest.raises(ReferenceLapsed):
            sealer.open(reference(), "", NOW)


@given(st.integers(0, len(reference()) - 1), st.characters() | st.sampled_from("+/-_AQgw="))
def test_a_link_that_is_changed_anywhere_opens_nothing(at: int, letter: str) -> None:
    sealed = reference()
    changed = sealed[:at] + letter + sealed[at + 1 :]
    if changed != sealed:
        with pytest.raises(ReferenceLapsed):
            LINKS.opened(changed, NOW)


def test_a_desk_is_told_the_link_in_words_and_as_facts() -> None:
    link = LINKS.link(ASKED)
    assert link is not None
    notice = notice_of(ASKED, "Littleworth school", "Littleworth", link=link)
    assert link.url in notice.text.splitlines()  # a line of its own: mail programs make a link of it
    assert notice.facts["acknowledge"] == {"url": link.url, "until": link.until.isoformat(timespec="seconds")}


def test_a_broker_without_pages_tells_of_no_link() -> None:
    nowhere = replace(LINKS, address=None)
    notice = notice_of(ASKED, "Littleworth school", "Littleworth", link=nowhere.link(ASKED))
    assert notice.facts["acknowledge"] is None
    assert "http" not in notice.text
    assert "taken it up" not in notice.text


def test_neither_a_link_nor_its_maker_shows_what_it_is_made_of() -> None:
    assert reference() not in repr(LINKS.link(ASKED))
    assert repr(LINKS.sealer.key) not in repr(LINKS)


def test_what_a_desk_says_is_an_entry_of_the_request_that_names_its_source_alone() -> None:
    said = CallAcknowledged("q-17", NOW, "school")
    assert (said.kind, said.query_id, dict(said.clear())) == (
        "call_back.acknowledged",
        "q-17",
        {"source": "school"},
    )
    assert dict(said.parts()) == {}


def test_a_request_that_was_taken_up_says_so_whatever_else_became_of_it_and_since_when() -> None:
    kinds = ("call_back.requested", "call_back.undelivered", *["call_back.acknowledged"] * 2)
    entries = tuple(
        (number, {"type": kind, "at": f"2026-06-0{number}T09:00:00.000Z"})
        for number, kind in enumerate(kinds, start=1)
    )
    one = Question(1, "2026-06-01T09:00:00.000Z", kinds[0], "q-17", entries)
    assert (one.call_back, one.acknowledged_at) == ("acknowledged", "2026-06-03T09:00:00.000Z")
    before = replace(one, entries=entries[:2])
    assert (before.call_back, before.acknowledged_at) == ("undelivered", None)
