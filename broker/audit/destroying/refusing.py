"""Why keys may not be destroyed now: in sentences, all at once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime

from broker.audit.asking.person import LOOK_UPS
from broker.audit.destroying.standing import Hold, holds
from broker.audit.entry import listing, opened, people_of
from broker.audit.keys import Keys
from broker.audit.keys.epoch import Epoch
from broker.audit.keys.retention import destroyable_from, months_later
from broker.audit.stores.contract import Store


def refusals_of_epoch(name: str, store: Store, keys: Keys, keep_for: int, now: datetime) -> Iterator[str]:
    """Why an epoch may not be destroyed. ``keep_for`` is in months. Raises StoreFault."""
    epoch = keys.epoch_named(name)
    if epoch is None:
        there = ", ".join(one.name for one in keys.ring.epochs)
        yield f"There is no epoch {name}. There are: {there}."
        return
    may = destroyable_from(epoch, keys, keep_for)
    if may is None:
        yield f"Epoch {name} is in use. Begin a new one first: broker keys rotate."
    elif now < may:
        yield f"Epoch {name} may be destroyed from {may.date()}: audit.retention.keep_for has not passed."
    for hold in holds(store, keys):
        if _holds_epoch(hold, epoch, store, keys):
            yield _held(hold)


def refusals_of_person(
    key_ids: Iterable[bytes], store: Store, keys: Keys, at_least: int, now: datetime
) -> Iterator[str]:
    """Why these keys of a person may not be destroyed. ``at_least`` is in months. Raises StoreFault."""
    wanted = set(key_ids)
    clear = [opened(raw, keys, only=()) for key_id in wanted for _, raw in store.bearing(key_id)]
    last = max((one["at"] for one in clear if one["type"] in LOOK_UPS), default=None)
    if last is not None and (may := months_later(datetime.fromisoformat(last), at_least)) > now:
        yield (
            f"The person was asked about on {last[:10]}, so their keys may be destroyed from {may.date()}:"
            " audit.retention.at_least has not passed."
        )
    epochs = {one["epoch"] for one in clear}
    for hold in holds(store, keys):
        if _holds_person(hold, wanted, epochs, store, keys):
            yield _held(hold)


def _held(hold: Hold) -> str:
    return f"Hold {hold.id} stands, of a {hold.what}. When its reason is over: broker keys release {hold.id}."


def _holds_epoch(hold: Hold, epoch: Epoch, store: Store, keys: Keys) -> bool:
    """Whether a hold is of something in an epoch. Its own entry is, too: it would be forgotten what is held."""
    if hold.epoch == epoch.name or hold.reason is None:
        return True
    if hold.what == "epoch":
        return epoch.name in hold.names
    if hold.what == "case":
        return any(True for _ in store.bearing(epoch.tags.case(hold.case_reference or "")))
    return hold.person is None or epoch.name in keys.key_ids(hold.person).values()


def _holds_person(hold: Hold, wanted: set[bytes], epochs: set[str], store: Store, keys: Keys) -> bool:
    if hold.reason is None:
        return True
    if hold.what == "epoch":
        return not epochs.isdisjoint(hold.names)
    if hold.what == "case":
        return not wanted.isdisjoint(_of_case(hold.case_reference or "", store, keys.ring.epochs))
    named = {bytes.fromhex(one) for one in hold.names}
    return hold.person is None or not wanted.isdisjoint(named | set(keys.key_ids(hold.person)))


def _of_case(reference: str, store: Store, epochs: Sequence[Epoch]) -> Iterator[bytes]:
    """The ids of the keys of everybody who was asked about for a case, by name or by its number."""
    for raw in (raw for epoch in epochs for _, raw in store.bearing(epoch.tags.case(reference))):
        yield from people_of(raw).values()
        query_id = listing(raw)[0]
        for _, other in store.of_query(query_id) if query_id else ():
            yield from people_of(other).values()
