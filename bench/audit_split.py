"""What the CPU of an entry goes to: each step by itself, over the same events, in groups as they are committed."""

from __future__ import annotations

import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from itertools import chain, zip_longest
from pathlib import Path

from bench.audit_rates import CALLERS, TOGETHER
from broker.audit.encoding import entries_of
from broker.audit.entry import Entry, line
from broker.audit.event import Event, ForOwner, OfPerson
from broker.audit.keys import Keys, create_keys, load_keys
from broker.audit.sealing import seal
from broker.audit.stores.contract import placed
from broker.audit.stores.sqlite import open_to_write
from broker.audit.stores.sqlite_store import SqliteStore
from broker.audit.tree import Frontier


@dataclass(slots=True)
class _Clock:
    """Seconds of CPU, by step."""

    seconds: defaultdict[str, float] = field(default_factory=partial(defaultdict, float))

    @contextmanager
    def of(self, step: str) -> Iterator[None]:
        began = time.process_time()
        yield
        self.seconds[step] += time.process_time() - began


def split(work: Sequence[Sequence[Event]], whole: float) -> dict[str, float]:
    """Microseconds an entry by step. ``whole`` is what one takes in all: the rest of it is loop and threads.

    Tags: what people and requesters are found by. Keys: those of people, with all rows of the keystore. JSON: the
    event's facts written. Sealing: keys wrapped, parts encrypted. Making: the entry put together from those.
    Hashing: leaves and tree. SQL: all rows of the log.
    """
    clock, count = _Clock(), sum(map(len, work))
    with tempfile.TemporaryDirectory() as folder:
        create_keys(Path(folder) / "keys")
        keys, store, tree = (
            load_keys(Path(folder) / "keys"),
            open_to_write(Path(folder) / "audit.db"),
            Frontier(),
        )
        for group in _groups(work):
            tree = _written(group, keys, store, tree, clock)
        store.close()
        keys.close()
    steps = {step: seconds / count * 1e6 for step, seconds in clock.seconds.items()}
    steps["making"] -= steps["tags"] + steps["json"] + steps["sealing"]
    steps["sql"] -= steps["hashing"]
    return {**steps, "loop_and_rest": whole - sum(steps.values())}


def _groups(work: Sequence[Sequence[Event]]) -> Iterator[list[Event]]:
    """As 64 callers come: the first entries of 64 queries, then their second."""
    for first in range(0, len(work), CALLERS):
        side_by_side = chain.from_iterable(zip_longest(*work[first : first + CALLERS]))
        events = [one for one in side_by_side if one is not None]
        yield from (events[at : at + TOGETHER] for at in range(0, len(events), TOGETHER))


def _written(group: list[Event], keys: Keys, store: SqliteStore, tree: Frontier, clock: _Clock) -> Frontier:
    parts = [part for one in group for part in one.parts().values() if not isinstance(part, ForOwner)]
    people = [part.person for part in parts if isinstance(part, OfPerson)]
    with clock.of("tags"):
        for one in group:
            one.tags(keys.tags)
        tags = [keys.tags.of_person(one) for one in people]
    with clock.of("keys"), keys.keystore.keys_for(tags, keys.epoch):
        pass
    with clock.of("json"):
        plain = [line(part.facts) for part in parts]
        for one in group:
            line(one.clear())
    with clock.of("sealing"):
        for text, part in zip(plain, parts, strict=True):
            seal(text, keys.for_auditors(), b" " * 600, part.room)
    again = _Clock()
    with again.of("keys"), keys.keystore.keys_for(tags, keys.epoch):
        pass  # as making them asks once more: found, and nothing written
    with clock.of("making"):
        entries = [one for one in entries_of(group, keys) if isinstance(one, Entry)]
    clock.seconds["making"] -= again.seconds["keys"]
    with clock.of("hashing"):
        placed(entries, tree)
    with clock.of("sql"):
        return store.append(entries, tree).frontier
