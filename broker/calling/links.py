"""The links by which a service's desk says that it has taken a request to ring back up.

A link is a sealed reference that holds the id of the request and its source, and nothing of anybody. It is the
permission itself: nobody at a desk has an account here. It opens nothing else.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from broker.audit.call_events import CallRequested
from broker.references import Sealer
from broker.settings import Partnership

TAKING_UP = b"taking a call back up"
OPEN_FOR = timedelta(days=7)
"""From the request on: over a weekend and a bank holiday, and no longer."""

_BOUND_TO = ""  # whoever has it may use it: a desk is no account of the broker's


@dataclass(frozen=True, slots=True)
class Link:
    """Where a desk says it, and until when."""

    url: str = field(repr=False)
    until: datetime


@dataclass(frozen=True, slots=True)
class Linked:
    """Of which request a link is."""

    request_id: str
    source: str


@dataclass(frozen=True, slots=True)
class Links:
    """Makes links and opens them. ``address``: the broker's as browsers know it; None where it has no pages."""

    sealer: Sealer
    address: str | None

    def link(self, asked: CallRequested) -> Link | None:
        """The link of a request, the same time open however often it is sent; None without pages."""
        if self.address is None:
            return None
        reference = self.sealer.seal_facts(
            {"request": asked.query_id, "source": asked.source}, _BOUND_TO, asked.at
        )
        return Link(f"{self.address}/call-backs/{reference}", asked.at + self.sealer.lifetime)

    def opened(self, reference: str, now: datetime) -> Linked:
        """Of which request a reference is. Raises ReferenceLapsed, the same for every reason."""
        facts = self.sealer.open_facts(reference, _BOUND_TO, now)
        return Linked(facts["request"], facts["source"])


def links_of(partnership: Partnership, sealer: Sealer) -> Links:
    """The links of a partnership. ``sealer``: of its references, none of which opens what a link does."""
    pages = partnership.settings.pages
    return Links(replace(sealer.apart(TAKING_UP), lifetime=OPEN_FOR), pages.address if pages else None)
