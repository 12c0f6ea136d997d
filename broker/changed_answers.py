"""What has changed from one answer about a person to another, and how often."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Literal, get_args

from broker.answers import Outcome
from broker.asking_again import WhyNot
from broker.both_versions import Both
from broker.consultation import PersonFinding
from policy.facts import Involvement, LeadPractitioner

Change = Literal["found", "lost", "more", "less", "otherwise"]
"""``found``: known to the service, and was not; ``lost``: the other way round. Known by both: shown with ``more``,
with ``less``, or ``otherwise``: more of one thing and less of another, or in other words. That is also another
answer about somebody whom neither shows, such as a hint to add a birth date.
"""

NotAsked = WhyNot | Literal["source_failed"]
WHY_NOT: tuple[NotAsked, ...] = (*get_args(WhyNot), "source_failed")

CHANGES: tuple[Change, ...] = get_args(Change)
_CONTACT = ("desk", "team", "named")


def change(before: PersonFinding, after: PersonFinding) -> Change | None:
    """What is another; None when whoever asked would see the same."""
    was, will_be = (_involvements(one) for one in (before, after))
    if before.outcome is Outcome.INVOLVED and after.outcome is Outcome.INVOLVED:
        return None if was == will_be else _shown_otherwise(was, will_be)
    if before.outcome is after.outcome:
        return None
    if Outcome.INVOLVED in (before.outcome, after.outcome):
        return "found" if after.outcome is Outcome.INVOLVED else "lost"
    return "otherwise"


def _involvements(one: PersonFinding) -> frozenset[Involvement]:
    return frozenset(finding.involvement for finding in one.findings)


def _shown_otherwise(was: frozenset[Involvement], will_be: frozenset[Involvement]) -> Change:
    nothing_lost, nothing_new = _all_told_in(was, will_be), _all_told_in(will_be, was)
    gained = (nothing_lost - nothing_new) or (len(will_be) - len(was) if nothing_lost else 0)
    return "otherwise" if gained == 0 else "more" if gained > 0 else "less"


def _all_told_in(these: Iterable[Involvement], those: Iterable[Involvement]) -> bool:
    """Whether each of these is told by one of those, or more of it."""
    return all(any(_tells(other, one) for other in those) for one in these)


def _tells(other: Involvement, one: Involvement) -> bool:
    """Whether all that is shown of ``one`` is shown of the other, too. A cut date begins the whole one."""
    dates = ("started", "ended", "last_contact")
    return (
        (one.status is None or (one.status, one.status_means) == (other.status, other.status_means))
        and all((getattr(other, name) or "").startswith(getattr(one, name) or "") for name in dates)
        and _tells_of_contact(other.lead_practitioner, one.lead_practitioner)
    )


def _tells_of_contact(other: LeadPractitioner | None, one: LeadPractitioner | None) -> bool:
    if one is None or one == other:
        return True
    return other is not None and _CONTACT.index(other.shown) > _CONTACT.index(one.shown)


@dataclass(slots=True)
class Tally:
    """Of ``questions`` of the past, so many were put again (``asked``); ``changed`` of these have another answer.

    ``people`` counts changed answers about one person, by what has changed; ``not_asked`` questions that were not
    put again, by why.
    """

    questions: int
    asked: int = 0
    changed: int = 0
    people: Counter[Change] = field(default_factory=Counter)
    not_asked: Counter[NotAsked] = field(default_factory=Counter)

    @property
    def left(self) -> int:
        """How many questions have not had their turn."""
        return self.questions - self.asked - self.not_asked.total()

    def add(self, answers: Iterable[Both]) -> None:
        """Count a question, by the answers about its people."""
        changes = [found for one in answers if (found := change(*one))]
        self.asked += 1
        self.changed += bool(changes)
        self.people.update(changes)
