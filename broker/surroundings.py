"""What surrounds every query and outlives it: the catalogue, the lanes to the sources, clock, keys and chance.

Clock and chance are passed in, so that a test holds them still: the same database then gives the same bytes.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from zoneinfo import ZoneInfo

from broker.catalogue import Catalogue
from broker.fanout import CaseLane, Lane
from broker.limits.barred import Barred
from broker.limits.settings import LimitSettings
from broker.references import Sealer
from broker.registers.agreements import Agreements
from broker.staff.colleagues import Colleagues
from broker.telemetry import Tracing
from connectors.contract import Identifiers
from consent_rules.agreements import Recorded

LONDON = ZoneInfo("Europe/London")


def _nothing_recorded(_: Identifiers) -> tuple[Recorded, ...]:
    """Of a broker without a register of agreements."""
    return ()


@dataclass(frozen=True, slots=True)
class Surroundings:
    """``lanes`` holds one lane a source, ``case_lane`` the one to the case system, where there is one. ``grid`` is
    the time in seconds between releases of answers. ``barred`` is the same for as long as the broker runs.
    """

    catalogue: Catalogue
    lanes: Mapping[str, Lane]
    sealer: Sealer
    tracing: Tracing
    grid: float
    now: Callable[[], datetime]
    new_id: Callable[[], str] = field(repr=False)
    case_lane: CaseLane | None = None
    agreements: Agreements = field(default=_nothing_recorded, repr=False)
    limits: LimitSettings = field(default_factory=LimitSettings)
    barred: Barred = field(default_factory=Barred, repr=False)
    colleagues: Colleagues = field(default_factory=Colleagues, repr=False)

    def today(self, at: datetime) -> date:
        """The day in Europe/London."""
        return at.astimezone(LONDON).date()

    def until_release(self, began: float) -> float:
        """Seconds until the next time on the grid counted from ``began`` (on time.monotonic).

        Whatever leaves waits for it, so that how long a source took tells less of what it found (law 5).
        """
        elapsed = time.monotonic() - began
        return self.grid - elapsed % self.grid
