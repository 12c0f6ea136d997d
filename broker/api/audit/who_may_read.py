"""Who may read what of the log, and that each reading is an entry before a byte of it leaves.

Roles are those of the token. Whoever may read all of the log may not ask about people in it, and the other way
round, unless the purpose rules say so: these roles open the log and nothing else.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from aiohttp import web

from broker import recording
from broker.api.front import FRONT, Front, Whom
from broker.audit.events import AuditRead
from broker.catalogue import Service
from broker.errors import Complaint, NotPermitted
from broker.questions import Requester

AUDITORS = ("auditor", "data_protection_officer")
GOVERNANCE = "information_governance"
OWNERS = ("data_owner", GOVERNANCE)
TEAM_MANAGER = "team_manager"

_NOT_YOURS = Complaint(
    "role_may_not_read_log",
    "None of your roles may read this of the audit log. GET /v1/audit/mine has your own.",
)
_NO_TEAM = Complaint(
    "no_team", "Your account says of no team that it is yours. Ask whoever manages accounts."
)
_NO_SOURCE = Complaint("no_source", "There is no service of this name. GET /v1/sources lists them.")


@dataclass(frozen=True, slots=True)
class Reader:
    """Who reads the log, and in which role."""

    requester: Requester = field(repr=False)
    role: str


async def in_a_role(request: web.Request, whom: Whom, roles: Sequence[str]) -> Reader:
    """Who reads, in the first of these roles that they hold. Raises NotSignedIn, TokenEnded or NotPermitted."""
    requester = await request.app[FRONT].requester(request, whom)
    for role in roles:
        if role in requester.roles:
            return Reader(requester, role)
    raise NotPermitted(_NOT_YOURS)


async def anyone(request: web.Request, whom: Whom) -> Reader:
    """Whoever may use the broker at all, in whichever role."""
    requester = await request.app[FRONT].requester(request, whom)
    return Reader(requester, min(requester.roles))


async def of_team(request: web.Request, whom: Whom) -> tuple[Reader, str]:
    """A team's manager, and their team. Raises NotPermitted, also when the token says of no team."""
    reader = await in_a_role(request, whom, (TEAM_MANAGER,))
    if reader.requester.team is None:
        raise NotPermitted(_NO_TEAM)
    return reader, reader.requester.team


async def of_source(request: web.Request, whom: Whom, *, entries: bool) -> tuple[Reader, Service]:
    """Who may read of a source: its owner's organisation, and auditors what is counts. Raises NotPermitted.

    An owner is known by the organisation of the token, which has to be the owner's in the source's policy.
    """
    roles = (GOVERNANCE,) if entries else (*AUDITORS, *OWNERS)
    reader = await in_a_role(request, whom, roles)
    service = request.app[FRONT].broker.around.catalogue.services.get(request.match_info["source"])
    if reader.role not in AUDITORS and not (service and _owns(reader.requester, service)):
        raise NotPermitted(_NOT_YOURS)
    if service is None:
        raise NotPermitted(_NO_SOURCE)
    return reader, service


def _owns(requester: Requester, service: Service) -> bool:
    return _written(requester.organisation) == _written(service.loaded.policy.owner.organisation)


def _written(name: str) -> str:
    """An organisation's name, however it is capitalised and spaced."""
    return " ".join(name.casefold().split())


async def recorded(
    front: Front,
    reader: Reader,
    command: str,
    asked: Mapping[str, object] | None = None,
    *,
    query_id: str | None = None,
    reason: str | None = None,
) -> int:
    """Make a reading an entry; how many entries there were before it. Raises NotRecorded.

    ``asked`` never names a subject: that would not be under their own key.
    """
    said = {name: str(value) for name, value in (asked or {}).items() if value not in (None, "")}
    who = recording.as_logged(reader.requester, reader.role)
    read = AuditRead(front.broker.around.now(), who, command, query_id, said, reason)
    receipt = await recording.durable(front.broker.log, read)
    return receipt.index
