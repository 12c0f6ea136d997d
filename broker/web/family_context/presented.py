"""Who is meant, before any service is asked: recorded as a search of its own.

A person who was typed is nobody's record: no source is asked. Who is linked to a case is for the case system to
say, and it alone is asked. Either way the intent is durable first, and what the case system said is recorded
before it is shown; the flags are asked for when a person is opened.
"""

from __future__ import annotations

import asyncio
import time
from dataclasses import replace

from broker import casework, recording
from broker.conflicts import deciding as conflicts
from broker.limits import limits
from broker.permitting import Plan, permitted
from broker.query import Broker
from broker.questions import Query, Requester


async def presented(query: Query, requester: Requester, broker: Broker) -> Plan:
    """The plan of a permitted search, recorded, and its case heard where it is about one.

    Raises what ``broker.errors`` lists.
    """
    began, around = time.monotonic(), broker.around
    plan = await conflicts.checked(permitted(query, requester, around), around)
    plan = replace(plan, lanes=(), not_asked=tuple(around.lanes))
    intent = await recording.intent(broker.log, plan, await limits.repeats(plan, broker.log, around))
    async with recording.closing(broker.log, plan, around.now):
        await limits.refuse_too_many(plan, intent, broker.log, around)
        if query.journey == "case":
            plan = await casework.checked(plan, broker.log, around, began + query.seconds)
    await asyncio.sleep(around.until_release(began))
    return plan
