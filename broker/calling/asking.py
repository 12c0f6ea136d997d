"""Asking a service to ring back: permitted, bounded, recorded, and then on its way. Records play no part."""

from __future__ import annotations

import asyncio
import hmac
import secrets
from collections.abc import Mapping
from dataclasses import astuple, dataclass, field
from datetime import datetime, timedelta

from broker import recording
from broker.audit.call_events import CallRequested
from broker.calling.queue import CallQueue
from broker.calling.taking_up import TakingUp
from broker.errors import Complaint, NotPermitted, Overloaded
from broker.permitting import Plan, permitted
from broker.query import Broker
from broker.questions import Query, Requester

MOST, WITHIN = 10, timedelta(hours=1)
"""So many requests one requester makes in so much time: a service's desk is not to be kept busy by one."""

_TOO_MANY = Complaint(
    "too_many_call_backs", f"You have asked to be rung {MOST} times in an hour. Ring the services' desks."
)
_NOT_HERE = Complaint(
    "no_call_backs", "This service takes no requests to ring back for this purpose. Ring its desk."
)


@dataclass(frozen=True, slots=True)
class WayBack:
    """How the requester is reached, as typed. ``note`` is for the service alone."""

    phone: str = field(repr=False)
    times: str | None = field(default=None, repr=False)
    note: str | None = field(default=None, repr=False)


@dataclass(slots=True)
class CallBacks:
    """Where requests arrive. ``_lately`` holds, by requester, digests of what they asked and when.

    They are under a key of this process: of a bare digest, numbers could be tried out.
    """

    broker: Broker
    queue: CallQueue
    taking_up: TakingUp
    _lately: dict[str, Mapping[bytes, datetime]] = field(default_factory=dict, repr=False)
    _key: bytes = field(default_factory=lambda: secrets.token_bytes(32), repr=False)
    _one_at_a_time: asyncio.Lock = field(default_factory=asyncio.Lock, repr=False)

    async def receive(self, sealed: Query, back: WayBack, requester: Requester) -> None:
        """Record a request and have it delivered; said again within the hour it is one request.

        ``sealed`` is about one person and one source. Raises NotPermitted, ReferenceLapsed, NotRecorded,
        NotWitnessed and Overloaded: then nobody is told.
        """
        plan = permitted(sealed, requester, self.broker.around)
        source = sealed.only_source or ""
        if source not in plan.consultations or not self.queue.desks.ways_to(source):
            raise NotPermitted(_NOT_HERE)
        async with self._one_at_a_time:  # of two that say the same at once, one is the second
            lately = self._of_late(requester.subject, plan.asked_at)
            said = _digest(self._key, plan, back)
            if said in lately:
                return
            if len(lately) >= MOST:
                raise NotPermitted(_TOO_MANY)
            if self.queue.full:
                raise Overloaded
            asked = _request_of(plan, source, back)
            await recording.call_back(self.broker.log, asked)
            self._lately[requester.subject] = {**lately, said: plan.asked_at}
            self.queue.add([asked])

    def _of_late(self, subject: str, now: datetime) -> Mapping[bytes, datetime]:
        """What this requester asked within the hour; whoever asked nothing in it is forgotten."""
        for one, asked in list(self._lately.items()):
            kept = {said: at for said, at in asked.items() if now - at < WITHIN}
            if kept:
                self._lately[one] = kept
            else:
                del self._lately[one]
        return self._lately.get(subject, {})


def _request_of(plan: Plan, source: str, back: WayBack) -> CallRequested:
    (person,) = recording.people_asked(plan)
    return CallRequested(
        query_id=plan.query_id,
        at=plan.asked_at,
        requester=recording.as_logged(plan.requester, plan.grant.role),
        source=source,
        opened_from=plan.query.opened_from,
        purpose=plan.grant.purpose,
        person=person,
        phone=back.phone,
        times=back.times,
        note=back.note,
    )


def _digest(key: bytes, plan: Plan, back: WayBack) -> bytes:
    """What tells two requests apart, without keeping what they say."""
    (person,) = plan.query.people
    said = repr((plan.query.only_source, astuple(person.identifiers), back.phone, back.times, back.note))
    return hmac.digest(key, said.encode("utf-8", "surrogatepass"), "sha256")
