"""Reading the log by a command: recorded before anything is shown, whether or not a broker runs."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial

import apsw

from broker.audit.destroying.doing import carry_out
from broker.audit.destroying.standing import certificates
from broker.audit.event import Event
from broker.audit.events import AuditRead
from broker.audit.handover import handed_in
from broker.audit.log import AuditLog, LogUnavailable, Receipt
from broker.audit.reader import AuditReader
from broker.audit.spool import Spool
from broker.audit.stores.contract import StoreFault
from broker.cli.account import account
from broker.cli.printing import Exit, give_up
from broker.cli.starting import STARTING_FAULTS
from broker.log_place import log_place
from broker.opening_keys import open_keys
from broker.settings import Partnership


@dataclass(frozen=True, slots=True)
class Reading:
    """What somebody reads the log for. ``asked`` never names a subject: that would not be under their own key."""

    command: str
    query_id: str | None = None
    asked: Mapping[str, object] | None = None
    reason: str | None = None

    def event(self) -> AuditRead:
        asked = {
            name: str(value) for name, value in (self.asked or {}).items() if value not in (None, (), "")
        }
        return AuditRead(datetime.now(UTC), account(), self.command, self.query_id, asked, self.reason)


@contextmanager
def log_read(of: Partnership, reading: Reading) -> Iterator[tuple[AuditReader, int]]:
    """The log, open to read once the reading is an entry of it; and how many entries there were before that one.

    Ends the command when there is no log, or the reading can't be recorded.
    """
    with log_open(of) as reader:
        yield reader, recorded(of, reading.event()).index


@contextmanager
def log_open(of: Partnership) -> Iterator[AuditReader]:
    """The log, open to read. Ends the command when there is none. Whoever shows what it holds records it first."""
    audit = of.settings.audit
    try:
        reader = AuditReader.open(log_place(of), open_keys(of), audit.origin)
    except STARTING_FAULTS as fault:
        give_up(str(fault), Exit.USAGE)
    try:
        with reader:
            _carried_out(of, reader)
            yield reader
    except StoreFault as fault:
        give_up(f"The audit log cannot be read. {fault}", Exit.UNREACHABLE)


def _carried_out(of: Partnership, reader: AuditReader) -> None:
    """Nobody reads what is destroyed, also where an older copy of the keys is back. Ends the command as above."""
    copies = of.settings.audit.retention.keystore_copies
    try:
        carry_out(certificates(reader.store, reader.keys), reader.keys, datetime.now(UTC), copies)
    except STARTING_FAULTS as fault:
        give_up(str(fault), Exit.USAGE)
    except apsw.Error as fault:
        give_up(f"The keystore cannot be written: {type(fault).__name__}.", Exit.UNREACHABLE)


def recorded(of: Partnership, event: Event) -> Receipt:
    """Make an event an entry of the log, with or without a broker that runs. Ends the command when it can't."""
    try:
        return record(of, event)
    except LogUnavailable as fault:
        give_up(f"This cannot be recorded, so nothing is shown or done: {fault}", Exit.UNREACHABLE)
    except STARTING_FAULTS as fault:
        give_up(str(fault), Exit.USAGE)


def record(of: Partnership, event: Event) -> Receipt:
    """The same; raises LogUnavailable. In a thread of its own: whoever calls may run an event loop already."""
    with ThreadPoolExecutor(max_workers=1, thread_name_prefix="hands over") as thread:
        return thread.submit(asyncio.run, _handed_in(of, event)).result()


async def _handed_in(of: Partnership, event: Event) -> Receipt:
    if of.settings.audit.postgresql is not None:
        return await _written_beside(of, event)
    audit = of.settings.audit
    keys = open_keys(of)
    try:
        spool = Spool.beside(of.path(audit.log), keys, audit.origin)
        return await handed_in(event, spool, partial(_opened_log, of))
    finally:
        keys.close()


async def _written_beside(of: Partnership, event: Event) -> Receipt:
    """Write an event to a log that takes several writers."""
    audit_log = await _opened_log(of, in_passing=True)
    try:
        return await audit_log.record(event)
    finally:
        await audit_log.close()


async def _opened_log(of: Partnership, *, in_passing: bool = False) -> AuditLog:
    """The log, open to write; it closes its keys with itself. Raises LogInUse while another writes its file."""
    audit = of.settings.audit
    place, keys = log_place(of), open_keys(of)
    now = partial(datetime.now, UTC)
    try:
        return await AuditLog.open(place, keys, audit.origin, now=now, in_passing=in_passing)
    except BaseException:
        keys.close()
        raise
