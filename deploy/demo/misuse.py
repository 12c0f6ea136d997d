"""What goes wrong in a generated month, by design: some of each kind of misuse, each with who did it and how."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta

from broker.audit.event import Event
from deploy.demo.month import EMERGENCY, Month, ordinary_month, typed
from deploy.demo.people import Person
from deploy.demo.workforce import Family, Worker, Workforce, make_workforce

SOURCES = ("school", "housing", "police", "adult_social_care", "childrens_cases")


@dataclass(frozen=True, slots=True)
class Planted:
    """One act of misuse: its kind, who did it, when, and the queries that it consisted of. ``about`` is a
    source.
    """

    kind: str
    subject: str
    begins: datetime
    ends: datetime
    queries: frozenset[str] = field(default=frozenset(), repr=False)
    about: str | None = None


@dataclass(frozen=True, slots=True)
class GeneratedMonth:
    """A month of look-ups, ordinary and not. ``close_matches`` are by source and ISO week, with weeks before
    it.
    """

    workforce: Workforce
    events: Sequence[Event] = field(repr=False)
    planted: Sequence[Planted]
    close_matches: Mapping[str, Mapping[str, int]]
    ends: datetime


def generate(seed: int, first: date, *, misuse: bool = True) -> GeneratedMonth:
    """A month that begins on ``first``, always the same for the same seed."""
    chance = random.Random(f"month {seed}")  # nosec B311  # invented people, the same for the same seed
    month = Month(chance, make_workforce(chance, seed, first), first)
    ordinary_month(month)
    planted = list(_misuse(month)) if misuse else []
    weeks, spike = _close_matches(chance, first, misuse=misuse)
    events = sorted(month.events, key=lambda one: one.at)
    ends = month.at(max(month.days()), 30, 30) + timedelta(days=7)
    return GeneratedMonth(month.workforce, events, [*planted, *spike], weeks, ends)


def _misuse(month: Month) -> Iterator[Planted]:
    """Two acts of each kind, each by somebody else of those who work with caseloads."""
    able = [one for one in month.workforce.workers if one.caseload]
    culprits = iter(month.chance.sample(able, len(able)))
    for _ in range(2):
        for kind, act in _KINDS.items():
            yield act(month, next(culprits), kind)


def _browsing(month: Month, worker: Worker, kind: str) -> Planted:
    """Whole streets within an hour."""
    begins = month.at(month.chance.choice(month.workdays()), 10, 16)
    families = month.chance.sample(list(month.workforce.families), 24)
    spent = [(family, begins + timedelta(seconds=100 * number)) for number, family in enumerate(families)]
    return _done(kind, worker, [(_ask(month, worker, family, at), at) for family, at in spent])


def _curious(month: Month, worker: Worker, kind: str) -> Planted:
    """Family after family that is not theirs, for days."""
    days = month.workdays()
    start = month.chance.randrange(len(days) - 5)
    spent = [month.at(day, 9, 17) for day in days[start : start + 5] for _ in range(16)]
    families = month.chance.sample(list(month.workforce.families), len(spent))
    return _done(
        kind, worker, [(_ask(month, worker, it, at), at) for it, at in zip(families, spent, strict=True)]
    )


def _at_night(month: Month, worker: Worker, kind: str) -> Planted:
    """From home, late, about families that are not theirs."""
    day = month.chance.choice(month.workdays())
    spent = [month.at(day, 21.5, 24.5) for _ in range(month.chance.randint(3, 6))]
    strangers = [month.chance.choice(month.workforce.families) for _ in spent]
    return _done(
        kind, worker, [(_ask(month, worker, it, at), at) for it, at in zip(strangers, spent, strict=True)]
    )


def _relative(month: Month, worker: Worker, kind: str) -> Planted:
    """A sister's child, who has the worker's own surname; also in the town under that name or not."""
    at = month.at(month.chance.choice(month.workdays()), 9, 17)
    stranger = month.chance.choice(month.workforce.families)[-1]
    niece = replace(stranger, family_name=worker.who.family_name)
    return _done(kind, worker, [(month.ask(worker, [typed(niece)], at), at)])


def _at_home(month: Month, worker: Worker, kind: str) -> Planted:
    """A lodger, or the partner's child of another name, at the worker's own address."""
    at = month.at(month.chance.choice(month.workdays()), 9, 17)
    stranger = month.chance.choice(month.workforce.families)[0]
    lodger = replace(stranger, address=worker.who.address, postcode=worker.who.postcode)
    return _done(kind, worker, [(month.ask(worker, [typed(lodger)], at), at)])


def _colleague(month: Month, worker: Worker, kind: str) -> Planted:
    """Somebody from the desk next to theirs."""
    at = month.at(month.chance.choice(month.workdays()), 9, 17)
    other = month.chance.choice([one for one in month.workforce.workers if one is not worker])
    return _done(kind, worker, [(month.ask(worker, [typed(other.who, fully=False)], at), at)])


def _in_the_news(month: Month, worker: Worker, kind: str) -> Planted:
    """A family that is flagged, and is not theirs."""
    at = month.at(month.chance.choice(month.workdays()), 9, 17)
    family = month.chance.choice(month.workforce.flagged[2:])
    return _done(kind, worker, [(_ask(month, worker, family, at), at)])


def _fishing(month: Month, worker: Worker, kind: str) -> Planted:
    """One adult, with one guessed birth date after another."""
    at = month.at(month.chance.choice(month.workdays()), 9, 16)
    target: Person = month.chance.choice(month.workforce.families)[0]
    done = []
    for _ in range(month.chance.randint(7, 12)):
        guessed = replace(
            target, birth_date=target.birth_date + timedelta(days=month.chance.randint(-900, 900))
        )
        done.append((month.ask(worker, [typed(guessed, fully=False)], at), at))
        at += timedelta(seconds=month.chance.randint(60, 220))
    return _done(kind, worker, done)


def _unreviewed(month: Month, worker: Worker, kind: str) -> Planted:
    """Emergency access by day, about which nobody ever wrote down anything."""
    at = month.at(month.chance.choice(month.workdays()), 9, 17)
    family = month.chance.choice(month.workforce.families)
    query = month.ask(worker, [typed(one) for one in family[:3]], at, EMERGENCY)
    return _done(kind, worker, [(query, at)])


def _knocking(month: Month, worker: Worker, kind: str) -> Planted:
    """Purposes that are not theirs, one after another."""
    begins = month.at(month.chance.choice(month.workdays()), 9, 16)
    times = [begins + timedelta(seconds=90 * number) for number in range(month.chance.randint(14, 25))]
    for at in times:
        month.refuse(worker, "not_permitted", at)
    return Planted(kind, worker.subject, times[0], times[-1])


_KINDS: Mapping[str, Callable[[Month, Worker, str], Planted]] = {
    "rate": _browsing,
    "spread": _curious,
    "out_of_hours": _at_night,
    "own_surname": _relative,
    "own_address": _at_home,
    "colleagues": _colleague,
    "flagged_people": _in_the_news,
    "retries": _fishing,
    "emergency_not_reviewed": _unreviewed,
    "refusals": _knocking,
}


def _ask(month: Month, worker: Worker, family: Family, at: datetime) -> str:
    return month.ask(worker, [typed(one) for one in family[:5]], at)


def _done(kind: str, worker: Worker, done: Sequence[tuple[str, datetime]]) -> Planted:
    times = [at for _, at in done]
    return Planted(kind, worker.subject, min(times), max(times), frozenset(query for query, _ in done))


def _close_matches(
    chance: random.Random, first: date, *, misuse: bool
) -> tuple[Mapping[str, Mapping[str, int]], list[Planted]]:
    """Nine weeks of each source, in fives; one source's birth dates are lost in one of the last weeks."""
    mondays = [first + timedelta(weeks=number, days=-first.weekday()) for number in range(-5, 4)]
    labels = [f"{day.isocalendar().year}-W{day.isocalendar().week:02}" for day in mondays]
    usual = {source: chance.choice((10, 20, 30, 45)) for source in SOURCES}
    weeks = {
        source: {label: 5 * round(chance.uniform(0.6, 1.5) * usual[source] / 5) for label in labels}
        for source in SOURCES
    }
    if not misuse:
        return weeks, []
    source, which = chance.choice(SOURCES), chance.choice((6, 7, 8))
    weeks[source][labels[which]] = usual[source] * chance.randint(5, 9)
    begins = datetime.fromisoformat(f"{mondays[which]}T00:00+00:00")
    return weeks, [Planted("close_matches", "", begins, begins + timedelta(days=7), about=source)]
