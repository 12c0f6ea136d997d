"""What a notice says, the same for every way of telling. Of a finding it says nothing of anybody."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal, Protocol

FORMAT = "family-context-notice/1"
Channel = Literal["email", "webhook"]


class NotDelivered(Exception):
    """A notice did not arrive; the sentence quotes nothing of it, and nothing of a secret."""


@dataclass(frozen=True, slots=True)
class Notice:
    """One notice. ``id`` is the same each time it is tried, so that a receiver may know it again."""

    id: str
    subject: str
    text: str = field(repr=False)
    facts: Mapping[str, Any] = field(default_factory=dict, repr=False)


class Way(Protocol):
    """A way to tell one recipient."""

    async def send(self, notice: Notice, now: datetime) -> None:
        """Return when somebody else has taken responsibility for it. Raises NotDelivered."""


def of_finding(finding_id: str, rule: str, count: int, partnership: str) -> Notice:
    """That a finding waits for a decision."""
    text = (
        f"The rule {rule} found something in the audit log of {partnership}: {finding_id}, count {count}.\n\n"
        "Read it:    broker audit review\n"
        f"Decide:     broker audit review decide {finding_id} --as fine --reason ...\n\n"
        "This notice names nobody, on purpose. A finding is a question, not an accusation.\n"
    )
    facts = {"format": FORMAT, "type": "finding", "partnership": partnership, "finding": finding_id}
    return Notice(finding_id, f"A look-up to review: {rule}", text, {**facts, "rule": rule, "count": count})
