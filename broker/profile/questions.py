"""What a question is: its answers, of which every row gives exactly one, and what they mean for the source.

The answers to a question are one fine partition of all records. No question's answer is made up of those of
another, or of several: what the two tell could be subtracted, and small counts be worked out (see ``figures``). So
what is missing in two columns is never counted together, nor is anything counted as "missing" a second time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

from broker.profile.figures import Figure, in_words, summed
from connectors.read_values import date_of, text_of
from connectors.source_file import Column

Row = Sequence[object]
AnswerOf = Callable[[Row], str]

MISSING, UNREADABLE, OTHER_VALUE = "missing", "unreadable", "other_value"
FURTHER, SHARED, ALONE = "further", "shared", "alone"
NOTABLE = 0.01
"""The share of records from which a finding is worth the owner's time: judgement."""


class Weight(StrEnum):
    """What a finding does to the service's answers, worst first."""

    STOPS = "Stops answers"
    HIDES = "Hides people"
    WEAKENS = "Makes people harder to find"
    CONTACT = "Whom to ring"
    CHECK = "Please check"


@dataclass(frozen=True, slots=True)
class Finding:
    """What is so, what it means for people being found, and what the owner can do."""

    weight: Weight
    what: str
    means: str
    do: str


@dataclass(frozen=True, slots=True)
class Table:
    """A question with its published answers, in the question's order. ``total``: all records, rounded."""

    key: str
    title: str
    labels: Mapping[str, str]
    figures: Mapping[str, Figure]
    total: int

    def count(self, *answers: str) -> int:
        """The published counts of these answers together."""
        return summed(self.figures, answers)

    def notable(self, *answers: str, least: float = NOTABLE) -> bool:
        """Whether enough records give one of these answers to be worth a finding."""
        return self.total > 0 and self.count(*answers) >= max(least * self.total, 1)

    def words(self, *answers: str) -> str:
        """Their share in words."""
        return in_words(self.count(*answers), self.total)


Findings = Callable[[Table], Iterable[Finding]]


def _none(_: Table) -> Iterable[Finding]:
    return ()


@dataclass(frozen=True, slots=True)
class Question:
    """``answers``: what each is called; one that is a value of the column begins with "=".

    ``lists_values``: other values of the column are answers too, when they occur often enough to be codes.
    ``banded``: only the first answer is told, and roughly. ``stops``: answers that keep the source from
    answering at all, with what is then found, however few they are: that tells of a format, not of a person.
    """

    key: str
    title: str
    answers: Mapping[str, str]
    answer_of: AnswerOf = field(repr=False)
    findings: Findings = field(default=_none, repr=False)
    lists_values: bool = False
    banded: bool = False
    stops: Mapping[str, Finding] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True)
class KeyQuestion:
    """How often one key stands in several records. ``key_of`` gives None where a record has none.

    Its ``answers`` are FURTHER, the records that bear a key again, and ALONE, all others; where ``sharing``, they
    are SHARED, the records whose key others have, and ALONE.
    """

    key: str
    title: str
    answers: Mapping[str, str]
    key_of: Callable[[Row], str | None] = field(repr=False)
    findings: Findings = field(default=_none, repr=False)
    sharing: bool = False


@dataclass(frozen=True, slots=True)
class Columns:
    """Makes the functions that read one column of a row."""

    names: Sequence[str]

    def stored(self, name: str) -> Callable[[Row], str | None]:
        """The text as it is stored, blanks at its ends included; None for nothing but blanks."""
        place = self.names.index(name)

        def stored(row: Row) -> str | None:
            value = row[place]
            found = value if isinstance(value, str) else text_of(value)
            return found if found and not found.isspace() else None

        return stored

    def text(self, column: Column | str) -> Callable[[Row], str | None]:
        """The text as the broker reads it."""
        place = self.names.index(column if isinstance(column, str) else column.column)
        return lambda row: text_of(row[place])

    def day(self, column: Column) -> Callable[[Row], date | str]:
        """The day, or MISSING, or UNREADABLE."""
        place, written = self.names.index(column.column), column.format

        def day(row: Row) -> date | str:
            try:
                return date_of(row[place], written) or MISSING
            except ValueError:
                return UNREADABLE

        return day
