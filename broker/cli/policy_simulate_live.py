"""``broker policy simulate --live``: past questions put to the source again, by both versions of its policy."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import partial

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

import handwritten
from broker.asking_again import Circumstances
from broker.audit.change_events import PolicySimulated
from broker.audit.reader import AuditReader
from broker.changed_answers import Tally
from broker.cli.account import account
from broker.cli.policy_files import disagreements_with
from broker.cli.printing import Exit, err, give_up
from broker.cli.recording import recorded
from broker.cli.shield import register_of
from broker.cli.source_files import no_such_source, source_named
from broker.cli.starting import STARTING_FAULTS
from broker.consulting.side import OwnersSide
from broker.learning.weights_file import weights_of
from broker.live_simulation import SourceGone, put_again
from broker.log_place import log_place
from broker.opening_keys import open_keys
from broker.past_questions import PastQuery, past_queries
from broker.production import connector_of
from broker.registers.agreements import recorded_of
from broker.registers.store import RegisterUnavailable, Store
from broker.registers.watching import ShieldsInForce
from broker.settings import Partnership, SecretMissing
from broker.staff.entries import StaffDirectory
from broker.staff.exports import DirectoryUnfit
from broker.staff.opening import staff_directory
from broker.surroundings import LONDON
from connectors.contract import SourceFault, SourceMisfit
from connectors.source_file import SourceFile
from consent_rules.model import PurposeRules
from policy.compile import compile_policy
from policy.load import LoadedPolicy


@dataclass(frozen=True, slots=True)
class Compared:
    """The version in force and the new one, the purpose rules, and from how many days questions are taken."""

    of: Partnership
    old: LoadedPolicy
    new: LoadedPolicy
    rules: PurposeRules
    days: int


@dataclass(slots=True)
class Counted:
    """What was counted of a service; ``why`` that ended before its time, if it did, and with which exit code."""

    service: str
    tally: Tally
    why: str | None = None
    code: Exit = Exit.WELL


def counted_live(these: Compared) -> Counted:
    """Put the questions again, and count. Ends the command where none can be put."""
    source, now = _source(these), datetime.now(UTC)
    past = _past(these, now)
    counted = Counted(source.service, Tally(len(past)))
    with register_of(these.of.directory) as store, _progress(len(past)) as bar:
        try:
            asyncio.run(_put(these, source, past, store, now, counted.tally, bar))
        except KeyboardInterrupt:
            counted.why, counted.code = "Stopped. Nothing runs in the database any more.", Exit.WRONG
        except SourceGone:
            counted.why, counted.code = "The source failed several times in a row.", Exit.UNREACHABLE
        except RegisterUnavailable as fault:
            counted.why, counted.code = str(fault), Exit.UNREACHABLE
    return counted


async def _put(
    these: Compared,
    source: SourceFile,
    past: Sequence[PastQuery],
    store: Store,
    now: datetime,
    tally: Tally,
    bar: Progress,
) -> None:
    if not past:
        return
    run = f"simulate-{secrets.token_hex(6)}"
    async with _sides(these, source, store, now) as (old, new):
        about = (these.new.policy.source, these.old.digest, these.new.digest)
        recorded(these.of, PolicySimulated(run, now, *about, these.days, len(past), account()))
        seconds = these.of.settings.answers.seconds
        of = Circumstances(
            run, new.policy.policy.source, now, these.rules, partial(recorded_of, store), seconds
        )
        async for _ in put_again(past, old, new, of, tally):
            bar.advance(bar.task_ids[0])


@asynccontextmanager
async def _sides(
    these: Compared, source: SourceFile, store: Store, now: datetime
) -> AsyncIterator[tuple[OwnersSide, OwnersSide]]:
    """The owner's side under each version, as a broker would have it: connected, and not yet asked."""
    staff = _staff(these.of, source)
    try:
        connector = connector_of(these.of, source)
        weights = weights_of(these.of.directory, source.source)
    except (SourceMisfit, ValueError, handwritten.Faults) as fault:
        give_up(str(fault), Exit.WRONG)
    try:
        await connector.open()
        in_force = OwnersSide(
            connector, compile_policy(these.old), staff, weights, shields=ShieldsInForce(store)
        )
        yield in_force, replace(in_force, policy=compile_policy(_begun(these.new, now)))
    except (SourceFault, SecretMissing) as fault:
        give_up(str(fault), Exit.UNREACHABLE)
    finally:
        await connector.close()
        if staff is not None:
            await staff.close()


def _begun(new: LoadedPolicy, now: datetime) -> LoadedPolicy:
    """A version that begins later, as if it began today: else it would seem to share nothing."""
    today, dates = now.astimezone(LONDON).date(), new.policy.effective
    begun = dates.model_copy(update={"from_": min(dates.from_, today)})
    return replace(new, policy=new.policy.model_copy(update={"effective": begun}))


def _source(these: Compared) -> SourceFile:
    name, directory = these.new.policy.source, these.of.directory
    try:
        source = source_named(directory, name)
    except handwritten.Faults as faults:
        give_up(str(faults), Exit.WRONG)
    if source is None:
        give_up(no_such_source(directory, name), Exit.USAGE)
    if disagreements := list(disagreements_with(these.new, directory)):
        give_up("\n".join(map(str, disagreements)), Exit.WRONG)
    return source


def _past(these: Compared, now: datetime) -> list[PastQuery]:
    audit, since = these.of.settings.audit, now - timedelta(days=these.days)
    try:
        keys = open_keys(these.of)
        with AuditReader.open(log_place(these.of), keys, audit.origin) as reader:
            return list(past_queries(reader, these.new.policy.source, since))
    except STARTING_FAULTS as fault:
        give_up(str(fault), Exit.USAGE)


def _staff(of: Partnership, source: SourceFile) -> StaffDirectory | None:
    """As in a broker: without it, contacts are as the records have them."""
    settings = of.settings.staff_directory
    if settings is None or not source.contact.complete_from_directory:
        return None
    try:
        return staff_directory(settings, of.directory, of.secret)
    except DirectoryUnfit as fault:
        err.print(f"Without the staff directory: {fault}", style="yellow", markup=False)
        return None


@contextmanager
def _progress(questions: int) -> Iterator[Progress]:
    """How far it is, on a terminal alone; gone when it is over."""
    columns = (
        TextColumn("Asking again"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=err, transient=True, disable=not err.is_terminal) as bar:
        bar.add_task("questions", total=questions)
        yield bar
