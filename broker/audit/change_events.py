"""What the log records of changes: of policies, shields, and what families agreed to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import date, datetime
from typing import ClassVar

from broker.audit.event import Facts, ForAuditors, OfPerson, Part, PersonAsked, Plain, Who
from broker.audit.tags import TagKeys


@dataclass(frozen=True, slots=True)
class PolicyActivated(Plain):
    """That a sharing policy came into force here."""

    kind: ClassVar[str] = "policy.activated"

    at: datetime
    source: str
    policy_digest: str
    version: int
    query_id: str | None = None

    def clear(self) -> Facts:
        return {"source": self.source, "policy_digest": self.policy_digest, "version": self.version}

    def tags(self, keys: TagKeys) -> tuple[bytes, ...]:
        return (keys.kind(self.kind),)


@dataclass(frozen=True, slots=True)
class PolicyRefused(Plain):
    """That a changed policy stayed out of force, and why, by a code. ``source``: whose; None, where that could not
    be read from it.
    """

    kind: ClassVar[str] = "policy.refused"

    at: datetime
    source: str | None
    code: str
    query_id: str | None = None

    def clear(self) -> Facts:
        return {"source": self.source, "code": self.code}

    def tags(self, keys: TagKeys) -> tuple[bytes, ...]:
        return (keys.kind(self.kind),)


@dataclass(frozen=True, slots=True)
class PolicyApproved(Plain):
    """That a second person approved a proposed version on the pages: durable before it is signed for them.

    ``by``: what they are called among the policy's approvers.
    """

    kind: ClassVar[str] = "policy.approved"

    at: datetime
    requester: Who = field(repr=False)
    source: str
    policy_digest: str
    version: int
    by: str = field(repr=False)
    query_id: str | None = None

    def clear(self) -> Facts:
        return {"source": self.source, "policy_digest": self.policy_digest, "version": self.version}

    def tags(self, keys: TagKeys) -> tuple[bytes, ...]:
        return (keys.kind(self.kind), *self.requester.tags(keys))

    def parts(self) -> Mapping[str, Part]:
        return {"request": ForAuditors({"requester": asdict(self.requester), "by": self.by})}


@dataclass(frozen=True, slots=True)
class PolicySimulated(Plain):
    """That past questions are about to be put to a source again, to compare two versions of its policy.

    ``query_id`` is what its searches are called, ``by`` the machine's account. ``questions`` is how many of the
    last ``days``. Nothing is disclosed of anybody: what is told are counts.
    """

    kind: ClassVar[str] = "policy.simulated"

    query_id: str
    at: datetime
    source: str
    policy_digest: str
    draft_digest: str
    days: int
    questions: int
    by: str = field(repr=False)

    def clear(self) -> Facts:
        names = ("source", "policy_digest", "draft_digest", "days", "questions")
        return {name: getattr(self, name) for name in names}

    def tags(self, keys: TagKeys) -> tuple[bytes, ...]:
        return (keys.kind(self.kind),)

    def parts(self) -> Mapping[str, Part]:
        return {"request": ForAuditors({"by": self.by})}


@dataclass(frozen=True, slots=True)
class AgreementRecorded(Plain):
    """That somebody recorded what a family agreed to, refused or withdrew: durable before the register has it."""

    kind: ClassVar[str] = "agreement.recorded"

    at: datetime
    requester: Who = field(repr=False)
    purpose: str
    state: str
    standing: str
    evidence: str = field(repr=False)
    agreed_on: date
    until: date
    person: PersonAsked = field(repr=False)
    services: tuple[str, ...] = ()
    query_id: str | None = None

    def tags(self, keys: TagKeys) -> tuple[bytes, ...]:
        return self.requester.tags(keys)

    def parts(self) -> Mapping[str, Part]:
        said = {name: getattr(self, name) for name in _SAID}
        facts = {"requester": asdict(self.requester), "evidence": self.evidence, **said}
        return {
            "request": ForAuditors(facts),
            "person 1": OfPerson(self.person.identifiers, asdict(self.person)),
        }


_SAID = ("purpose", "state", "standing", "agreed_on", "until", "services")


@dataclass(frozen=True, slots=True)
class ShieldsChanged(Plain):
    """That shields came into force, or were lifted: by their ids alone, for auditors."""

    kind: ClassVar[str] = "shields.changed"

    at: datetime
    added: tuple[str, ...]
    lifted: tuple[str, ...]
    query_id: str | None = None

    def tags(self, keys: TagKeys) -> tuple[bytes, ...]:
        return (keys.kind(self.kind),)

    def parts(self) -> Mapping[str, Part]:
        return {"shields": ForAuditors({"added": self.added, "lifted": self.lifted})}
