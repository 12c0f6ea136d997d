"""THE flow: from a question to an answer.

    permit -> record the intent -> count what was asked before -> check the case (and, by its number, learn who is
    linked to it) -> ask every source, side by side:
        (search -> withhold -> match -> reduce, on the owner's side) -> record the disclosure -> answer

An answer leaves whole, or part by part as the sources answer (``leaving``): with the same content and entries.

Nothing is asked before the intent is durable in the audit log, and nothing that a source said is answered
before its disclosure is. When the log cannot be written, ``record`` raises and nothing leaves.
"""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass
from functools import partial

from broker import casework, presenting, recording
from broker.answers import Answer, SourcePart
from broker.audit.log import AuditLog
from broker.conflicts import deciding as conflicts
from broker.fanout import Lane, hear, side_by_side
from broker.leaving import TOGETHER, Leaving
from broker.limits import limits
from broker.permitting import permitted
from broker.questions import Query, Requester
from broker.surroundings import Surroundings


@dataclass(slots=True)
class Broker:
    """What the flow needs: the audit log, and what surrounds every query (catalogue, clock, keys).

    ``around`` is another whenever a policy has changed: whoever uses it takes it once, so that one version holds.
    """

    log: AuditLog
    around: Surroundings


async def answer(query: Query, requester: Requester, broker: Broker, leaving: Leaving = TOGETHER) -> Answer:
    """Answer one query. Raises what ``broker.errors`` lists; a failed source is an outcome."""
    began = time.monotonic()
    deadline, around = began + query.seconds, broker.around
    left = partial(around.until_release, began)

    plan = await conflicts.checked(permitted(query, requester, around), around)
    repeats = await limits.repeats(plan, broker.log, around)
    intent = await recording.intent(broker.log, plan, repeats)

    async with recording.closing(broker.log, plan, around.now):
        await limits.refuse_too_many(plan, intent, broker.log, around)
        plan = await casework.checked(plan, broker.log, around, deadline)
        leaving.opening(presenting.whole(plan, (), intent, around), left)

        async def consulted(lane: Lane) -> SourcePart:
            heard = await hear(lane, plan.consultations[lane.source], deadline)
            part = presenting.part(heard, plan, around)
            receipt = await recording.disclosure(broker.log, plan, heard, part, around.now())
            part = presenting.with_receipt(part, receipt)
            await leaving.part(part, left)
            return part

        parts = await side_by_side(plan.lanes, consulted)

    await asyncio.sleep(left())
    return presenting.whole(plan, parts, intent, around)
