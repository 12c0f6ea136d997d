"""In which role somebody reads the log, and that each reading is an entry before a byte of it leaves.

Who may read what stands in the one table (``broker.api.authorisation``). Whoever may read all of the log may not
ask about people in it, and the other way round, unless the purpose rules say so.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from aiohttp import web

from broker import recording
from broker.api.authorisation import role_in
from broker.api.front import FRONT, Front, Whom
from broker.audit.events import AuditRead
from broker.catalogue import Service
from broker.errors import Complaint, NotPermitted
from broker.questions import Requester

_OWN = Complaint("own_review", "This is about what you did yourself. Somebody else has to decide on it.")


@dataclass(frozen=True, slots=True)
class Reader:
    """Who reads the log, and in which role."""

    requester: Requester = field(repr=False)
    role: str


def reader_of(request: web.Request, whom: Whom) -> Reader:
    """Who reads, in the first of the table's roles that they hold. Raises TokenEnded or NotPermitted."""
    requester = request.app[FRONT].requester(request, whom)
    return Reader(requester, role_in(request, requester))


def account_of(reader: Reader) -> str:
    """As the log names who made a report or a decision: a command line has the machine's account there."""
    return f"{reader.requester.name} ({reader.requester.subject})"


def refuse_own(reader: Reader, subject: str | None) -> None:
    """Raises NotPermitted where somebody would decide on what they did themselves."""
    if subject == reader.requester.subject:
        raise NotPermitted(_OWN)


def of_team(request: web.Request, whom: Whom) -> tuple[Reader, str]:
    """A team's manager, and their team."""
    reader = reader_of(request, whom)
    return reader, reader.requester.team or ""


def of_source(request: web.Request, whom: Whom) -> tuple[Reader, Service]:
    """Who may read of a source, and the source."""
    services = request.app[FRONT].broker.around.catalogue.services
    return reader_of(request, whom), services[request.match_info["source"]]


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
