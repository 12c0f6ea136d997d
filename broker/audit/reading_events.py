"""What the log records of whoever asks it about one person: a report's start, its reviews, and its release.

All three bear the report's id as their ``query_id``, so that a report is found and traced like a query.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import ClassVar, Literal

from broker.audit.event import ForAuditors, OfPerson, Part, Plain
from broker.audit.tags import TagKeys
from connectors.contract import Identifiers

Verdict = Literal["released", "withheld", "not_the_person"]


@dataclass(frozen=True, slots=True)
class ReportStarted(Plain):
    """That somebody began to find out who looked a person up. ``who`` is an account of the machine.

    The report is of the first ``entries`` entries of the log: what they hold of the person is found again, always
    the same, from ``person``.
    """

    kind: ClassVar[str] = "subject.report_started"

    query_id: str
    at: datetime
    who: str = field(repr=False)
    reason: str = field(repr=False)
    person: Identifiers = field(repr=False)
    entries: int
    found: int

    def tags(self, keys: TagKeys) -> tuple[bytes, ...]:
        return (keys.kind(self.kind),)

    def parts(self) -> Mapping[str, Part]:
        said = {name: getattr(self, name) for name in ("who", "reason", "entries", "found")}
        person = {"identifiers": asdict(self.person)}
        return {"report": ForAuditors(said), "person 1": OfPerson(self.person, person)}


@dataclass(frozen=True, slots=True)
class SubjectReviewed(Plain):
    """What a human decided of one entry that a report found. The latest review of an entry holds.

    ``serious_harm`` and ``third_party``: whether the two tests, which the reviewer has to make, were met: telling
    would be likely to cause serious harm; it would tell of somebody else without a ground for it.
    ``withholds_name``: the entry is told, and not who looked.
    """

    kind: ClassVar[str] = "subject.reviewed"

    query_id: str
    at: datetime
    who: str = field(repr=False)
    entry: int
    verdict: Verdict
    reason: str | None = field(repr=False)
    serious_harm: bool
    third_party: bool
    withholds_name: bool = False

    def parts(self) -> Mapping[str, Part]:
        names = ("who", "entry", "verdict", "reason", "serious_harm", "third_party", "withholds_name")
        return {"review": ForAuditors({name: getattr(self, name) for name in names})}


@dataclass(frozen=True, slots=True)
class SubjectReleased(Plain):
    """That a report was released: the SHA-256 (hex) of its JSON, and how many entries it tells and withholds."""

    kind: ClassVar[str] = "subject.released"

    query_id: str
    at: datetime
    who: str = field(repr=False)
    sha256: str
    told: int
    withheld: int

    def parts(self) -> Mapping[str, Part]:
        return {
            "release": ForAuditors(
                {name: getattr(self, name) for name in ("who", "sha256", "told", "withheld")}
            )
        }
