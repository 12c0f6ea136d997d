"""The file of watching rules, ``watching.yaml``: which look-ups a human should look at, and why.

Each rule has a kind (``watches``) with its thresholds, and an explanation for whoever has to decide on what it
finds.
"""

from __future__ import annotations

import re
from datetime import date, time, timedelta
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, WithJsonSchema

from consent_rules.model import Name, Text
from consent_rules.short_forms import Span

Day = Literal["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]
Within = Annotated[timedelta, Span()]
Many = Annotated[int, Field(ge=1, le=100_000)]
Times = Annotated[float, Field(ge=1, le=1000)]

_CLOCK = re.compile(r"([01]\d|2[0-3]):[0-5]\d", re.ASCII)


def _clock(written: Any) -> Any:
    if isinstance(written, time):
        return written
    if not isinstance(written, str) or _CLOCK.fullmatch(written) is None:
        raise ValueError("write a time of day, such as 07:30")
    return time.fromisoformat(written)


Clock = Annotated[
    time, BeforeValidator(_clock), WithJsonSchema({"type": "string", "pattern": f"^{_CLOCK.pattern}$"})
]


class _Part(BaseModel):
    """Unknown keys are faults, and nothing changes after loading."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class _Rule(_Part):
    """What every rule says. ``notify`` names recipients of ``notices`` in broker.yaml.

    ``except_roles``: whose work it is, so that the rule does not look at them.
    """

    means: Text
    does_not_mean: Text
    what_to_do: Text
    notify: tuple[Name, ...] = ()
    except_roles: tuple[Name, ...] = ()


class Rate(_Rule):
    """More than ``people`` different people by one requester ``within`` a time."""

    watches: Literal["rate"]
    people: Many
    within: Within


class Spread(_Rule):
    """``at_least`` so many families (or places), and ``times_peers`` as many as the median of the same role."""

    watches: Literal["spread"]
    of: Literal["families", "places"]
    at_least: Many
    times_peers: Times
    within: Within


class OutOfHours(_Rule):
    """``at_least`` so many look-ups in one night, or day off: outside ``opens`` to ``closes`` on ``days``, in
    London.
    """

    watches: Literal["out_of_hours"]
    opens: Clock
    closes: Clock
    days: Annotated[tuple[Day, ...], Field(min_length=1)]
    closed_on: tuple[date, ...] = ()
    at_least: Many


class OwnSurname(_Rule):
    """Somebody of the requester's own surname, where that is rarer than one in so many people."""

    watches: Literal["own_surname"]
    rarer_than_one_in: Many


class OwnAddress(_Rule):
    """Somebody at the requester's own home, as ``broker audit flag add --home-of`` has it."""

    watches: Literal["own_address"]
    same: Literal["dwelling", "postcode"]


class Colleagues(_Rule):
    """An adult who is called like somebody of the staff directory, or like somebody who asked themselves."""

    watches: Literal["colleagues"]


class FlaggedPeople(_Rule):
    """Somebody who is flagged (``broker audit flag add``)."""

    watches: Literal["flagged_people"]


class Retries(_Rule):
    """One person ``times`` times ``within`` a time, typed in at least ``ways`` different ways."""

    watches: Literal["retries"]
    times: Many
    ways: Many
    within: Within


class EmergencyNotReviewed(_Rule):
    """Emergency access that nobody reviewed in the time that the purpose sets (``review_within``)."""

    watches: Literal["emergency_not_reviewed"]


class Refusals(_Rule):
    """``refusals`` of one requester ``within`` a time; of everybody who was not signed in, together."""

    watches: Literal["refusals"]
    refusals: Many
    within: Within


class CloseMatches(_Rule):
    """A source with ``in_a_week`` close matches that were not shown, and ``times_usual`` its usual week."""

    watches: Literal["close_matches"]
    in_a_week: Many
    times_usual: Times


Rule = (
    Rate
    | Spread
    | OutOfHours
    | OwnSurname
    | OwnAddress
    | Colleagues
    | FlaggedPeople
    | Retries
    | EmergencyNotReviewed
    | Refusals
    | CloseMatches
)

EXPLANATION = frozenset({"means", "does_not_mean", "what_to_do", "notify", "watches"})
"""The keys of a rule that are no threshold."""


class WatchingRules(_Part):
    """The whole of ``watching.yaml``: rules by name."""

    format: Literal["watching/1"]
    rules: dict[Name, Annotated[Rule, Field(discriminator="watches")]]


def thresholds(rule: Rule) -> dict[str, Any]:
    """What decides whether a rule finds something, by name, as the file writes it."""
    told = rule.model_dump(mode="python", exclude=set(EXPLANATION))
    return {name: written(value) for name, value in told.items() if value != ()}


def written(value: Any) -> Any:
    """A threshold as people write it: 90 minutes, 07:30, not PT1H30M."""
    if isinstance(value, timedelta):
        return span(value)
    if isinstance(value, time):
        return value.strftime("%H:%M")
    if isinstance(value, tuple):
        return [str(one) for one in value]
    return value


def span(length: timedelta) -> str:
    """A length of time in words, in the largest unit that fits."""
    minutes = int(length.total_seconds()) // 60
    for unit, size in (("day", 24 * 60), ("hour", 60)):
        if minutes % size == 0 and minutes >= size:
            return f"{minutes // size} {unit}{'s' if minutes // size != 1 else ''}"
    return f"{minutes} minute{'s' if minutes != 1 else ''}"
