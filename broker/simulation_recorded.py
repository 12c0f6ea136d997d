"""That a simulation is about to begin, in the audit log: by this process, or by the broker that writes the log."""

from __future__ import annotations

import asyncio

from broker.audit.change_events import PolicySimulated
from broker.audit.keys import load_keys
from broker.audit.log import AuditLog, LogInUse, LogUnavailable
from broker.audit.reader import AuditReader
from broker.registers.announced import announce
from broker.registers.store import Store
from broker.settings import Partnership

PATIENCE = 10.0
"""Seconds that a running broker may take to write it down. It looks each second."""

_LOOK_EVERY = 0.1


async def recorded(event: PolicySimulated, of: Partnership, store: Store, patience: float = PATIENCE) -> None:
    """Return when the entry is durable. Raises LogUnavailable, and RegisterUnavailable."""
    try:
        await _written(event, of)
    except LogInUse:
        announce(store, event)
        await _seen_in_the_log(event, of, patience)


async def _written(event: PolicySimulated, of: Partnership) -> None:
    audit = of.settings.audit
    keys = load_keys(of.path(audit.keys))
    try:
        log = await AuditLog.open(of.path(audit.log), keys, audit.origin, now=lambda: event.at)
    except BaseException:
        keys.close()
        raise
    try:
        await log.record(event)
    finally:
        await log.close()


async def _seen_in_the_log(event: PolicySimulated, of: Partnership, patience: float) -> None:
    audit = of.settings.audit
    try:
        async with asyncio.timeout(patience):
            with AuditReader.open(of.path(audit.log), load_keys(of.path(audit.keys)), audit.origin) as reader:
                while not reader.trace(event.query_id).entries:  # noqa: ASYNC110 -- another process writes it
                    await asyncio.sleep(_LOOK_EVERY)
    except TimeoutError:
        raise LogUnavailable(
            "Another broker writes it, and did not record this within"
            f" {patience:g} seconds. Start that broker again, or stop it meanwhile."
        ) from None
