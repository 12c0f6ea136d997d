"""What ``broker policy simulate --live`` counted, in words and as JSON.

Whether somebody is known to a service is for a query with a purpose to find out. Of one question, and with a draft
made for it, a count of one or of none would tell it: so small counts are not told, and parts are rounded, as in a
profile of a source.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from broker.changed_answers import CHANGES, WHY_NOT, NotAsked
from broker.cli.policy_simulate_live import Counted
from broker.profile.figures import FEW, SMALL, Figure, State, lone

_WHY: Mapping[NotAsked, str] = {
    "forgotten": "the key of somebody whom they are about was destroyed",
    "not_permitted": "the purpose rules of today do not permit them",
    "source_failed": "the source failed",
}


def live_in_words(counted: Counted, days: int) -> Iterator[str]:
    """Line by line."""
    tally, people = counted.tally, {name: one.text() for name, one in _people(counted).items()}
    yield (
        f"{_changed(counted).text()} of the {tally.asked:,} disclosures of {counted.service} in the last {days}"
        " days would change, by its records of today. People, counted anew in every disclosure:"
    )
    yield f"  {people['found']} would be found who are not, {people['lost']} no longer"
    yield f"  {people['more']} would be shown with more, {people['less']} with less"
    yield f"  {people['otherwise']} would be answered otherwise"
    for why in WHY_NOT:
        if many := tally.not_asked[why]:
            yield f"{many:,} questions were not put again: {_WHY[why]}."


def live_as_json(counted: Counted, days: int) -> dict[str, object]:
    """As words have it. A count that is not told is null, and said in its text."""
    tally = counted.tally
    return {
        "days": days,
        "questions": tally.questions,
        "asked": tally.asked,
        "changed": _plain(_changed(counted)),
        "people": {name: _plain(one) for name, one in _people(counted).items()},
        "not_asked": {why: tally.not_asked[why] for why in WHY_NOT},
        "left": tally.left,
        "ended_early": counted.why,
    }


def _changed(counted: Counted) -> Figure:
    changed = counted.tally.changed
    return FEW if changed < SMALL else Figure(State.COUNT, changed)


def _people(counted: Counted) -> dict[str, Figure]:
    return {name: lone(counted.tally.people[name]) for name in CHANGES}


def _plain(figure: Figure) -> dict[str, object]:
    return {"count": figure.count, "text": figure.text()}
