"""Handing an entry to whoever writes the log, so that a command's reading is recorded while a broker runs.

A log has one writer. A command puts its event, sealed, as a file into the *spool* beside the log; whoever writes
the log takes it in and puts the sealed receipt beside it, and the command waits for that. Where nobody writes the
log, the command does so itself, and takes in whatever waits there.

Only a holder of the log's keys can seal an event or a receipt, and only events of ``HANDED`` are taken: nobody can
hand in a query or a disclosure. An entry bears a tag of the name that it was handed in under: put there twice, or
left there by a broker that was killed, it is taken in once.
"""

from __future__ import annotations

import asyncio
import base64
import json
import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any

from pydantic import TypeAdapter, ValidationError

from broker.audit.change_events import AgreementRecorded, PolicySimulated
from broker.audit.event import Event, Part
from broker.audit.events import AuditRead
from broker.audit.key_events import DestructionProposed, KeyDestroyed, KeyHeld, KeyReleased, KeyRotated
from broker.audit.log import AuditLog, LogInUse, LogUnavailable, Receipt
from broker.audit.match_events import TriageClosed
from broker.audit.reading_events import ReportStarted, SubjectReleased, SubjectReviewed
from broker.audit.review_events import FlagChanged, ReviewDecided, ReviewFound
from broker.audit.spool import Spool, Unsealed
from broker.audit.tags import TagKeys
from broker.audit.tree import leaf_hash

log = logging.getLogger(__name__)

TAKEN_EVERY = 0.2
"""Seconds between two looks of a broker into the spool."""

WAIT = 10.0
"""Seconds that a command waits for its receipt."""

_LOOKS = 0.05
_TAG = "handed over"

HANDED: Mapping[str, TypeAdapter[Any]] = {
    made.kind: TypeAdapter(made)
    for made in (
        AgreementRecorded,
        AuditRead,
        DestructionProposed,
        FlagChanged,
        KeyDestroyed,
        KeyHeld,
        KeyReleased,
        KeyRotated,
        PolicySimulated,
        ReportStarted,
        ReviewDecided,
        ReviewFound,
        SubjectReviewed,
        SubjectReleased,
        TriageClosed,
    )
}
"""The types of entry that may be handed in, and nothing else."""


class NotHandedOver(Exception):
    """What lies in the spool is no event that may be handed in."""


@dataclass(frozen=True, slots=True)
class HandedOver:
    """An event, and the name that it was handed in under."""

    event: Event = field(repr=False)
    name: str

    @property
    def at(self) -> datetime:
        return self.event.at

    @property
    def query_id(self) -> str | None:
        return self.event.query_id

    @property
    def kind(self) -> str:
        return self.event.kind

    def clear(self) -> Mapping[str, Any]:
        return self.event.clear()

    def tags(self, keys: TagKeys) -> tuple[bytes, ...]:
        return (keys.tag(_TAG, self.name), *self.event.tags(keys))

    def parts(self) -> Mapping[str, Part]:
        return self.event.parts()


def put(event: Event, spool: Spool) -> str:
    """Put an event into the spool; the name that it goes by. Raises OSError.

    KeyError for what may not be handed in is a mistake of the caller's.
    """
    fields = HANDED[event.kind].dump_python(event, mode="json")
    return spool.put(json.dumps({"kind": event.kind, "fields": fields}).encode())


def event_in(plain: bytes) -> Event:
    """The event again. Raises NotHandedOver, which quotes nothing."""
    try:
        said = json.loads(plain)
        event: Event = HANDED[said["kind"]].validate_python(said["fields"])
        if event.at.tzinfo is None:
            raise NotHandedOver
    except (ValueError, LookupError, TypeError, ValidationError):
        raise NotHandedOver from None
    return event


async def take_in(spool: Spool, audit_log: AuditLog) -> int:
    """Record what waits in the spool, and answer it; how many there were."""
    names = spool.waiting()
    for name in names:
        try:
            event = event_in(await asyncio.to_thread(spool.taken, name))
        except FileNotFoundError:
            continue  # whoever put it there waits no longer
        except (Unsealed, NotHandedOver):
            spool.put_away(name)
            log.warning(
                "audit log: somebody handed in what is not sealed with the log's keys; it is put away"
            )
            continue
        answer = await _recorded(HandedOver(event, name), spool, audit_log)
        await asyncio.to_thread(spool.answer, name, json.dumps(answer).encode())
    return len(names)


async def _recorded(handed: HandedOver, spool: Spool, audit_log: AuditLog) -> Mapping[str, Any]:
    """The receipt, also of one that was taken in before; or why there is none."""
    try:
        if before := await audit_log.bearing(lambda tags: tags.tag(_TAG, handed.name)):
            index, raw = before
            return asdict(Receipt(spool.origin, index, base64.b64encode(leaf_hash(raw)).decode()))
        return asdict(await audit_log.record(handed))
    except LogUnavailable as fault:
        return {"refused": str(fault)}


async def keep_taking_in(spool: Spool, audit_log: AuditLog) -> None:
    """Look into the spool again and again, for ever."""
    while True:
        await asyncio.sleep(TAKEN_EVERY)
        try:
            await take_in(spool, audit_log)
        except Exception as fault:  # noqa: BLE001 -- what one look meets must not end all others
            log.warning("audit log: a look into the spool failed with %s", type(fault).__name__)


async def handed_in(event: Event, spool: Spool, open_log: Callable[[], Awaitable[AuditLog]]) -> Receipt:
    """Have an event recorded by whoever writes the log; its receipt, once it is durable. Raises LogUnavailable.

    ``open_log`` opens the log to write; it raises LogInUse while somebody else does.
    """
    try:
        name = put(event, spool)
    except OSError as fault:
        raise LogUnavailable(f"{spool.directory} cannot be written: {type(fault).__name__}.") from None
    try:
        async with asyncio.timeout(WAIT):
            while (said := spool.answered(name)) is None:
                await _written_here(spool, open_log)
                await asyncio.sleep(0 if spool.answered(name) else _LOOKS)
    except TimeoutError:
        raise LogUnavailable(
            "The broker that writes the log takes nothing in. Look at whether it runs."
        ) from None
    finally:
        spool.forget(name)
    return _receipt(json.loads(said))


async def _written_here(spool: Spool, open_log: Callable[[], Awaitable[AuditLog]]) -> None:
    """Take in what waits where nobody else writes the log."""
    try:
        audit_log = await open_log()
    except LogInUse:
        return
    try:
        await take_in(spool, audit_log)
    finally:
        await audit_log.close()


def _receipt(said: Mapping[str, Any]) -> Receipt:
    if "refused" in said:
        raise LogUnavailable(said["refused"])
    return Receipt(**said)
