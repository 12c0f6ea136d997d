"""What the log records of its own keys."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import ClassVar, Literal

from broker.audit.event import Facts, ForAuditors, OfPerson, Part, Plain
from broker.audit.tags import TagKeys, lasting_tag
from connectors.contract import Identifiers


class OfKeys(Plain):
    """What every entry about keys has: it is found by its type, in every epoch."""

    __slots__ = ()
    kind: ClassVar[str]

    def tags(self, keys: TagKeys) -> tuple[bytes, ...]:
        return (keys.kind(self.kind),)


@dataclass(frozen=True, slots=True)
class KeyRotated(OfKeys):
    """That a new epoch, signing key or period of the keystore is about to begin.

    ``new`` and ``old`` are public: names of epochs or periods, or verifier keys. ``who`` is an account of the
    machine.
    """

    kind: ClassVar[str] = "key.rotated"

    at: datetime
    what: Literal["epoch", "signing key", "keystore"]
    new: str
    old: str
    who: str = field(repr=False)
    query_id: str | None = None

    def clear(self) -> Facts:
        return {"what": self.what, "new": self.new, "old": self.old}

    def parts(self) -> Mapping[str, Part]:
        return {"request": ForAuditors({"who": self.who})}


What = Literal["person", "epoch"]
Held = Literal["person", "epoch", "case"]


class Lasting(OfKeys):
    """What outlives its epoch: it is found by its type when the epoch's own tags are destroyed."""

    __slots__ = ()

    def tags(self, keys: TagKeys) -> tuple[bytes, ...]:
        return (*super().tags(keys), lasting_tag(self.kind))


@dataclass(frozen=True, slots=True)
class Signed:
    """That a named person signed a destruction. ``signature`` is base64; ``who`` the account of the machine."""

    by: str = field(repr=False)
    at: datetime
    signature: str = field(repr=False)
    who: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class DestructionProposed(Lasting):
    """That somebody proposed to destroy keys. Nothing is destroyed before a second person approves.

    ``names``: the ids of one person's keys in hexadecimal, or the name of an epoch.
    """

    kind: ClassVar[str] = "key.destruction_proposed"

    query_id: str
    at: datetime
    what: What
    names: tuple[str, ...]
    reason: str = field(repr=False)
    basis: str = field(repr=False)
    proposed: Signed = field(repr=False)

    def clear(self) -> Facts:
        return {"what": self.what, "names": self.names}

    def parts(self) -> Mapping[str, Part]:
        said = {"reason": self.reason, "basis": self.basis, "proposed": asdict(self.proposed)}
        return {"proposal": ForAuditors(said)}


@dataclass(frozen=True, slots=True)
class KeyDestroyed(Lasting):
    """The certificate that keys are destroyed: durable before they are, and finished by the next start if need be.

    ``period``: that of the keystore when they were; it is followed by a new one. The rest as it was proposed.
    """

    kind: ClassVar[str] = "key.destroyed"

    query_id: str
    at: datetime
    what: What
    names: tuple[str, ...]
    period: str
    reason: str = field(repr=False)
    basis: str = field(repr=False)
    proposed: Signed = field(repr=False)
    approved: Signed = field(repr=False)

    def clear(self) -> Facts:
        return {"what": self.what, "names": self.names, "period": self.period}

    def parts(self) -> Mapping[str, Part]:
        signed = {"proposed": asdict(self.proposed), "approved": asdict(self.approved)}
        return {"certificate": ForAuditors({"reason": self.reason, "basis": self.basis, **signed})}


@dataclass(frozen=True, slots=True)
class KeyHeld(Lasting):
    """That nothing may be destroyed of a person, an epoch or a case until the hold is released.

    ``names``: as of a destruction; none, of a case. ``person`` and ``case_reference`` find what comes later.
    """

    kind: ClassVar[str] = "key.held"

    query_id: str
    at: datetime
    what: Held
    names: tuple[str, ...]
    reason: str = field(repr=False)
    who: str = field(repr=False)
    case_reference: str | None = field(default=None, repr=False)
    person: Identifiers | None = field(default=None, repr=False)

    def clear(self) -> Facts:
        return {"what": self.what, "names": self.names}

    def parts(self) -> Mapping[str, Part]:
        said = {"reason": self.reason, "who": self.who, "case_reference": self.case_reference}
        whom = {} if self.person is None else {"person 1": OfPerson(self.person, _identified(self.person))}
        return {"hold": ForAuditors(said), **whom}


@dataclass(frozen=True, slots=True)
class KeyReleased(Lasting):
    """That a hold stands no more. ``query_id`` is the hold's."""

    kind: ClassVar[str] = "key.released"

    query_id: str
    at: datetime
    reason: str = field(repr=False)
    who: str = field(repr=False)

    def parts(self) -> Mapping[str, Part]:
        return {"release": ForAuditors({"reason": self.reason, "who": self.who})}


def _identified(person: Identifiers) -> Facts:
    return {"identifiers": asdict(person)}
