"""What is asked of the purpose rules: who asks, why, and about whom, without any identifier."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal


@dataclass(frozen=True, slots=True)
class AskedPerson:
    """A person of the query, without identifiers.

    ``family_agreement`` is what the register of agreements says of this person: ``not_recorded`` when it was
    read and holds none, None when nobody knows. ``agreement_evidence`` refers to who agreed, and when.
    """

    relation: str
    family_agreement: Literal["given", "refused", "withdrawn", "not_recorded"] | None = None
    agreement_evidence: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Asked:
    """What is asked, and who asks. ``role`` is the one that the requester named, if any.

    ``after_flags``: these details are opened from a flags answer, by its sealed reference. ``registered``: their
    sign-in names their number in a professional register.
    """

    purpose: str
    held_roles: frozenset[str]
    role: str | None
    journey: Literal["people", "case"]
    view: Literal["flags", "details"]
    reason: str | None = field(repr=False)
    case_reference: str | None = field(repr=False)
    conversation: str | None = field(repr=False)
    case: Literal["verified", "unverified"] | None
    people: tuple[AskedPerson, ...]
    after_flags: bool = False
    registered: bool = False


def written(text: str | None) -> bool:
    """Whether anything was written: blanks are nothing."""
    return text is not None and not text.isspace() and text != ""
