"""The keys of a log, open: every epoch that still exists, the newest to write under.

``Keys.take_up`` takes up what a command changed in the directory meanwhile, as one step: whoever makes an entry
takes ``current`` once, and all of the entry is then of one epoch.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import apsw
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from broker.audit.checkpoint import Verifier
from broker.audit.keys import files
from broker.audit.keys.epoch import Epoch
from broker.audit.keys.files import KeysMissing
from broker.audit.keys.making import Period, read_periods
from broker.audit.keys.moving import is_of_an_earlier_version, moved
from broker.audit.keys.providers import KeyProvider, RootKey
from broker.audit.keys.signing import Signing, read_signing
from broker.audit.keystore import Keystore, KeyVanished
from broker.audit.person_keys import PersonKey, Wrapping
from broker.audit.sealing import KEY_BYTES, derived
from broker.audit.stores.sqlite_keystore_file import open_keystore
from broker.audit.tags import TagKeys
from connectors.contract import Identifiers

OpenKeystore = Callable[[Wrapping, str], Keystore]
"""Opens a keystore, given what wraps its keys and the period that a new one begins in."""


@dataclass(frozen=True, slots=True)
class RegisterKeys:
    """The keys of the partnership's own registers: no epoch's, for a register lives on.

    ``before`` are those that an earlier version derived from its only epoch's, by what they are for.
    """

    wrapping: bytes = field(repr=False)
    tags: TagKeys = field(repr=False)
    before: Mapping[str, bytes] = field(default_factory=dict, repr=False)

    def of(self, register: str) -> bytes:
        """The key of one register, 32 bytes."""
        name = f"register {register}"
        return self.before.get(name) or derived(self.wrapping, name)

    def for_handover(self) -> bytes:
        """The key of what commands hand in to whoever writes the log."""
        return derived(self.wrapping, "handover")


@dataclass(frozen=True, slots=True)
class Ring:
    """What the key files hold at one moment. ``epochs`` are oldest first; never empty."""

    epochs: tuple[Epoch, ...]
    signing: Signing
    registers: RegisterKeys
    periods: Mapping[str, Period] = field(repr=False)
    seen: frozenset[tuple[str, int, int]]
    """The files as they were: name, time of change, inode."""


def _not_yet() -> Keystore:
    raise RuntimeError("load_keys says how the keystore is opened")


@dataclass(slots=True)
class Keys:
    """The keys, open. What is asked of no epoch by name is of the newest."""

    directory: Path
    root: RootKey = field(repr=False)
    ring: Ring = field(repr=False)
    _opens: Callable[[], Keystore] = field(default=_not_yet, repr=False)
    _keystore: Keystore | None = field(default=None, repr=False)

    @property
    def keystore(self) -> Keystore:
        assert self._keystore is not None  # noqa: S101 -- load_keys opens it before anybody has the keys
        return self._keystore

    @property
    def current(self) -> Epoch:
        """The epoch that entries are written under. Take it once for all of one entry."""
        return self.ring.epochs[-1]

    @property
    def epoch(self) -> str:
        return self.current.name

    @property
    def wrapping(self) -> bytes:
        return self.current.wrapping

    @property
    def tags(self) -> TagKeys:
        return self.current.tags

    @property
    def every_tags(self) -> tuple[TagKeys, ...]:
        """The keys of the tags of every epoch, newest first: what is looked for may be of any."""
        return tuple(one.tags for one in reversed(self.ring.epochs))

    @property
    def signing(self) -> Ed25519PrivateKey:
        return self.ring.signing.key

    @property
    def public(self) -> bytes:
        """The public half of the signing key: 32 bytes."""
        return self.ring.signing.public

    def verifier(self, origin: str) -> Verifier:
        """Whose signatures the checkpoints of the log of this origin bear, now and before."""
        return Verifier(origin, self.public, self.ring.signing.earlier)

    @property
    def register_tags(self) -> TagKeys:
        return self.ring.registers.tags

    def epoch_named(self, name: str) -> Epoch | None:
        """The epoch of an entry; None when it was destroyed."""
        current = self.current  # of nearly every entry that is written, and of most that are read
        if current.name == name:
            return current
        return next((one for one in self.ring.epochs if one.name == name), None)

    def for_auditors(self) -> bytes:
        """The key of what only auditors read, of the newest epoch."""
        return self.current.for_auditors()

    def for_source(self, source: str) -> bytes:
        """The key of what auditors and the owner of one source read, of the newest epoch."""
        return self.current.for_source(source)

    def for_owner(self, source: str) -> X25519PrivateKey:
        """The key of what is for one source's owner alone, of the newest epoch."""
        return self.current.for_owner(source)

    def for_register(self, register: str) -> bytes:
        """The key of one of the partnership's own registers."""
        return self.ring.registers.of(register)

    def person_key(self, person: Identifiers, epoch: Epoch | None = None) -> PersonKey:
        """The id and key of a person. Queries that share a number, or names and birth date, share the key.

        Within one epoch, the newest if none is given. Raises KeyVanished.
        """
        (found,) = self.person_keys([person], epoch)
        if found is None:
            raise KeyVanished
        return found

    def person_keys(
        self, people: Sequence[Identifiers], epoch: Epoch | None = None
    ) -> list[PersonKey | None]:
        """The same of several, asked for at once; None for one that was destroyed meanwhile."""
        epoch = epoch or self.current
        with self.keystore.keys_for([epoch.tags.of_person(one) for one in people], epoch.name) as found:
            return found

    def key_ids(self, person: Identifiers, keystore: Keystore | None = None) -> dict[bytes, str]:
        """The ids of every key that is kept for exactly this person, with the epoch of each.

        ``keystore``: another connection to it, for a thread that does not have this one.
        """
        keystore = keystore or self.keystore
        return {
            key_id: one.name
            for one in self.ring.epochs
            for key_id in keystore.ids(one.tags.key_tags(person), one.name)
        }

    def another_keystore(self) -> Keystore:
        """The keystore opened once more, for another thread, which closes it. Raises apsw.Error, StoreFault."""
        return self._opens()

    def destroy_person_key(self, person: Identifiers) -> int:
        """Destroy every key that is kept for exactly this person; how many there were. It cannot be undone.

        Give all that is known of them: a key is found by a number, or by names with the birth date.
        """
        ids = self.key_ids(person)
        self.keystore.destroy(ids)
        return len(ids)

    def take_up(self) -> bool:
        """Take up what was changed in the directory; whether anything was. Raises KeysMissing, ProviderFailed."""
        if self.ring.seen == _seen(self.directory):
            return False
        self.ring = _read(self.directory, self.root)
        return True

    @property
    def newest_period(self) -> str:
        """The period that the keystore is in."""
        return next(one.name for one in self.ring.periods.values() if one.opens_until is None)

    def wrapping_of_people(self, epoch: str, period: str) -> bytes | None:
        """What wraps people's keys of an epoch and a period; None when either was destroyed.

        A period that is not known yet was begun by a command a moment ago.
        """
        of, known = self.epoch_named(epoch), self.ring.periods.get(period)
        if of is None or (period and known is None):
            if not self.take_up():
                return None
            of, known = self.epoch_named(epoch), self.ring.periods.get(period)
            if of is None or (period and known is None):
                return None
        return of.for_people(known.key if known else None)

    def close(self) -> None:
        self.keystore.close()


def load_keys(
    directory: Path, provider: KeyProvider | None = None, keystore: OpenKeystore | None = None
) -> Keys:
    """Open the keys. Raises KeysMissing with the command that makes them; ProviderFailed.

    ``keystore`` opens the keystore where it does not lie in the directory.
    """
    try:
        if is_of_an_earlier_version(directory):
            moved(directory, provider)
        root = files.root_key(directory, provider)
        keys = Keys(directory, root, _read(directory, root))
        keys._opens = (
            partial(keystore, keys.wrapping_of_people, keys.newest_period)
            if keystore
            else partial(open_keystore, directory / files.KEYSTORE, keys.wrapping_of_people)
        )
        keys._keystore = keys._opens()
    except (OSError, ValueError, KeyError, TypeError, apsw.Error):
        raise _missing(directory) from None
    return keys


def _read(directory: Path, root: RootKey) -> Ring:
    """Raises KeysMissing, ProviderFailed."""
    try:
        with files.steady(directory):
            seen = _seen(directory)
            return Ring(
                epochs=_epochs(directory, root),
                signing=read_signing(directory, root, datetime.now(UTC)),
                registers=_registers(directory, root),
                periods={one.name: one for one in read_periods(directory, root)},
                seen=seen,
            )
    except (OSError, ValueError, KeyError, TypeError):
        raise _missing(directory) from None


def _epochs(directory: Path, root: RootKey) -> tuple[Epoch, ...]:
    found = [files.read_key(path, root) for path in directory.glob(files.epoch_file("*"))]
    if not found:
        raise KeyError
    epochs = [
        Epoch(
            one.facts["epoch"],
            datetime.fromisoformat(one.facts["since"]),
            one.secret[:KEY_BYTES],
            TagKeys(one.secret[KEY_BYTES:]),
        )
        for one in found
    ]
    return tuple(sorted(epochs, key=lambda one: (one.since, one.name)))


def _registers(directory: Path, root: RootKey) -> RegisterKeys:
    file = files.read_key(directory / files.REGISTERS, root)
    before = {name: root.unwrap(files.unbase64(text)) for name, text in file.facts.get("before", {}).items()}
    tags = TagKeys(
        file.secret[KEY_BYTES:], {name[4:]: key for name, key in before.items() if name[:4] == "tag "}
    )
    return RegisterKeys(file.secret[:KEY_BYTES], tags, before)


def _seen(directory: Path) -> frozenset[tuple[str, int, int]]:
    return frozenset(
        (path.name, (stat := path.stat()).st_mtime_ns, stat.st_ino) for path in directory.glob("*.key")
    )


def _missing(directory: Path) -> KeysMissing:
    return KeysMissing(
        f"There are no whole keys in {directory}. Make them with: broker keys init. Where a log exists already,"
        " bring its own keys back from their copy instead."
    )
