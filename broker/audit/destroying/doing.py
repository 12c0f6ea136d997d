"""Destroying what certificates name, as often as it takes: after a crash, and after old copies came back."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from broker.audit.destroying.standing import Certificate
from broker.audit.keys import Keys, KeysMissing, files
from broker.audit.keys.making import Period
from broker.audit.keys.rotating import begin_period, period_settled

COPY_TOO_OLD = (
    "The keystore is a copy whose date is over: nothing in it opens any more. Bring back a younger one. Where"
    " there is none, broker keys rotate --keystore empties it, and everybody in it stays unreadable."
)


def carry_out(
    found: Sequence[Certificate], keys: Keys, now: datetime, copies: timedelta
) -> list[Certificate]:
    """See to it that what these certificates name is destroyed; those of which something was still there.

    The keystore is in a new period then, and copies of it from before open for ``copies``. It may be done again at
    any time. Raises KeysMissing where the keystore is itself a copy whose date is over; apsw.Error, StoreFault.
    """
    keys.take_up()
    if keys.keystore.current_period() not in keys.ring.periods:
        raise KeysMissing(COPY_TOO_OLD)
    there = [one for one in found if any(_is_there(one, name, keys) for name in one.names)]
    for one in there:
        _destroy(one, keys)
    if there or any(one.period == keys.newest_period for one in found):
        begin_period(Period.begun(), keys, now + copies)
    else:
        period_settled(keys)
    return there


def _is_there(certificate: Certificate, name: str, keys: Keys) -> bool:
    if certificate.what == "epoch":
        return (keys.directory / files.epoch_file(name)).exists()
    return keys.keystore.key(bytes.fromhex(name)) is not None


def _destroy(certificate: Certificate, keys: Keys) -> None:
    if certificate.what == "person":
        keys.keystore.destroy([bytes.fromhex(name) for name in certificate.names])
        return
    for name in certificate.names:
        keys.keystore.destroy_epoch(name)
        with files.changing(keys.directory):  # last: as long as it is there, this is done again
            files.destroy(keys.directory / files.epoch_file(name))
    keys.take_up()
