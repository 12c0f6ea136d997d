"""Rules that look at one look-up by itself: when it was, and what ties the requester to who was looked up.
Pure.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from datetime import date, datetime, timedelta

from broker.audit.watching.facts import Facts, LookUp, Seen
from broker.audit.watching.finding import Finding, Known, many, moment, named, window
from broker.audit.watching.model import Colleagues, FlaggedPeople, OutOfHours, OwnAddress, OwnSurname
from broker.surroundings import LONDON

_DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


def out_of_hours(name: str, rule: OutOfHours, facts: Facts, known: Known) -> Iterator[Finding]:
    """So many look-ups in one night or day off, of somebody whose work is by day."""
    nights: dict[tuple[str, str], list[LookUp]] = defaultdict(list)
    for one in _looked_at(facts.look_ups, rule.except_roles):
        if _closed(one.at, rule):
            nights[one.requester.subject, _night(one.at, rule).isoformat()].append(one)
    for (subject, night), asked in nights.items():
        key = f"{name}|{subject}|{night}"
        if len(asked) >= rule.at_least and key not in known.keys:
            yield _of_a_night(name, key, asked[: rule.at_least])


def own_surname(name: str, rule: OwnSurname, facts: Facts, known: Known) -> Iterator[Finding]:
    """Somebody of the requester's own surname, where that is a rare one."""

    def tied(person: Seen) -> bool:
        return person.own_surname is not None and person.own_surname * rule.rarer_than_one_in < 1

    yield from _tied(name, rule.except_roles, facts, known, tied, "of their own surname")


def own_address(name: str, rule: OwnAddress, facts: Facts, known: Known) -> Iterator[Finding]:
    """Somebody who lives where the requester does."""

    def tied(person: Seen) -> bool:
        return person.home in ("dwelling", rule.same)

    yield from _tied(name, rule.except_roles, facts, known, tied, "at their own address")


def colleagues(name: str, rule: Colleagues, facts: Facts, known: Known) -> Iterator[Finding]:
    """Somebody who is called like a member of staff."""
    said = "who is called like a member of staff"
    yield from _tied(name, rule.except_roles, facts, known, lambda person: person.colleague, said)


def flagged_people(name: str, rule: FlaggedPeople, facts: Facts, known: Known) -> Iterator[Finding]:
    """Somebody who is flagged."""
    said = "who is flagged"
    yield from _tied(name, rule.except_roles, facts, known, lambda person: person.flagged, said)


def _tied(
    name: str,
    except_roles: Iterable[str],
    facts: Facts,
    known: Known,
    tied: Callable[[Seen], bool],
    said: str,
) -> Iterator[Finding]:
    """A finding for each look-up of such a person: once a month for a requester and the first who is tied.

    Whoever works with a family asks about it again and again, and was asked about it.
    """
    found = set(known.keys)
    for one in _looked_at(facts.look_ups, except_roles):
        person = next(filter(tied, one.people), None)
        if person is None:
            continue
        month = one.at.astimezone(LONDON).strftime("%Y-%m")
        key = f"{name}|{one.requester.subject}|{person.who.hex()}|{month}"
        if key not in found:
            found.add(key)
            sentence = f"{named(one.requester)} looked up somebody {said} on {moment(one.at)}."
            yield Finding(name, key, one.requester, one.at, one.at, (one.index,), 1, sentence)


def _of_a_night(name: str, key: str, asked: list[LookUp]) -> Finding:
    first, last = asked[0], asked[-1]
    sentence = (
        f"{named(first.requester)} looked somebody up {many(len(asked), 'time')} out of hours,"
        f" {window(first.at, last.at)}."
    )
    entries = tuple(one.index for one in asked)
    return Finding(name, key, first.requester, first.at, last.at, entries, len(asked), sentence)


def _night(at: datetime, rule: OutOfHours) -> date:
    """The day on which the night or the day off began: before it opens, that is the day before."""
    return (at.astimezone(LONDON) - timedelta(hours=rule.opens.hour, minutes=rule.opens.minute)).date()


def _closed(at: datetime, rule: OutOfHours) -> bool:
    local = at.astimezone(LONDON)
    if local.date() in rule.closed_on or _DAYS[local.weekday()] not in rule.days:
        return True
    return not rule.opens <= local.time() < rule.closes


def _looked_at(look_ups: Iterable[LookUp], except_roles: Iterable[str]) -> Iterator[LookUp]:
    left_out = frozenset(except_roles)
    return (one for one in look_ups if one.requester.role not in left_out)
