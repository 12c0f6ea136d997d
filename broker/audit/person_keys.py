"""Which key each of several people has: one that the keystore knows, or one made now. The same for every keystore.

The people of many entries are dealt with at once: what is known of all of them is looked up together, keys are
made in memory, and what is new is written together. A person who stands in it twice gets one key.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import NamedTuple, TypeAlias

from cryptography.hazmat.primitives.keywrap import aes_key_unwrap, aes_key_wrap

from broker.audit.sealing import KEY_BYTES
from broker.audit.tags import PersonTags

_ID_BYTES = 16

Wrapping: TypeAlias = Callable[[str, str], bytes | None]
"""What wraps the keys of an epoch and a period (32 bytes); None when either was destroyed. "" is the period of
keys that an earlier version wrapped by the epoch's key alone.
"""

PersonKey: TypeAlias = tuple[bytes, bytes]
"""The id of a person's key (16 bytes), and the key (32 bytes)."""


class Kept(NamedTuple):
    """A key as a keystore keeps it."""

    key_id: bytes
    wrapped: bytes
    epoch: str
    period: str


@dataclass(slots=True)
class Known:
    """What a keystore knows of some people; and what it does not have yet.

    ``by_tag``: whose key a key tag is. ``under``: every tag of a key. ``keys``, and ``tags`` with their keys, are
    new, and to be written. ``opened``: keys that were unwrapped, or made.
    """

    by_tag: dict[bytes, Kept] = field(default_factory=dict, repr=False)
    under: dict[bytes, set[bytes]] = field(default_factory=dict, repr=False)
    keys: list[Kept] = field(default_factory=list, repr=False)
    tags: list[tuple[Kept, Sequence[bytes]]] = field(default_factory=list, repr=False)
    opened: dict[bytes, bytes | None] = field(default_factory=dict, repr=False)

    def learn(self, tag: bytes, kept: Kept) -> None:
        """That a key is kept under a key tag. Of several the least id counts, for everybody who asks."""
        before = self.by_tag.get(tag)
        if before is None or kept.key_id < before.key_id:
            self.by_tag[tag] = kept

    def keep_under(self, kept: Kept, tags: PersonTags) -> None:
        """That a key is to be kept under these tags, of which some may be known."""
        under = self.under.get(kept.key_id)
        if under is None:
            self.under[kept.key_id] = set(tags.every)
            self.tags.append((kept, tags.every))
        elif new := [tag for tag in tags.every if tag not in under]:
            under.update(new)
            self.tags.append((kept, new))
        for tag in tags.alone:
            self.by_tag.setdefault(tag, kept)


def unwrapped(kept: Kept, wrapping: Wrapping) -> bytes | None:
    """The key; None when its epoch or its period was destroyed."""
    key = wrapping(kept.epoch, kept.period)
    return None if key is None else aes_key_unwrap(key, kept.wrapped)


def key_tags(people: Iterable[PersonTags]) -> set[bytes]:
    """The tags by which keys of these people are found."""
    return {tag for one in people for tag in one.alone}


def keys_of(
    people: Sequence[PersonTags], known: Known, epoch: str, period: str, wrapping: Wrapping
) -> list[PersonKey | None]:
    """The id and key of each of these people, as their tags are of the epoch; what is new is added to ``known``.

    A key that is made is made under the period. None where a key, or the epoch, was destroyed.
    """
    makes = partial(_made, known, epoch, period, wrapping(epoch, period))
    return [_key_of(one, known, makes, wrapping) for one in people]


def _key_of(
    tags: PersonTags, known: Known, makes: Callable[[], Kept | None], wrapping: Wrapping
) -> PersonKey | None:
    """It is found by those tags that stand for one person alone, and is from then on kept under every one."""
    kept = next((known.by_tag[tag] for tag in tags.alone if tag in known.by_tag), None) or makes()
    if kept is None:
        return None
    key_id = kept.key_id
    if key_id not in known.opened:
        known.opened[key_id] = unwrapped(kept, wrapping)
    key = known.opened[key_id]
    if key is None:
        return None
    known.keep_under(kept, tags)
    return key_id, key


def _made(known: Known, epoch: str, period: str, wraps: bytes | None) -> Kept | None:
    if wraps is None:
        return None
    random = os.urandom(_ID_BYTES + KEY_BYTES)
    key_id, key = random[:_ID_BYTES], random[_ID_BYTES:]
    kept = Kept(key_id, aes_key_wrap(wraps, key), epoch, period)
    known.keys.append(kept)
    known.opened[key_id] = key
    return kept
