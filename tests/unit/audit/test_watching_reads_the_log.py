"""From entries to facts: who is tied to whom, by tags alone; and from findings to a queue."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from broker.audit.event import PersonAsked, Who
from broker.audit.events import CaseChecked, Refused
from broker.audit.keys import load_keys
from broker.audit.review_events import FlagChanged, ReviewDecided, ReviewFound, ReviewNotified
from broker.audit.tags import TagKeys
from broker.audit.watching.digest import digest_of, in_words
from broker.audit.watching.facts import Seen
from broker.audit.watching.finding import Finding
from broker.audit.watching.overdue import EmergencyAccess
from broker.audit.watching.queue import digests_sent, event_of, id_of, items
from broker.audit.watching.reading import Gathering, close_matches_of, first_since
from broker.audit.watching.ties import Ties, own_surname, staff_tags
from broker.learning.misses import add
from broker.registers import flags
from broker.registers.flags import Flag, Flags, flags_of, home_tags, person_tags
from broker.registers.store import Store
from connectors.contract import Identifiers
from tests.unit.audit.audit_samples import ANNA, KIT, NOW, closed, intent, keys_in, reading, writing

TAGS = TagKeys(bytes(32))
HOME = Identifiers(address="4 Mill Lane", postcode="NS1 4AB", uprn="10001234")
OTTO = Identifiers(given_name="Otto", family_name="Quillfeather", birth_date=date(1989, 11, 17))


def flag(of: Any, tags: Any) -> Flag:
    return Flag(flags.new_id(), of, "A reason", date(2027, 1, 1), "dpo", tags)


def seen(typed: Identifiers, who: Who = KIT, staff: tuple[str, ...] = (), known: Flags | None = None) -> Seen:
    return Ties(TAGS, staff_tags(staff, TAGS), known or Flags()).seen(b"k", typed, who, date(2026, 6, 1))


@pytest.mark.parametrize(
    ("name", "family", "same"),
    [
        ("Kit Marlowe-Sample", "Marlowe-Sample", True),
        ("Kit Marlowe-Sample", "Sample", True),
        ("Kit O'Neill", "ONeill", True),
        ("Sample, Kit", "Sample", True),
        ("Dr Kit Sample", "SAMPLE", True),
        ("Kit Sample", "Kit", False),
        ("Kit Sample", "Quill", False),
        ("Sample", "Sample", False),  # one word is a login, or nobody's surname
        ("", "Sample", False),
    ],
)
def test_a_surname_is_the_requesters_own_as_matching_compares_names(
    name: str, family: str, same: bool
) -> None:
    typed = replace(OTTO, family_name=family)
    assert (seen(typed, replace(KIT, name=name)).own_surname is not None) is same


def test_a_common_surname_is_told_from_a_rare_one() -> None:
    assert (own_surname("Kit Smith", ["smith"]) or 0) > 0.01 > (own_surname("Kit Quill", ["quill"]) or 1)


@pytest.mark.parametrize(
    ("lives", "near"),
    [
        (HOME, "dwelling"),
        (Identifiers(address="4, MILL LN", postcode="ns14ab"), "dwelling"),
        (Identifiers(uprn="10001234"), "dwelling"),
        (Identifiers(address="5 Mill Lane", postcode="NS1 4AB"), "postcode"),
        (Identifiers(address="4 Mill Lane"), None),  # of which town?
        (Identifiers(postcode="NS1 4AD"), None),
    ],
)
def test_a_requesters_own_home_is_recognised_and_nobody_elses(lives: Identifiers, near: str | None) -> None:
    known = flags_of([flag("home", home_tags(KIT.subject, HOME, TAGS))])
    typed = replace(OTTO, address=lives.address, postcode=lives.postcode, uprn=lives.uprn)
    assert seen(typed, known=known).home == near
    assert seen(typed, replace(KIT, subject="u-8"), known=known).home is None


@pytest.mark.parametrize(
    ("typed", "is_one"),
    [
        (OTTO, True),
        (replace(OTTO, given_name="Oto", family_name="Quilfeather"), True),
        (replace(OTTO, birth_date=date(1989, 11, 18)), False),
        (replace(OTTO, family_name="Marsh"), False),
        (replace(OTTO, given_name="Ada"), False),
    ],
)
def test_somebody_flagged_is_recognised_also_misspelt(typed: Identifiers, is_one: bool) -> None:
    assert seen(typed, known=flags_of([flag("person", person_tags(OTTO, TAGS))])).flagged is is_one


@pytest.mark.parametrize(
    ("name", "born", "is_one"),
    [
        ("Otto Quillfeather", date(1989, 11, 17), True),
        ("Quillfeather, Otto", date(1989, 11, 17), True),
        ("Otto M. Quillfeather", None, True),
        ("Otto Quillfeather", date(2015, 1, 1), False),  # a child of that name is no colleague
        ("Ada Quillfeather", date(1989, 11, 17), False),
    ],
)
def test_a_colleague_is_an_adult_of_that_name(name: str, born: date | None, is_one: bool) -> None:
    assert seen(replace(OTTO, birth_date=born), staff=(name,)).colleague is is_one


def test_facts_hold_nothing_that_was_typed() -> None:
    everything = repr(seen(replace(ANNA, address="4 Mill Lane"), staff=("Anna Thistlewood",)))
    assert not any(typed in everything for typed in ("Anna", "Thistlewood", "Mill", "NS1", "9990000018"))


async def test_entries_become_look_ups_refusals_and_decisions(tmp_path: Path) -> None:
    async with writing(tmp_path) as log:
        await log.record(intent("q-1"))
        await log.record(_checked("q-1"))
        await log.record(closed("q-1"))
        await log.record(replace(intent("q-2"), opened_from="q-1"))  # opened further: no other look-up
        await log.record(Refused(NOW, KIT, "not_permitted", "x", 1))
        await log.record(Refused(NOW, None, "not_signed_in", None, 7))
        await log.record(ReviewDecided("q-1", NOW, "dpo", "fine", "As it should be"))
        await log.record(ReviewDecided("q-1", NOW + timedelta(days=1), "dpo", "follow_up", "Or not"))
    with reading(tmp_path) as reader:
        gathered = Gathering(Ties(reader.keys.tags))
        gathered.take(reader, 2)
        gathered.take(reader)
        facts = gathered.facts()
        gathered.forget(NOW + timedelta(seconds=1))
    (one,) = facts.look_ups
    assert (one.index, one.query_id, one.requester, len(one.people)) == (0, "q-1", KIT, 2)
    assert [(it.requester, it.count) for it in facts.refusals] == [(KIT, 1), (None, 7)]
    assert facts.decided == {"q-1": NOW}
    assert (gathered.next, gathered.facts().look_ups, gathered.facts().refusals) == (8, (), ())


def _checked(query_id: str) -> CaseChecked:
    return CaseChecked(
        query_id=query_id,
        at=NOW,
        source="cases",
        policy_digest="sha256:cc",
        policy_version=1,
        state="verified",
        complete=True,
        requester=KIT.subject,
        people=(PersonAsked(1, "child", OTTO),),
        shown=("relation",),
        repeats=0,
        content=b"",
        milliseconds=3,
    )


async def test_the_first_entry_of_a_time_is_found_by_halving(tmp_path: Path) -> None:
    async with writing(tmp_path) as log:
        for hour in range(20):
            await log.record(replace(closed(f"q-{hour}"), at=NOW + timedelta(hours=hour)))
    with reading(tmp_path) as reader:
        found = [first_since(reader, NOW + timedelta(hours=hour)) for hour in (-1, 0, 7, 7.5, 19, 25)]
    assert found == [0, 0, 7, 8, 19, 20]


def test_close_matches_are_of_whole_weeks_in_round_numbers(tmp_path: Path) -> None:
    path = tmp_path / "state" / "misses" / "school.json"
    add(
        path,
        {"2026-W20": Counter({"the number differs": 23}), "2026-W23": Counter({"the number differs": 900})},
    )
    (path.parent / "housing.json").write_text("[]")
    counted = close_matches_of(tmp_path, ["school", "housing", "police"], date(2026, 6, 3))
    assert counted["school"] == {"2026-W20": 25, "2026-W21": 0, "2026-W22": 0}
    assert "housing" not in counted
    assert counted["police"] == {}


FINDING = Finding("own_surname", "own_surname|u-7|x", KIT, NOW, NOW, (3,), 1, "Kit looked.")


async def test_what_was_found_told_and_decided_makes_the_queue(tmp_path: Path) -> None:
    other = replace(FINDING, key="other", rule="rate", requester=None, about="school")
    async with writing(tmp_path) as log:
        await log.record(event_of(FINDING, "look-1", "sha256:dd", ["ig"], NOW))
        await log.record(event_of(other, "look-2", "sha256:dd", [], NOW))
        await log.record(event_of(FINDING, "look-1", "sha256:dd", ["ig"], NOW))  # found twice, listed once
        await log.record(ReviewNotified("look-1", NOW, "ig", "email", 2))
        await log.record(ReviewNotified("digest-2026-06-01", NOW, "ig", "webhook", 1))
        await log.record(ReviewDecided("look-2", NOW, "dpo", "fine", "First"))
        await log.record(ReviewDecided("look-2", NOW, "dpo", "follow_up", "Then"))
    with reading(tmp_path) as reader:
        found, sent = items(reader), digests_sent(reader)
        assert list(reader.store.bearing(reader.keys.tags.requester(KIT.subject))) == []
        assert id_of("a", reader.keys.tags) == id_of("a", reader.keys.tags) != id_of("b", reader.keys.tags)
    assert [(one.id, one.finding) for one in found] == [("look-1", FINDING), ("look-2", other)]
    assert (found[0].told, found[0].notify, found[0].decision) == (
        frozenset({("ig", "email")}),
        ("ig",),
        None,
    )
    assert found[1].decision is not None
    assert (found[1].decision.verdict, found[1].decision.reason) == ("follow_up", "Then")
    assert sent == {"digest-2026-06-01": {("ig", "webhook")}}
    overdue = EmergencyAccess("q-9", 4, NOW - timedelta(days=5), NOW - timedelta(days=2), KIT, "x", None)
    text = in_words(digest_of(found, [overdue], NOW + timedelta(hours=1)), "Littleworth")
    for line in (
        "Found: 2",
        "own_surname: 1",
        "follow up: 1",
        "Waiting for a decision: 1",
        "look-1  own_surname",
    ):
        assert line in text
    assert "q-9  overdue since 30 May 2026" in text
    assert not any(hidden in text for hidden in ("Kit", "u-7", "Then"))


def test_a_flag_is_kept_without_whom_it_is_about_and_lifted(tmp_path: Path) -> None:
    keys = load_keys(keys_in(tmp_path))
    store = Store.open(tmp_path / "registers.db", keys)
    made = flag("person", person_tags(OTTO, keys.tags))
    flags.add(store, made, NOW)
    assert flags.in_force(store) == [made]
    assert b"Quillfeather" not in (tmp_path / "registers.db").read_bytes()
    assert "Otto" not in repr([one.facts for one in store.entries("flags")])
    flags.lift(store, made.id, "No longer", "dpo", NOW)
    assert flags.in_force(store) == []
    store.close()
    keys.close()


@pytest.mark.parametrize(
    "event",
    [
        event_of(FINDING, "look-1", "sha256:dd", ["ig"], NOW),
        ReviewDecided("look-1", NOW, "dpo", "fine", "Known family"),
        ReviewNotified("look-1", NOW, "ig", "email", 1),
        FlagChanged(NOW, "flag-1", "person", "added", "dpo", "In the news"),
    ],
)
def test_what_watching_records_says_nothing_clear_of_anybody(event: ReviewFound) -> None:
    clear = repr(event.clear()) + repr(event)
    assert not any(hidden in clear for hidden in ("Kit", "u-7", "dpo", "Known", "news"))
