"""What a practitioner says of a match: right person, or wrong person. It is recorded, then kept as levels.

The reply never depends on a record. It comes when the entry is durable; the source is consulted after it, one
feedback at a time, so that feedback slows no query down.
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal

from pydantic import TypeAdapter

from broker import casework, recording
from broker.consultation import Consultation
from broker.permitting import Plan, permitted
from broker.query import Broker
from broker.questions import Query, Requester

log = logging.getLogger(__name__)

Verdict = Literal["right_person", "wrong_person"]
Teach = Callable[[Consultation, bool], Awaitable[None]]
"""Consults one source again and keeps the levels of the match, with whether it was right."""

_QUERY = TypeAdapter(Query)
_REFERENCES_LIVE = 3600.0  # seconds, at most

WAITING = 200
"""So much feedback may wait to be kept; what comes beyond is recorded, and teaches nothing."""


@dataclass(slots=True)
class Feedback:
    """Where feedback arrives. ``teach``: by source."""

    broker: Broker
    teach: Mapping[str, Teach]
    _waiting: asyncio.Queue[tuple[Plan, bool]] = field(
        default_factory=lambda: asyncio.Queue(WAITING), repr=False
    )
    _said: dict[bytes, float] = field(default_factory=dict, repr=False)

    async def receive(self, sealed: Query, verdict: Verdict, requester: Requester) -> None:
        """Record it, once for each match however often it is said. Raises NotPermitted or NotRecorded."""
        plan = permitted(sealed, requester, self.broker.around)
        if self._was_said(sealed, requester):
            return
        await recording.feedback(self.broker.log, plan, verdict)
        try:
            self._waiting.put_nowait((plan, verdict == "right_person"))
        except asyncio.QueueFull:
            log.warning("feedback: %d wait already; one more is recorded, and teaches nothing", WAITING)

    def _was_said(self, sealed: Query, requester: Requester) -> bool:
        """By what the reference is of. It lives for an hour at most, and so does this."""
        now = time.monotonic()
        self._said = {key: until for key, until in self._said.items() if until > now}
        key = hashlib.sha256(requester.subject.encode() + b"\0" + _QUERY.dump_json(sealed)).digest()
        if key in self._said:
            return True
        self._said[key] = now + _REFERENCES_LIVE
        return False

    async def work(self) -> None:
        """Keep what arrives, one after the other, for ever. What fails teaches nothing."""
        while True:
            plan, same = await self._waiting.get()
            try:
                await self._keep(plan, same)
            except Exception as fault:  # noqa: BLE001 -- one that fails must not keep the others from being kept
                log.warning("feedback %s: not kept after %s", plan.query_id, type(fault).__name__)
            finally:
                self._waiting.task_done()

    async def settled(self) -> None:
        """Wait until everything that arrived is kept, or has failed."""
        await self._waiting.join()

    async def _keep(self, plan: Plan, same: bool) -> None:
        deadline = time.monotonic() + plan.query.seconds
        plan = await casework.checked(plan, self.broker.log, self.broker.around, deadline)
        for lane in plan.lanes:
            async with asyncio.timeout(plan.query.seconds):
                await self.teach[lane.source](plan.consultations[lane.source], same)
