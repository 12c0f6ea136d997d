"""From when an epoch may be destroyed."""

from __future__ import annotations

from datetime import datetime

from broker.audit.keys.epoch import Epoch
from broker.audit.keys.ring import Keys

_MONTHS = 12


def destroyable_from(epoch: Epoch, keys: Keys, keep_for: int) -> datetime | None:
    """When the last entry of an epoch is older than ``keep_for`` months; None for the one that is in use.

    An epoch's last entry is written before the next epoch begins, but for the seconds in which it is taken up.
    """
    after = next((one for one in keys.ring.epochs if one.since > epoch.since), None)
    return None if after is None else months_later(after.since, keep_for)


def months_later(at: datetime, months: int) -> datetime:
    """The same day so many months later; the month's first after it, where it has no such day."""
    month = at.month - 1 + months
    year, month = at.year + month // _MONTHS, month % _MONTHS + 1
    try:
        return at.replace(year=year, month=month)
    except ValueError:
        return at.replace(year=year + month // _MONTHS, month=month % _MONTHS + 1, day=1)
