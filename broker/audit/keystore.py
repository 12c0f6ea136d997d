"""The keystore: a key for every person and epoch, wrapped, and the tags under which they are found.

It is the only part of the log that can be changed, and the only one that has tags of people: entries bear the
ids of their keys, which are random. Destroying a person's key and tags makes their parts of the log unreadable
for ever, and nobody can tell any more whether they stand in it, while every proof still holds.

A key is wrapped by its epoch's key and its *period's* together, its tags are veiled by both, and neither lies
in the keystore. A new period begins when keys were destroyed: what is left is wrapped again, and once the
period before is destroyed too, no copy of the keystore from before opens, or tells whom it has.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from itertools import chain, repeat
from typing import Protocol

from broker.audit.person_keys import Kept, PersonKey, Wrapping
from broker.audit.tags import PersonTags
from broker.audit.veil import Veil


class KeyVanished(Exception):
    """A person's key, or its epoch, was destroyed while an entry about them was being written."""


class KeystoreUnfit(Exception):
    """The keystore may not be used as it is; the sentence says what to do."""


@dataclass(frozen=True, slots=True)
class Veils:
    """The veils of every epoch and period. Tags of keys that an earlier version wrapped lie there as they are."""

    wrapping: Wrapping = field(repr=False)
    _veils: dict[bytes, Veil] = field(default_factory=dict, repr=False, compare=False)

    def veiled(self, tags: Sequence[bytes], epoch: str, period: str) -> Sequence[bytes]:
        """The tags as they lie in the keystore; none, when the epoch or the period was destroyed."""
        veil = self._veil(epoch, period)
        return tags if period == "" else veil.veiled(tags) if veil else ()

    def unveiled(self, tags: Sequence[bytes], epoch: str, period: str) -> Sequence[bytes]:
        """The tags again; none, likewise."""
        veil = self._veil(epoch, period)
        return tags if period == "" else veil.unveiled(tags) if veil else ()

    def rows(self, of_keys: Iterable[tuple[Kept, Sequence[bytes]]]) -> list[tuple[bytes, bytes]]:
        """The tags of several keys as they lie, each with its key's id, in the order in which they lie."""
        by_veil: dict[tuple[str, str], list[tuple[bytes, Sequence[bytes]]]] = {}
        for kept, tags in of_keys:
            by_veil.setdefault((kept.epoch, kept.period), []).append((kept.key_id, tags))
        rows: list[tuple[bytes, bytes]] = []
        for (epoch, period), several in by_veil.items():
            lie = self.veiled([*chain.from_iterable(tags for _, tags in several)], epoch, period)
            ids = chain.from_iterable(repeat(key_id, len(tags)) for key_id, tags in several)
            rows.extend(zip(lie, ids, strict=False))  # nothing lies where the epoch or the period is gone
        return sorted(rows)

    def _veil(self, epoch: str, period: str) -> Veil | None:
        wrapping = self.wrapping(epoch, period)
        if wrapping is None:
            return None
        if wrapping not in self._veils:
            self._veils[wrapping] = Veil(wrapping)
        return self._veils[wrapping]


class Keystore(Protocol):
    """What the log asks of a keystore, wherever it lies. ``wrapping`` (``Wrapping``) is given to it when opened.

    What was changed is durable on return.
    """

    def keys_for(
        self, people: Sequence[PersonTags], epoch: str
    ) -> AbstractContextManager[list[PersonKey | None]]:
        """The id and key of each of these people, whose tags are of the epoch; made where there is none yet.

        A key is found by the tags that stand for one person alone, and is from then on kept under every one. Made
        under the period that ``current_period`` says at that moment. None where a key, its epoch or its period was
        destroyed.

        What was made becomes durable meanwhile, all of it in one go, and is so when the context ends. Before that,
        nothing may be written that is under it.
        """
        ...

    def afterwards(self) -> None:
        """What ``keys_for`` leaves to be done once nobody waits."""
        ...

    def key(self, key_id: bytes) -> bytes | None:
        """A person's key by its id; None when it, its epoch or its period was destroyed."""
        ...

    def ids(self, tags: Iterable[bytes], epoch: str) -> set[bytes]:
        """The ids of every key of the epoch that is kept under one of these tags."""
        ...

    def destroy(self, key_ids: Iterable[bytes]) -> int:
        """Destroy keys and their tags; how many there were. It cannot be undone.

        Nothing of them is left in the keystore or beside it when this returns.
        """
        ...

    def destroy_epoch(self, epoch: str) -> int:
        """The same of every key of an epoch."""
        ...

    def counts(self) -> Mapping[str, int]:
        """How many people's keys there are, by epoch."""
        ...

    def current_period(self) -> str:
        """The period under which keys are made."""
        ...

    def begin_period(self, period: str) -> None:
        """From now on keys are made under this one. What is older is wrapped again by ``wrap_again``."""
        ...

    def wrap_again(self) -> int:
        """Wrap some keys of older periods under the current one; how many there were, 0 when none is left.

        Keys whose epoch or period was destroyed are destroyed as well.
        """
        ...

    def write_anew(self) -> None:
        """See to it that what it holds is on the disk, also where somebody's sync failed before they were killed.

        Before a log is written: an entry is worth nothing when a power cut takes the key. Raises KeystoreUnfit.
        """
        ...

    def close(self) -> None: ...
