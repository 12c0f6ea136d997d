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
    """One entry about one person. ``agreed_on`` is when they talked of it, ``until`` the last day of it.

    ``services`` are the sources that it is about, by name; none: every one.
    """

    purpose: str
    state: State
    standing: Standing
    evidence: str = field(repr=False)
    agreed_on: date
    until: date
    recorded_at: datetime
    services: tuple[str, ...] = ()

    def about(self, service: str | None) -> bool:
        """Whether it is about this service; None: about every one."""
        return not self.services or service in self.services


@dataclass(frozen=True, slots=True)
class Decided:
    """What counts today; ``not_recorded`` where nothing does, None where nobody knows."""

    state: Literal["given", "refused", "withdrawn", "not_recorded"] | None
    evidence: str | None = field(default=None, repr=False)


NOT_RECORDED, NOBODY_KNOWS = Decided("not_recorded"), Decided(None)


@dataclass(frozen=True, slots=True)
class Known:
    """All that is known of one person's agreements: what was ``recorded`` (None: the register can't be read), and
    what was ``typed`` into the question. ``typed_opens``: what was typed may open something, not only close.
    """

    recorded: tuple[Recorded, ...] | None
    typed: Decided
    typed_opens: bool

    def services_named(self) -> frozenset[str]:
        """The services of which something was said in particular."""
        return frozenset(name for one in self.recorded or () for name in one.services)

    def counting(self, purpose: str, age: int | None, today: date, service: str | None) -> Decided:
        """What counts for a purpose at one service; None: where nothing was said of it in particular.

        What was recorded goes before what was typed, also where it was recorded of another service alone: whoever
        agreed to one has not agreed to the others. While the register can't be read nobody knows: what is typed
        may have been withdrawn.
        """
        if self.recorded is None:
            return NOBODY_KNOWS
        if any(one.purpose == purpose for one in self.recorded):
            return decided(self.recorded, purpose, age, today, service)
        if self.typed.state == "given" and not self.typed_opens:
            return NOT_RECORDED
        return self.typed


def decided(
    entries: Iterable[Recorded], purpose: str, age: int | None, today: date, service: str | None = None
) -> Decided:
    """What the entries about one person come to for a purpose at a service. The one that was recorded last counts;
    of several that were at one moment, the last in their order.

    ``age`` is the person's, None where it is not known: then no agreement holds, and a refusal does. An agreement
    that has ended, or whose standing no longer fits the age, is none. What was refused or withdrawn stays so.
    """
    speaking = (one for one in entries if one.purpose == purpose and one.about(service))
    of_purpose = [one for one in speaking if one.agreed_on <= today]
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
