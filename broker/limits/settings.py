"""``limits`` of ``broker.yaml``: how much one requester may ask."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, field_validator

from consent_rules.model import PurposeRules
from consent_rules.short_forms import OrWord, Span
from handwritten import Fault

PEOPLE_OF_ONE_QUERY = 12
"""So many people one query may be about: fewer in a limit, and some queries could never be asked."""


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Most(_Part):
    """At most so many ``within`` a time that slides."""

    most: Annotated[int, Field(ge=1, le=100_000)]
    within: Annotated[timedelta, Span()]

    @field_validator("within")
    @classmethod
    def _soon_over(cls, within: timedelta) -> timedelta:
        if within > timedelta(days=31):
            raise ValueError("write at most 31 days: for so long somebody might have to wait")
        return within


def _most(most: int, within: str) -> Most:
    return Most.model_validate({"most": most, "within": within})


AMost = Annotated[
    Most | None, OrWord({"none": None}, "write none, or {most: 60, within: 1 hour} with your own figures")
]


class RoleLimits(_Part):
    """What holds for a role: what is left out is as for everybody.

    ``queries``: questions of one requester. ``people``: different people whom one requester asks about.
    ``same_person``: questions of one requester about one person, however they are spelt. ``same_person_by_all``:
    questions of everybody about one person; who asks about them for the first time is let through all the same.
    """

    queries: AMost = None
    people: AMost = None
    same_person: AMost = None
    same_person_by_all: AMost = None

    @field_validator("people")
    @classmethod
    def _room_for_one_query(cls, people: Most | None) -> Most | None:
        if people and people.most < PEOPLE_OF_ONE_QUERY:
            raise ValueError(f"write at least {PEOPLE_OF_ONE_QUERY}: one query may be about so many")
        return people


NO_LIMITS = RoleLimits()


class LimitSettings(RoleLimits):
    """What holds for everybody, and ``roles`` for which something else does.

    The figures are beyond what casework needs: an hour's work of a duty desk, the families that a worker sees in a
    week. Emergency access is under no limit.
    """

    queries: AMost = _most(60, "1 hour")
    people: AMost = _most(150, "1 day")
    same_person: AMost = _most(12, "1 day")
    same_person_by_all: AMost = _most(40, "1 day")
    roles: dict[str, RoleLimits] = {}

    def of(self, role: str) -> RoleLimits:
        """What holds for who acts in a role."""
        own = self.roles.get(role)
        return (
            self
            if own is None
            else self.model_copy(update={n: getattr(own, n) for n in own.model_fields_set})
        )


_NONE: Mapping[str, str] = dict.fromkeys(RoleLimits.model_fields, "none")

Limited = Annotated[
    LimitSettings,
    OrWord(
        {"none": _NONE},
        "write none, or what is limited, like {queries: {most: 60, within: 1 hour}}",
    ),
]
"""``limits: none`` is for a trial, or for brokers behind something else that counts."""


def against_roles(settings: LimitSettings, rules: PurposeRules, file: Path) -> Iterator[Fault]:
    """Roles with limits of their own that nobody holds. ``file`` is ``broker.yaml``."""
    for name in settings.roles:
        if name not in rules.roles:
            yield Fault(
                file, 1, 1, f"limits.roles names {name}: purposes.yaml has no such role. Name one of its own."
            )
