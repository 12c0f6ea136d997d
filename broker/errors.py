"""What can go wrong for a requester, and what each is answered with.

    Refused                      nothing is disclosed, and the refusal is recorded
      NotSignedIn        401     no token, or one that does not hold
      TokenEnded         401     a token that was ended by signing out
      StepUpNeeded       401     signed in too weakly, or too long ago, for this
      NotPermitted       403     the purpose rules do not let this requester ask this
      Incomplete         422     something is missing or impossible; says what to add, and where
      ReferenceLapsed    410     a sealed reference that is old, foreign or broken
      TooManyAsked       429     more questions, people, or questions about one person than one requester may ask
    NotRecorded          503     the audit log cannot be written, so nothing may be disclosed
    NotWitnessed         503     no witness cosigned the audit log for too long, so nothing may be disclosed
    Overloaded           503     too many queries at once

A source's failure is not here: it is an outcome inside an answer (``broker.answers``).
"""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Complaint:
    """One thing to mend: a stable ``code``, a sentence that says what to do, and a JSON pointer to where."""

    code: str
    sentence: str
    pointer: str = field(default="")


class Refused(Exception):
    """Nothing is disclosed. ``complaints`` never quote what was typed."""

    def __init__(self, *complaints: Complaint) -> None:
        super().__init__("; ".join(c.code for c in complaints))
        self.complaints = complaints


class NotSignedIn(Refused):
    """No token, or one that does not hold."""


class TokenEnded(Refused):
    """A token that was ended by signing out: it would hold otherwise, so who sent it is known."""


class StepUpNeeded(Refused):
    """Signed in too weakly, or too long ago, for emergency access or to approve. ``challenge`` is RFC 9470's."""

    def __init__(self, complaint: Complaint, challenge: str) -> None:
        super().__init__(complaint)
        self.challenge = challenge


class NotPermitted(Refused):
    """The purpose rules do not let this requester ask this."""


class Incomplete(Refused):
    """Something is missing or impossible in the query."""


class ReferenceLapsed(Refused):
    """A sealed reference that is old, foreign or broken."""


class TooManyAsked(Refused):
    """More than one requester may ask just now. ``seconds``: after how many it is worth asking again."""

    def __init__(self, complaint: Complaint, seconds: float) -> None:
        super().__init__(complaint)
        self.seconds = seconds


class NotRecorded(Exception):
    """The audit log cannot be written, so nothing may be disclosed."""


class NotWitnessed(Exception):
    """No witness cosigned the audit log for too long, so nothing may be disclosed."""


class Overloaded(Exception):
    """Too many queries at once. ``seconds``: after how many it is worth asking again."""

    def __init__(self, seconds: float = 30.0) -> None:
        super().__init__("too many queries at once")
        self.seconds = seconds
