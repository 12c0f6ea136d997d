"""A record of one service of Northshire, with the person whom it is truly about."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from deploy.demo.clerks import Written

SERVICES = ("school", "adult_social_care", "housing", "housing_asb", "police", "childrens_cases")

Row = tuple[Any, ...]
Tables = Mapping[str, Sequence[Row]]
"""Table name (with its schema) to rows, in the order in which they have to be filled."""


@dataclass(frozen=True, slots=True)
class Listed:
    """How a worker of the council stands in its staff directory; it knows sooner who has left."""

    email: str
    mobile: str
    has_left: bool = False


@dataclass(frozen=True, slots=True)
class Worker:
    """Whom to ring. ``name`` is None where there is only a desk, or the practitioner has left. ``login`` is who
    they are to the case system, where they hold cases; ``listed``, how the council's staff directory has them.
    """

    name: str | None
    role: str
    team: str
    phone: str
    email: str | None
    login: str | None = None
    listed: Listed | None = None


@dataclass(frozen=True, slots=True)
class Record:
    """One record: one person's part in one enrolment, episode, tenancy or occurrence.

    ``local_key`` is its own. ``person_key`` is the service's for the person: a service that has somebody twice
    has two. ``case_key`` is the matter's, in which several people may have a part (joint tenants; all who are
    party to an occurrence or a nuisance; a family's case). ``kind`` and ``party`` are what gates test: a plan's
    state or a matter's category, and a person's role in it, or link to the child; empty where the service has
    none.
    """

    service: str
    local_key: str
    person_key: str
    case_key: str
    person_id: str
    written: Written
    status: str
    started: date
    ended: date | None
    last_contact: date
    worker: Worker
    kind: str = ""
    party: str = ""
    restricted: bool = False
    designed: str = field(default="")
    """Why it is in the story; empty for everyone else's."""
