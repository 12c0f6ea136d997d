"""What a practitioner says of a match: right person, or wrong person. It is recorded, then kept as levels.

The reply never depends on a record. It comes when the entry is durable; the source is consulted after it, one
feedback at a time, so that feedback slows no query down.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from broker import casework, recording
from broker.audit.event import Facts
from broker.audit.match_events import FEEDBACK, OPENED
from broker.consultation import Consultation
from broker.permitting import Plan, permitted
from broker.query import Broker
from broker.questions import Query, Requester

log = logging.getLogger(__name__)

Verdict = Literal["right_person", "wrong_person", "wrong_contact"]
"""Of the last, the match is not in question: it is recorded for the service's owner, and teaches nothing."""
Teach = Callable[[Consultation, bool], Awaitable[None]]
"""Consults one source again and keeps the levels of the match, with whether it was right."""

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
    _one_at_a_time: asyncio.Lock = field(default_factory=asyncio.Lock, repr=False)
    unkept: int = 0
    """How many were received, and neither kept nor failed yet."""

    async def receive(self, sealed: Query, verdict: Verdict, requester: Requester) -> None:
        """Record it. Raises NotPermitted or NotRecorded: then it may be sent again.

        Said again of the same answer it is recorded already. Said of another answer, or otherwise than before, it
        is recorded, and may open an item; but one requester teaches once of one person and source.
        """
        plan = permitted(sealed, requester, self.broker.around)
        async with self._one_at_a_time:  # of two that say the same at once, one is the second
            before = await recording.said_before(self.broker.log, plan)
            if _is_recorded(plan.query.opened_from, verdict, before):
                return
            await recording.feedback(self.broker.log, plan, verdict)
        if verdict != "wrong_contact" and not any(map(_of_the_match, before)):
            self._to_keep(plan, verdict)

    def _to_keep(self, plan: Plan, verdict: Verdict) -> None:
        try:
            self._waiting.put_nowait((plan, verdict == "right_person"))
            self.unkept += 1
        except asyncio.QueueFull:
            log.warning("feedback: %d wait already; one more is recorded, and teaches nothing", WAITING)

    async def work(self) -> None:
        """Keep what arrives, one after the other, for ever. What fails teaches nothing."""
        while True:
            plan, same = await self._waiting.get()
            try:
                await self._keep(plan, same)
            except Exception as fault:  # noqa: BLE001 -- one that fails must not keep the others from being kept
                log.warning("feedback %s: not kept after %s", plan.query_id, type(fault).__name__)
            self.unkept -= 1
            self._waiting.task_done()

    async def settled(self) -> None:
        """Wait until everything that arrived is kept, or has failed."""
        await self._waiting.join()

    async def _keep(self, plan: Plan, same: bool) -> None:
        deadline = time.monotonic() + plan.query.seconds
        plan = await casework.checked(plan, self.broker.log, self.broker.around, deadline, shown=False)
        for lane in plan.lanes:
            async with asyncio.timeout(plan.query.seconds):
                await self.teach[lane.source](plan.consultations[lane.source], same)


def _of_the_match(facts: Facts) -> bool:
    """Whether this requester said of the match itself, so that they have taught already."""
    return bool(facts.get("feedback") != {"verdict": "wrong_contact"})


def _is_recorded(answer: str | None, verdict: Verdict, before: Sequence[Facts]) -> bool:
    """Whether the log has all that it holds of such a verdict on this answer: of a wrong person, the item too."""
    of_it = [one for one in before if one["opened_from"] == answer]
    if verdict == "wrong_person":
        return any(one["type"] == OPENED for one in of_it)
    return any(one["type"] == FEEDBACK and one["feedback"] == {"verdict": verdict} for one in of_it)
