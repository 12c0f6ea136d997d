"""What waits for a human: each thing once, emergency access first, with the words of its rule."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from broker.audit.event import Who
from broker.audit.watching.finding import Finding
from broker.audit.watching.load import load_watching, shipped_path
from broker.audit.watching.overdue import EmergencyAccess
from broker.audit.watching.queue import Decision, Item
from broker.audit.watching.watch import Waiting
from broker.web.auditing.matters import matters, undecided, words_of

AT = datetime(2026, 6, 1, 9, tzinfo=UTC)
MARTA = Who("lw-3", "Marta Lis", "Littleworth", "duty_worker")
RULES = load_watching(shipped_path().parent).rules
FINE = Decision(AT.isoformat(), "kit", "fine", "It was needed")


def access(query_id: str, days: int = 3, decision: Decision | None = None) -> EmergencyAccess:
    due, reviewed = AT + timedelta(days=days), AT if decision else None
    return EmergencyAccess(query_id, 7, AT, due, MARTA, "immediate_danger", reviewed, decision)


def item(rule: str, about: str | None = None, decision: Decision | None = None) -> Item:
    found = Finding(rule, f"{rule}|{about}", MARTA, AT, AT, (7, 9), 2, "Marta did it.", about)
    return Item(f"look-{rule}", AT.isoformat(), found, decision=decision)


def test_access_comes_first_as_its_review_is_due_and_then_what_rules_found() -> None:
    waiting = Waiting((item("many_people"),), (access("q-late", 5), access("q-soon", 1)))
    assert [one.id for one in undecided(matters(waiting))] == ["q-soon", "q-late", "look-many_people"]


def test_what_was_reviewed_or_decided_waits_no_more_and_a_decision_can_still_be_read() -> None:
    waiting = Waiting((item("many_people", decision=FINE),), (access("q-1", decision=FINE),))
    assert list(undecided(matters(waiting))) == []
    assert [one.decided for one in matters(waiting).values()] == [FINE, FINE]


def test_access_whose_overdue_review_was_found_stands_there_once() -> None:
    waiting = Waiting((item("emergency_not_reviewed", "q-1"),), (access("q-1"),))
    assert [one.id for one in undecided(matters(waiting))] == ["look-emergency_not_reviewed"]


def test_each_has_the_words_of_its_rule_and_one_whose_rule_is_gone_has_none() -> None:
    every = matters(Waiting((item("many_people"), item("a_rule_of_before")), (access("q-1"),)))
    words = {name: words_of(one, RULES) for name, one in every.items()}
    assert words["look-many_people"]["does_not"].startswith("That anybody did wrong.")
    assert words["look-a_rule_of_before"] == {}
    assert words["q-1"].keys() == {"do"}
