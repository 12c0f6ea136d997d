"""What the log records of signing in to the pages. Others bring a token to each question instead."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import ClassVar

from broker.audit.event import ForAuditors, Part, Plain, Who
from broker.audit.tags import TagKeys


@dataclass(frozen=True, slots=True)
class SessionBegun(Plain):
    """That somebody signed in: how (``acr``) and when, as the provider said; both None where it did not."""

    kind: ClassVar[str] = "session.begun"

    at: datetime
    requester: Who = field(repr=False)
    acr: str | None
    signed_in_at: datetime | None
    query_id: str | None = None

    def tags(self, keys: TagKeys) -> tuple[bytes, ...]:
        return self.requester.tags(keys)

    def parts(self) -> Mapping[str, Part]:
        facts = {"requester": self.requester, "acr": self.acr, "signed_in_at": self.signed_in_at}
        return {"request": ForAuditors(facts)}
