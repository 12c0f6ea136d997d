"""The family's agreement to be helped, decided from what was recorded of one person.

Only what was recorded of a person counts for that person: one adult's agreement never opens another's record.
Whoever agreed has to have had the standing to: somebody with parental responsibility for a child, a child who is
Gillick competent for themself, an adult for themself. An agreement of a parent ends when the child turns eighteen.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Literal, get_args

State = Literal["given", "refused", "withdrawn"]
Standing = Literal["parental_responsibility", "gillick_competent_child", "the_adult"]
STANDINGS: tuple[Standing, ...] = get_args(Standing)
_ADULT = 18


@dataclass(frozen=True, slots=True)
class Recorded:
    """One entry about one person. ``agreed_on`` is when they talked of it, ``until`` the last day of it."""

    purpose: str
    state: State
    standing: Standing
    evidence: str = field(repr=False)
    agreed_on: date
    until: date
    recorded_at: datetime


@dataclass(frozen=True, slots=True)
class Decided:
    """What counts today; ``not_recorded`` where nothing does."""

    state: Literal["given", "refused", "withdrawn", "not_recorded"]
    evidence: str | None = field(default=None, repr=False)


NOT_RECORDED = Decided("not_recorded")


def decided(entries: Iterable[Recorded], purpose: str, age: int | None, today: date) -> Decided:
    """What the entries about one person come to for a purpose. The one that was recorded last counts; of several
    that were at one moment, the last in their order.

    ``age`` is the person's, None where it is not known: then no agreement holds, and a refusal does. An agreement
    that has ended, or whose standing no longer fits the age, is none. What was refused or withdrawn stays so.
    """
    of_purpose = [one for one in entries if one.purpose == purpose and one.agreed_on <= today]
    if not of_purpose:
        return NOT_RECORDED
    _, _, last = max((one.recorded_at, place, one) for place, one in enumerate(of_purpose))
    if last.state != "given":
        return Decided(last.state, last.evidence)
    if today > last.until or not fits(last.standing, age):
        return NOT_RECORDED
    return Decided("given", last.evidence)


def fits(standing: Standing, age: int | None) -> bool:
    """Whether somebody of this standing can agree for a person of this age."""
    return age is not None and (age >= _ADULT) == (standing == "the_adult")
