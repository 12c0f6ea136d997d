"""The rooms of the pages beside the checks: each is linked for those alone whom the table of who may call what
lets in, so that a link and a door never disagree.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from aiohttp import web

from broker.api.authorisation import TABLE
from broker.questions import Requester


@dataclass(frozen=True, slots=True)
class Room:
    """``name``: of its texts, ``room.NAME`` and ``means.NAME``. ``route``: of its first page."""

    name: str
    route: str


ROOMS = (
    Room("owners", "page_owners"),
    Room("audit", "page_audit"),
    Room("team", "page_team"),
)
"""In the order of the menu."""


def rooms_of(request: web.Request, requester: Requester) -> Sequence[Mapping[str, str]]:
    """The rooms that are open to somebody: name and address."""
    return [
        {"name": one.name, "address": str(request.app.router[one.route].url_for())}
        for one in ROOMS
        if _open(one, requester)
    ]


def _open(one: Room, requester: Requester) -> bool:
    rule = TABLE[one.route]
    return bool(requester.roles & set(rule.roles)) and not (rule.of_team and requester.team is None)
