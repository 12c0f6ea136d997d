"""The rules that count, by their plain definition: every window made anew, everybody asked about at every look-up.

Slow, and easily read: what ``broker.audit.watching.counting`` finds is held against it.
"""

from __future__ import annotations

import statistics
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import TypeVar

from broker.audit.watching.facts import Facts, LookUp, Refusal
from broker.audit.watching.finding import NOBODY, Finding, Known, many, named, window
from broker.audit.watching.model import Rate, Refusals, Retries, Spread, WatchingRules, span

ENOUGH_PEERS = 3

One = TypeVar("One", LookUp, Refusal)


def rate(name: str, rule: Rate, facts: Facts, known: Known) -> Iterator[Finding]:
    """More than so many different people within a time."""
    for asked in _each(_looked_at(facts.look_ups, rule.except_roles), name, known):
        for inside in _sliding(asked, rule.within):
            people = len({person.who for one in inside for person in one.people})
            if people > rule.people:
                said = f"looked up {many(people, 'person', 'people')}"
                limit = f"The limit is {rule.people} within {span(rule.within)}."
                yield _found(name, inside, people, said, limit)
                inside.clear()


def spread(name: str, rule: Spread, facts: Facts, known: Known) -> Iterator[Finding]:
    """Unusually many families or places, against what others of the same role look up in the same time."""
    looked_at = _looked_at(facts.look_ups, rule.except_roles)
    everybody = by_requester(looked_at)
    for asked in _each(looked_at, name, known):
        for inside in _sliding(asked, rule.within):
            count = len(_families_or_places(inside, rule))
            if count < rule.at_least:
                continue
            usual = usual_among(everybody, inside[-1], rule)
            if usual is not None and count < rule.times_peers * usual:
                continue
            what = many(count, rule.of.removesuffix("s").replace("familie", "family"), rule.of)
            others = f"Half of the others look up {usual:g} or fewer." if usual is not None else ""
            limit = f"The limit is {rule.at_least} within {span(rule.within)}. {others}"
            yield _found(name, inside, count, f"looked up {what}", limit.strip())
            inside.clear()


def retries(name: str, rule: Retries, facts: Facts, known: Known) -> Iterator[Finding]:
    """One person again and again, typed in different ways: as if to find out what fits."""
    for asked in _each(_looked_at(facts.look_ups, rule.except_roles), name, known):
        ways = {one.index: _ways(one) for one in asked}
        for inside in _sliding(asked, rule.within):
            if again := _tried(inside, ways, rule):
                said = f"looked up one person {len(again)} times, typed in different ways,"
                limit = f"The limit is {rule.times} times in {rule.ways} ways within {span(rule.within)}."
                yield _found(name, again, len(again), said, limit)
                inside.clear()


def refusals(name: str, rule: Refusals, facts: Facts, known: Known) -> Iterator[Finding]:
    """Refusals of one requester that pile up; of those who were not signed in, of all together."""
    for refused in _each(_looked_at(facts.refusals, rule.except_roles), name, known):
        for inside in _sliding(refused, rule.within):
            count = sum(one.count for one in inside)
            if count >= rule.refusals:
                codes = ", ".join(sorted({one.code for one in inside}))
                limit = f"Codes: {codes}. The limit is {rule.refusals} within {span(rule.within)}."
                yield _found(name, inside, count, f"was refused {many(count, 'time')}", limit)
                inside.clear()


def _found(
    name: str, inside: Sequence[LookUp] | Sequence[Refusal], count: int, said: str, limit: str
) -> Finding:
    first, last = inside[0], inside[-1]
    return Finding(
        rule=name,
        key=f"{name}|{last.requester.subject if last.requester else NOBODY}|{last.index}",
        requester=last.requester,
        begins=first.at,
        ends=last.at,
        entries=tuple(one.index for one in inside),
        count=count,
        sentence=f"{named(last.requester)} {said} {window(first.at, last.at)}. {limit}",
    )


def _looked_at(happened: Iterable[One], except_roles: Sequence[str]) -> list[One]:
    return [one for one in happened if one.requester is None or one.requester.role not in except_roles]


def by_requester(happened: Iterable[One]) -> Mapping[str, list[One]]:
    by: dict[str, list[One]] = defaultdict(list)
    for one in sorted(happened, key=lambda it: (it.at, it.index)):
        by[one.requester.subject if one.requester else NOBODY].append(one)
    return by


def _each(happened: Iterable[One], name: str, known: Known) -> Iterator[list[One]]:
    """What each requester did, in order, without what an earlier finding counted."""
    for subject, theirs in by_requester(happened).items():
        yield [one for one in theirs if not known.counted(name, subject, one.at, one.index)]


def _sliding(happened: Iterable[One], within: timedelta) -> Iterator[list[One]]:
    """After each, those of the time before it, itself last. The list is the same one: cleared, it begins anew."""
    inside: list[One] = []
    for one in happened:
        inside[:] = [earlier for earlier in inside if one.at - earlier.at < within]
        inside.append(one)
        yield inside


def _families_or_places(inside: Iterable[LookUp], rule: Spread) -> set[bytes]:
    """Of each query the family of whom it names first; of everybody in it the place."""
    if rule.of == "families":
        first = (one.people[0].family for one in inside if one.people)
        return {family for family in first if family is not None}
    return {person.place for one in inside for person in one.people if person.place is not None}


def usual_among(everybody: Mapping[str, Sequence[LookUp]], last: LookUp, rule: Spread) -> float | None:
    """The median of the requester's peers at that moment, of those who looked up anybody; None without any."""
    others = [theirs for subject, theirs in everybody.items() if subject != last.requester.subject]
    same_role = [theirs for theirs in others if theirs[0].requester.role == last.requester.role]
    in_role, in_all = (
        [len(found) for one in some if (found := _in_time(one, last.at, rule))]
        for some in (same_role, others)
    )
    counts = in_role if len(in_role) >= ENOUGH_PEERS else in_all
    return statistics.median(counts) if counts else None


def _in_time(theirs: Iterable[LookUp], at: datetime, rule: Spread) -> set[bytes]:
    inside = (one for one in theirs if timedelta(0) <= at - one.at < rule.within)
    return _families_or_places(inside, rule)


def _tried(
    inside: Sequence[LookUp], ways: Mapping[int, Mapping[bytes, bytes]], rule: Retries
) -> list[LookUp]:
    """The look-ups that share a tag with the last one, where they are too many; the longest such row."""
    if len(inside) < rule.times:
        return []
    rows = ([one for one in inside if tag in ways[one.index]] for tag in ways[inside[-1].index])
    enough = [
        row
        for tag, row in zip(ways[inside[-1].index], rows, strict=True)
        if len(row) >= rule.times and len({ways[one.index][tag] for one in row}) >= rule.ways
    ]
    return max(enough, key=len, default=[])


def _ways(one: LookUp) -> Mapping[bytes, bytes]:
    """The tags that one person of the query bears alone, with how that person was typed: not what twins share."""
    bearing: dict[bytes, list[bytes]] = defaultdict(list)
    for person in one.people:
        for tag in person.tags:
            bearing[tag].append(person.typed)
    return {tag: typed[0] for tag, typed in bearing.items() if len(typed) == 1}


FINDERS = {Rate: rate, Spread: spread, Retries: retries, Refusals: refusals}


def plainly_found(watching: WatchingRules, facts: Facts, known: Known) -> list[Finding]:
    """What ``evaluate`` gives for rules that count."""
    found = (
        one
        for name, rule in watching.rules.items()
        for one in FINDERS[type(rule)](name, rule, facts, known)  # type: ignore[operator]  # as evaluate pairs them
        if one.key not in known.keys
    )
    return sorted(found, key=lambda one: (one.ends, one.key))
