"""What watches the log beside a running broker, made of a partnership's files."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime

from broker.audit.event import Event
from broker.audit.watching.load import load_watching
from broker.audit.watching.looking import Watched, review_within
from broker.audit.watching.watch import Watch
from broker.catalogue import Catalogue
from broker.notices.delivery import Delivery, ways_of
from broker.settings import Partnership
from consent_rules.model import PurposeRules

Record = Callable[[Event], Awaitable[object]]


def watched_in(partnership: Partnership, purposes: PurposeRules, sources: tuple[str, ...]) -> Watched:
    """What is watched in a partnership, and by which rules. Raises handwritten.Faults for watching.yaml."""
    loaded = load_watching(partnership.directory)
    return Watched(partnership, loaded, review_within(purposes), sources)


def watch_of(
    partnership: Partnership, catalogue: Catalogue, record: Record, now: Callable[[], datetime]
) -> Watch:
    """A watch that has not looked yet. Raises handwritten.Faults for watching.yaml."""
    watched = watched_in(partnership, catalogue.purposes.rules, tuple(catalogue.services))
    ways = ways_of(partnership.settings.notices, partnership.directory, partnership.secret)
    return Watch(watched, record, now, Delivery(ways, record, now))
