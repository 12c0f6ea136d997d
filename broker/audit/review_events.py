"""What the log records of watching: what a rule found, what a human decided of it, and who was told.

All of a finding bear its id as their ``query_id``, so that it is traced like a query. None bears the
requester's own tag: what is found of somebody is not part of what they can read of themselves.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import ClassVar, Literal

from broker.audit.event import Facts, ForAuditors, Part, Plain, Who
from broker.audit.tags import TagKeys

Verdict = Literal["fine", "follow_up"]


@dataclass(frozen=True, slots=True)
class ReviewFound(Plain):
    """That a watching rule found something. ``key`` says what, so that it is found once.

    ``notify``: recipients who are told. ``rules_digest``: of the rules' file. ``about``: a query's id, or a
    source.
    """

    kind: ClassVar[str] = "review.found"

    query_id: str
    at: datetime
    rule: str
    rules_digest: str
    key: str = field(repr=False)
    requester: Who | None = field(repr=False)
    begins: datetime
    ends: datetime
    entries: tuple[int, ...]
    count: int
    sentence: str = field(repr=False)
    about: str | None = None
    notify: tuple[str, ...] = ()

    def clear(self) -> Facts:
        return {"rule": self.rule, "rules_digest": self.rules_digest}

    def tags(self, keys: TagKeys) -> tuple[bytes, ...]:
        return (keys.kind(self.kind),)

    def parts(self) -> Mapping[str, Part]:
        said = {name: getattr(self, name) for name in _FOUND}
        requester = asdict(self.requester) if self.requester else None
        return {"finding": ForAuditors({**said, "requester": requester})}


_FOUND = ("rule", "key", "begins", "ends", "entries", "count", "sentence", "about", "notify")


@dataclass(frozen=True, slots=True)
class ReviewDecided(Plain):
    """What a human decided of a finding, or of a query by emergency access (then ``query_id`` is the query's).

    ``who`` is an account of the machine. The latest decision holds; the first one ends the time for it.
    """

    kind: ClassVar[str] = "review.decided"

    query_id: str
    at: datetime
    who: str = field(repr=False)
    verdict: Verdict
    reason: str = field(repr=False)

    def tags(self, keys: TagKeys) -> tuple[bytes, ...]:
        return (keys.kind(self.kind),)

    def parts(self) -> Mapping[str, Part]:
        return {"decision": ForAuditors({"who": self.who, "verdict": self.verdict, "reason": self.reason})}


@dataclass(frozen=True, slots=True)
class ReviewNotified(Plain):
    """That a recipient was told of a finding, or sent a digest (``query_id`` is then ``digest`` and its day)."""

    kind: ClassVar[str] = "review.notified"

    query_id: str
    at: datetime
    recipient: str
    channel: Literal["email", "webhook"]
    attempts: int

    def tags(self, keys: TagKeys) -> tuple[bytes, ...]:
        return (keys.kind(self.kind),)

    def parts(self) -> Mapping[str, Part]:
        return {
            "notice": ForAuditors(
                {"recipient": self.recipient, "channel": self.channel, "attempts": self.attempts}
            )
        }


@dataclass(frozen=True, slots=True)
class FlagChanged(Plain):
    """That a flag was added or lifted, by its id alone. ``who`` is an account of the machine."""

    kind: ClassVar[str] = "flag.changed"

    at: datetime
    flag: str
    of: Literal["person", "home"]
    state: Literal["added", "lifted"]
    who: str = field(repr=False)
    reason: str = field(repr=False)
    query_id: str | None = None

    def tags(self, keys: TagKeys) -> tuple[bytes, ...]:
        return (keys.kind(self.kind),)

    def parts(self) -> Mapping[str, Part]:
        names = ("flag", "of", "state", "who", "reason")
        return {"flag": ForAuditors({name: getattr(self, name) for name in names})}
