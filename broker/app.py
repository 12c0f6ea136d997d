"""The composition root: everything is built and wired here, and its life ends here.

``running`` gives a broker that is open: its files cross-checked, its audit log verified, its sources connected
as far as they can be. A source that is down does not keep the broker from starting.
"""

from __future__ import annotations

import asyncio
import logging
import sys
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from datetime import datetime
from functools import partial

from opentelemetry.sdk.trace import SpanProcessor

from broker import VERSION, telemetry
from broker.activation import ending, keep
from broker.api.admission import admission_of
from broker.api.front import Front, desks_of
from broker.api.log_readings import LogReadings
from broker.api.pace import keep_looking
from broker.api.problems import broken_off
from broker.api.streams import streaming
from broker.audit import events
from broker.audit.change_events import PolicyActivated
from broker.audit.destroying.doing import carry_out
from broker.audit.destroying.standing import certificates
from broker.audit.handover import keep_taking_in
from broker.audit.keys import Keys
from broker.audit.log import AuditLog
from broker.audit.spool import Spool
from broker.calling.asking import CallBacks
from broker.calling.desks import desks_of as call_desks_of
from broker.calling.links import links_of
from broker.calling.queue import CallQueue
from broker.calling.taking_up import TakingUp
from broker.calling.unfinished import unfinished
from broker.catalogue import Catalogue, load_catalogue
from broker.chance import Chance
from broker.feedback import Feedback
from broker.fit_to_start import refuse_unfit
from broker.identity.ended import EndedTokens
from broker.lasting import lasting
from broker.learning.misses import Misses
from broker.learning.written import counts_written
from broker.opened import (
    connected,
    log_to_read,
    metrics_key,
    opened_log,
    opened_shields,
    opened_staff_directory,
    publishing,
    token_check,
)
from broker.opening_keys import keep_up_with_keys
from broker.owners.approvals import approvals_of
from broker.production import connector_of
from broker.query import Broker
from broker.registers.watching import recorded_in
from broker.reloading import Reloading
from broker.settings import Partnership, Settings
from broker.surroundings import LONDON
from broker.watching import watch_of
from broker.web.face import Face
from broker.web.family_context.opening import family_context_of
from broker.web.opening import pages_of
from broker.witnessed import Watch, witnessed
from connectors.contract import Connector

log = logging.getLogger(__name__)

LONGEST_TURN = 0.0005
"""Seconds that one thread may keep the interpreter from another. Drivers that block have threads of their own, and
with Python's 5 ms each of them waits for this one ten times as long as it works: 72 ms for an extract, not 64.
"""

GRACE = 2.0
"""Seconds that feedback which was received may still take when the broker stops."""

MakeConnectors = Callable[[Partnership, Catalogue], Mapping[str, Connector]]


def connectors_of(partnership: Partnership, catalogue: Catalogue) -> Mapping[str, Connector]:
    """A connector for everything that is read, by its kind; not yet open."""
    return {name: connector_of(partnership, source) for name, source in catalogue.to_read().items()}


@asynccontextmanager
async def running(
    partnership: Partnership,
    *,
    make_connectors: MakeConnectors = connectors_of,
    chance: Chance | None = None,
    spans_also_to: Sequence[SpanProcessor] = (),
) -> AsyncIterator[Front]:
    """A broker of this partnership, open until the context ends.

    Raises handwritten.Faults (the files), SecretMissing, audit.log.LogUnavailable and audit.keys.KeysMissing.
    """
    chance = chance or Chance()
    catalogue = load_catalogue(partnership.directory)
    refuse_unfit(catalogue, partnership, chance.now())
    settings = partnership.settings
    sources = make_connectors(partnership, catalogue)
    async with AsyncExitStack() as open_until:
        open_until.callback(sys.setswitchinterval, sys.getswitchinterval())
        sys.setswitchinterval(LONGEST_TURN)
        audit_log = await opened_log(partnership, chance)
        published = publishing(partnership, audit_log)
        open_until.push_async_callback(published.last)  # after the log closes, and signs its last checkpoint
        open_until.push_async_callback(audit_log.close)
        staff = opened_staff_directory(partnership)
        if staff is not None:
            open_until.push_async_callback(staff.close)
        tracing, provider = telemetry.tracing(settings.telemetry.export, *spans_also_to)
        open_until.callback(provider.shutdown)
        for connector in sources.values():
            open_until.push_async_callback(connector.close)
        await asyncio.gather(*(connected(name, connector) for name, connector in sources.items()))
        tokens = token_check(partnership)
        ended = EndedTokens(
            tokens.live_for, await audit_log.tokens_ended(since=chance.now() - tokens.live_for)
        )
        for service in catalogue.services.values():
            keep(service.loaded, partnership)
        await _started(audit_log, catalogue, chance.now())
        shields = opened_shields(partnership, open_until)
        await _destroyed(audit_log, shields.store.keys, settings, chance.now())
        shields.started(await recorded_in(audit_log))
        lasts = lasting(partnership, shields, sources, staff, chance, tracing)
        for guard in lasts.guards.values():
            open_until.push_async_callback(guard.strays.close)
        broker = Broker(audit_log, lasts.surroundings(catalogue))
        feedback = Feedback(broker, lasts.teachers(catalogue))
        readings = LogReadings(partial(log_to_read, partnership))
        calls = await _call_backs(partnership, broker, readings, chance)

        def adopt(changed: Catalogue) -> None:
            """From now on: queries that have begun go on with what was in force when they did."""
            broker.around, feedback.teach = lasts.surroundings(changed), lasts.teachers(changed)

        reloading = Reloading(partnership, catalogue, adopt, audit_log.record, chance.now)
        spool = Spool.beside(partnership.path(settings.audit.log), shields.store.keys, settings.audit.origin)
        looks = watch_of(partnership, catalogue, audit_log.record, chance.now)
        cosigning = witnessed(
            partnership, audit_log, shields.store.keys.for_register("witnesses"), chance.now
        )
        admission = admission_of(settings.answers)
        pages = pages_of(partnership, tokens, chance)
        family_context = family_context_of(partnership, pages, chance)
        watches: Sequence[Watch] = (
            *await open_until.enter_async_context(cosigning),
            reloading.watch,
            looks.watch,
            looks.delivery.work,
            calls.queue.work,
            partial(shields.watch, audit_log.record, chance.now),
            partial(keep_taking_in, spool, audit_log),
            partial(keep_up_with_keys, audit_log, shields.store.keys, chance.now),
            *_heard_of_other_brokers(settings, ended, audit_log, chance),
            published.keep_up,
            *([] if pages is None else [partial(pages.sessions.keep_ending, chance.now)]),
            *([] if family_context is None else [partial(family_context.keep_ending, chance.now)]),
            partial(tokens.keys.keep_fresh, chance.now),
            partial(keep_looking, admission.seen),
        )
        await open_until.enter_async_context(_working(feedback, watches, lasts.misses, chance))
        yield Front(
            broker=broker,
            feedback=feedback,
            calls=calls,
            tokens=tokens,
            ended=ended,
            limits=settings.answers,
            reloading=reloading,
            registers=shields.store,
            readings=readings,
            looks=looks,
            metrics_key=metrics_key(partnership),
            pages=pages,
            face=Face(settings.partnership, settings.training),
            family_context=family_context,
            approvals=approvals_of(partnership),
            admission=admission,
            streams=await open_until.enter_async_context(
                streaming(lambda: broken_off(desks_of(broker.around.catalogue)))
            ),
        )


async def _call_backs(
    partnership: Partnership, broker: Broker, readings: LogReadings, chance: Chance
) -> CallBacks:
    """Where requests to ring back arrive; those of which nobody knows what became wait again."""
    links = links_of(partnership, broker.around.sealer)
    desks = call_desks_of(partnership, lambda: broker.around.catalogue, links)
    queue = CallQueue(desks, broker.log.record, chance.now)
    queue.add(await readings.read(partial(unfinished, now=chance.now())))
    return CallBacks(broker, queue, TakingUp(links, broker.log))


async def _destroyed(audit_log: AuditLog, keys: Keys, settings: Settings, now: datetime) -> None:
    """Finish what a crash left of destroyed keys, or an older copy brought back, before anybody is served."""
    found = await audit_log.read(partial(certificates, keys=keys))
    copies = settings.audit.retention.keystore_copies
    if done := await asyncio.to_thread(carry_out, found, keys, now, copies):
        log.warning("audit log: keys of %d certificates were there, and are destroyed", len(done))
    await audit_log.take_up_keys()


def _heard_of_other_brokers(
    settings: Settings, ended: EndedTokens, audit_log: AuditLog, chance: Chance
) -> Iterator[Watch]:
    """What a broker has to look for when others write the same log."""
    if settings.audit.postgresql is not None:
        yield partial(ended.keep_hearing, audit_log.tokens_ended, chance.now)


@asynccontextmanager
async def _working(
    feedback: Feedback,
    watches: Sequence[Watch],
    counted: Mapping[str, Misses],
    chance: Chance,
) -> AsyncIterator[None]:
    """Within this, feedback that arrives is kept, files are watched, and close matches are written down.

    What of feedback still waits at the end has a moment.
    """
    fault: BaseException | None = None
    async with asyncio.TaskGroup() as group:
        works, ends = [group.create_task(one()) for one in (feedback.work, *watches)], asyncio.Event()
        group.create_task(counts_written(counted, lambda: chance.now().astimezone(LONDON).date(), ends))
        try:
            yield
        except BaseException as raised:  # noqa: BLE001 -- raised below: a group would make a group of it
            fault = raised
        with suppress(TimeoutError):
            async with asyncio.timeout(GRACE):
                await feedback.settled()
        for work in works:
            work.cancel()
        ends.set()
    if feedback.unkept:
        log.warning("feedback: %d that were received are recorded, and teach nothing", feedback.unkept)
    if fault is not None:
        raise fault


async def _started(audit_log: AuditLog, catalogue: Catalogue, now: datetime) -> None:
    await audit_log.record(events.BrokerStarted(at=now, version=VERSION))
    for sentence in ending(catalogue.policies().values(), now.astimezone(LONDON).date()):
        log.warning("%s", sentence)
    for name, service in catalogue.services.items():
        policy = service.policy
        await audit_log.record(PolicyActivated(now, name, policy.digest, policy.version))
