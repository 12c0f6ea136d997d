"""Rules that count: many people, many families, many refusals, one person again and again. Pure.

Each goes once through what happened, in order, with a window for each requester (``windows``). Where it finds
something, the window begins anew: what was counted counts no more, so who goes on for a day is found again when
they have done the same once more.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from functools import partial

from broker.audit.watching.facts import Facts, LookUp, One, Refusal
from broker.audit.watching.finding import NOBODY, Finding, Known, many, named, window
from broker.audit.watching.model import Rate, Refusals, Retries, Spread, span
from broker.audit.watching.peers import usual_among_peers
from broker.audit.watching.windows import (
    Different,
    TimesRefused,
    Tries,
    borne_alone,
    families,
    people,
    places,
)


def rate(name: str, rule: Rate, facts: Facts, known: Known) -> Iterator[Finding]:
    """More than so many different people within a time."""
    windows: dict[str, Different] = defaultdict(partial(Different, rule.within, people))
    for one in _not_counted(_looked_at(facts.look_ups, rule.except_roles), name, known):
        its = windows[_subject(one)]
        its.take(one)
        if its.number > rule.people:
            said = f"looked up {many(its.number, 'person', 'people')}"
            limit = f"The limit is {rule.people} within {span(rule.within)}."
            yield _found(name, its.inside, its.number, said, limit)
            its.clear()


def spread(name: str, rule: Spread, facts: Facts, known: Known) -> Iterator[Finding]:
    """Unusually many families or places, against what others of the same role look up in the same time."""
    of = families if rule.of == "families" else places
    windows: dict[str, Different] = defaultdict(partial(Different, rule.within, of))
    looked_at = partial(_looked_at, facts.look_ups, rule.except_roles)
    usual = usual_among_peers(looked_at(), rule.within, of, rule.at_least)
    for one in _not_counted(looked_at(), name, known):
        its = windows[_subject(one)]
        its.take(one)
        if its.number >= rule.at_least and _beyond(its.number, usual[one.index], rule):
            what = many(its.number, rule.of.removesuffix("s").replace("familie", "family"), rule.of)
            yield _found(name, its.inside, its.number, f"looked up {what}", _limit(usual[one.index], rule))
            its.clear()


def _beyond(number: int, usual: float | None, rule: Spread) -> bool:
    return usual is None or number >= rule.times_peers * usual


def _limit(usual: float | None, rule: Spread) -> str:
    others = f" Half of the others look up {usual:g} or fewer." if usual is not None else ""
    return f"The limit is {rule.at_least} within {span(rule.within)}.{others}"


def retries(name: str, rule: Retries, facts: Facts, known: Known) -> Iterator[Finding]:
    """One person again and again, typed in different ways: as if to find out what fits."""
    windows: dict[str, Tries] = defaultdict(partial(Tries, rule.within))
    for one in _not_counted(_looked_at(facts.look_ups, rule.except_roles), name, known):
        its = windows[_subject(one)]
        its.take(one)
        if again := _tried(its, one, rule):
            said = f"looked up one person {len(again)} times, typed in different ways,"
            limit = f"The limit is {rule.times} times in {rule.ways} ways within {span(rule.within)}."
            yield _found(name, again, len(again), said, limit)
            its.clear()


def _tried(tries: Tries, last: LookUp, rule: Retries) -> Sequence[LookUp]:
    """The look-ups that share a tag with the last one, where they are too many; the longest such row."""
    if len(tries.inside) < rule.times:
        return []
    rows = {tag: sum(tries.ways[tag].values()) for tag in borne_alone(last)}
    enough = [tag for tag in rows if rows[tag] >= rule.times and len(tries.ways[tag]) >= rule.ways]
    if not enough:
        return []
    longest = max(enough, key=rows.__getitem__)
    return [one for one in tries.inside if longest in borne_alone(one)]


def refusals(name: str, rule: Refusals, facts: Facts, known: Known) -> Iterator[Finding]:
    """Refusals of one requester that pile up; of those who were not signed in, of all together."""
    windows: dict[str, TimesRefused] = defaultdict(partial(TimesRefused, rule.within))
    for one in _not_counted(_looked_at(facts.refusals, rule.except_roles), name, known):
        its = windows[_subject(one)]
        its.take(one)
        if its.number >= rule.refusals:
            codes = ", ".join(sorted({refused.code for refused in its.inside}))
            limit = f"Codes: {codes}. The limit is {rule.refusals} within {span(rule.within)}."
            yield _found(name, its.inside, its.number, f"was refused {many(its.number, 'time')}", limit)
            its.clear()


def _found(
    name: str, inside: Sequence[LookUp] | Sequence[Refusal], count: int, said: str, limit: str
) -> Finding:
    first, last = inside[0], inside[-1]
    return Finding(
        rule=name,
        key=f"{name}|{_subject(last)}|{last.index}",
        requester=last.requester,
        begins=first.at,
        ends=last.at,
        entries=tuple(one.index for one in inside),
        count=count,
        sentence=f"{named(last.requester)} {said} {window(first.at, last.at)}. {limit}",
    )


def _looked_at(happened: Iterable[One], except_roles: Sequence[str]) -> Iterator[One]:
    return (one for one in happened if one.requester is None or one.requester.role not in except_roles)


def _not_counted(happened: Iterable[One], name: str, known: Known) -> Iterator[One]:
    """Without what an earlier finding counted."""
    return (one for one in happened if not known.counted(name, _subject(one), one.at, one.index))


def _subject(one: LookUp | Refusal) -> str:
    return one.requester.subject if one.requester else NOBODY
