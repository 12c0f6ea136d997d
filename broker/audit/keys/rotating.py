"""Going on with new keys: what may be read under the old ones stays readable until they are destroyed."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from broker.audit.keys import files
from broker.audit.keys.making import NewEpoch, Period, read_periods, write_periods, write_signing
from broker.audit.keys.ring import Keys
from broker.audit.keystore import Keystore


def begin_epoch(epoch: NewEpoch, keys: Keys) -> None:
    """From now on entries are under new keys, and people's keys are new ones."""
    with files.changing(keys.directory):
        epoch.write(keys.directory, keys.root)
    keys.take_up()


def begin_signing(new: Ed25519PrivateKey, keys: Keys, now: datetime, overlap: timedelta) -> None:
    """Sign with a new key, and for as long as ``overlap`` with the old one too."""
    old, until = keys.signing, (now + overlap).isoformat()
    with files.changing(keys.directory):
        text = files.key_text({"until": until}, old.private_bytes_raw(), keys.root)
        files.replace(keys.directory / files.SIGNING_BEFORE, text)
        write_signing(keys.directory, new, keys.root, now)
    keys.take_up()


def begin_period(period: Period, keys: Keys, opens_until: datetime) -> int:
    """Wrap the keystore's keys under a new period's key; how many. Copies from before open until ``opens_until``.

    Broken off, it goes on with the next one.
    """
    with files.changing(keys.directory):
        before = [
            one if one.opens_until else replace(one, opens_until=opens_until)
            for one in read_periods(keys.directory, keys.root)
        ]
        write_periods(keys.directory, [*before, period], keys.root)
    keys.take_up()
    keys.keystore.begin_period(period.name)
    return _wrapped_again(keys.keystore)


def period_settled(keys: Keys) -> None:
    """See to it that the keystore is in the newest period: a command was broken off, or a copy is back."""
    if keys.keystore.current_period() != keys.newest_period:
        keys.keystore.begin_period(keys.newest_period)
        _wrapped_again(keys.keystore)


def cleared(keys: Keys, now: datetime) -> list[str]:
    """Destroy the keys whose time is over, the old signing key and the keystore's old periods; what they were."""
    gone = [f"period {one.name} of the keystore" for one in _periods_over(keys, now)]
    with files.changing(keys.directory):
        path = keys.directory / files.SIGNING_BEFORE
        if path.exists() and datetime.fromisoformat(files.read_key(path, keys.root).facts["until"]) <= now:
            files.destroy(path)
            gone.append("the signing key before this one")
    keys.take_up()
    return gone


def _periods_over(keys: Keys, now: datetime) -> list[Period]:
    """No key in the keystore is under one of them when it is destroyed, also where a command was broken off."""
    periods = read_periods(keys.directory, keys.root)
    over = [one for one in periods if one.opens_until and one.opens_until <= now]
    if over:
        keys.keystore.begin_period(next(one.name for one in periods if one.opens_until is None))
        _wrapped_again(keys.keystore)
        with files.changing(keys.directory):
            left = [one for one in read_periods(keys.directory, keys.root) if one not in over]
            write_periods(keys.directory, left, keys.root)
    return over


def _wrapped_again(keystore: Keystore) -> int:
    wrapped = 0
    while some := keystore.wrap_again():
        wrapped += some
    return wrapped
