"""The witnesses that ``broker.yaml`` names, and the log of a running broker."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Coroutine, Sequence
from contextlib import asynccontextmanager
from datetime import datetime, timedelta

from broker.audit.log import AuditLog
from broker.audit.witness.client import unfit
from broker.audit.witness.standing import standing
from broker.audit.witness.watching import watching
from broker.settings import Partnership
from handwritten import Fault, Faults

Watch = Callable[[], Coroutine[None, None, None]]
"""Something that looks again and again, for ever."""


@asynccontextmanager
async def witnessed(
    partnership: Partnership, audit_log: AuditLog, wrapping: bytes, now: Callable[[], datetime]
) -> AsyncIterator[Sequence[Watch]]:
    """What watches over the log's witnesses; nothing, where there are none.

    They were asked once when this opens: what an earlier broker left unwitnessed keeps nobody waiting.
    """
    settings = partnership.settings.audit
    if not settings.witnesses:
        yield ()
        return
    who = [one.cosigner for one in settings.witnesses]
    limit = timedelta(minutes=settings.unwitnessed_minutes)
    audit_log.standing = standing(who, settings.enough, limit, now())
    for one in settings.witnesses:
        if fault := unfit(one, partnership.directory):
            raise Faults([Fault(partnership.directory / "broker.yaml", 1, 1, fault)])
    async with watching(
        audit_log, settings.origin, settings.witnesses, wrapping, partnership.directory, now
    ) as cosigning:
        await cosigning.look_safely()
        yield (cosigning.watch,)
