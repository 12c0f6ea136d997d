"""Counts the answers of rows, page after page. What it keeps of a row is a count, and of a key its keyed hash.

The order of rows does not matter, and the tallies of two parts merge into that of the whole.
"""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from itertools import groupby

from broker.profile.births import births
from broker.profile.contacts import contacts
from broker.profile.dates import dates, month_of
from broker.profile.identifiers import identifiers
from broker.profile.names import names
from broker.profile.people import key_missing, people, staff
from broker.profile.questions import (
    ALONE,
    FURTHER,
    OTHER_VALUE,
    SHARED,
    Columns,
    KeyQuestion,
    Question,
    Row,
)
from broker.profile.scope import in_scope, scope
from connectors.source_file import SourceFile
from policy.model import SharingPolicy

MOST_VALUES = 200
"""A column with more values than this holds no codes: none of them is listed, and none is kept."""

KeyOf = Callable[[Row], str | None]


@dataclass(frozen=True, slots=True)
class Questions:
    """Everything that is asked of the rows of one source. ``months``: of which dates the months are counted."""

    in_scope: Callable[[Row], bool] = field(repr=False)
    of_names: tuple[Question, ...]
    of_identifiers: tuple[Question, ...]
    of_dates: tuple[Question, ...]
    of_contacts: tuple[Question, ...]
    of_scope: tuple[Question, ...]
    of_people: tuple[KeyQuestion, ...]
    of_staff: Mapping[str, KeyOf] = field(repr=False)
    months: Mapping[str, KeyOf] = field(repr=False)

    def plain(self) -> Iterator[Question]:
        """All but those about keys."""
        yield from (*self.of_names, *self.of_dates, *self.of_identifiers, *self.of_contacts, *self.of_scope)

    def keys_of(self) -> Mapping[str, KeyOf]:
        """What gives each key."""
        return {**{one.key: one.key_of for one in self.of_people}, **self.of_staff}


def questions(
    source: SourceFile, policy: SharingPolicy | None, names_of_columns: Iterable[str], today: date
) -> Questions:
    """The questions that this source file gives rise to. ``names_of_columns``: what stands where in a row."""
    columns = Columns(tuple(names_of_columns))
    involvement = source.involvement
    dated = {"started": involvement.started, "last_contact": involvement.last_contact}
    working = staff(source, columns)
    return Questions(
        in_scope(source, columns),
        tuple(names(source, columns)),
        tuple(identifiers(source, columns)),
        (*births(source, columns, today), *dates(source, columns, today)),
        tuple(contacts(source, columns)),
        (key_missing(source, columns), *scope(source, policy, columns)),
        tuple(people(source, columns)),
        {"practitioners": working[0], "teams": working[1]} if working else {},
        {place: month_of(columns.day(one), today) for place, one in dated.items() if one is not None},
    )


@dataclass(slots=True)
class Tally:
    """What was counted so far. ``outside``: rows that the cohort leaves out, of which nothing else is counted."""

    asked: Questions = field(repr=False)
    rows: int = 0
    outside: int = 0
    _answers: dict[str, Counter[str]] = field(default_factory=dict, repr=False)
    _months: dict[str, Counter[str]] = field(default_factory=dict, repr=False)
    _keys: dict[str, array[int]] = field(default_factory=dict, repr=False)
    _without_codes: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self._answers = {question.key: Counter() for question in self.asked.plain()}
        self._months = {place: Counter() for place in self.asked.months}
        self._keys = {key: array("q") for key in self.asked.keys_of()}

    def add(self, page: Iterable[Row]) -> None:
        """Count the rows of one page."""
        every = list(page)
        rows = list(filter(self.asked.in_scope, every))
        self.rows += len(rows)
        self.outside += len(every) - len(rows)
        for question in self.asked.plain():
            self._answers[question.key].update(map(question.answer_of, rows))
            self._forget_values(question)
        for place, month in self.asked.months.items():
            self._months[place].update(filter(None, map(month, rows)))
        for key, key_of in self.asked.keys_of().items():
            self._keys[key].extend(hash(one) for one in map(key_of, rows) if one is not None)

    def merge(self, other: Tally) -> None:
        """Count what another tally of the same questions has counted, too."""
        self.rows += other.rows
        self.outside += other.outside
        self._without_codes |= other._without_codes
        for key, counts in other._answers.items():
            self._answers[key].update(counts)
        for question in self.asked.plain():
            self._forget_values(question)
        for place, months in other._months.items():
            self._months[place].update(months)
        for key, hashes in other._keys.items():
            self._keys[key].extend(hashes)

    def answers(self, question: Question) -> Mapping[str, int]:
        """How many rows gave each answer; the question's own answers first, also those that nobody gave."""
        counts = self._answers[question.key]
        if question.key in self._without_codes:
            counts = _without_values(question, counts)
        return {**dict.fromkeys(question.answers, 0), **counts}

    def months(self, place: str) -> Mapping[str, int]:
        """How many rows have a date in each month (2026-05)."""
        return self._months.get(place, Counter())

    def distinct(self, key: str) -> int:
        """How many different keys there are."""
        return len(set(self._keys[key])) if key in self._keys else 0

    def key_answers(self, question: KeyQuestion) -> Mapping[str, int]:
        """How many rows gave each answer to a question about keys."""
        repeats = [sum(1 for _ in same) for _, same in groupby(sorted(self._keys[question.key]))]
        if question.sharing:
            shared = sum(one for one in repeats if one > 1)
            return {SHARED: shared, ALONE: self.rows - shared}
        further = sum(repeats) - len(repeats)
        return {FURTHER: further, ALONE: self.rows - further}

    def _forget_values(self, question: Question) -> None:
        counts = self._answers[question.key]
        if question.lists_values and len(counts) > MOST_VALUES + len(question.answers):
            self._without_codes.add(question.key)
            self._answers[question.key] = _without_values(question, counts)


def _without_values(question: Question, counts: Counter[str]) -> Counter[str]:
    """The counts with every value that no file names among the other values."""
    kept: Counter[str] = Counter()
    for answer, count in counts.items():
        kept[answer if answer in question.answers else OTHER_VALUE] += count
    return kept
