"""Who has asked too much, and until when: so that nobody is counted anew, and written down, each time they try."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from broker.errors import Complaint, TooManyAsked

Who = tuple[str, str]
"""A requester's subject, and the role in which they asked."""


@dataclass(slots=True)
class Barred:
    """Those whom this very broker has refused. Another one counts for itself, once, from the same log."""

    _until: dict[Who, tuple[datetime, Complaint]] = field(default_factory=dict, repr=False)

    def refuse(self, who: Who, now: datetime) -> None:
        """Raises TooManyAsked for whoever was refused, until it is over."""
        found = self._until.get(who)
        if found and now < found[0]:
            raise TooManyAsked(found[1], (found[0] - now).total_seconds())

    def bar(self, who: Who, until: datetime, complaint: Complaint, now: datetime) -> None:
        """From now on, until then. Those for whom it is over are forgotten."""
        self._until = {one: said for one, said in self._until.items() if now < said[0]}
        self._until[who] = (until, complaint)
