"""Which rows of a source might be one of the people: the candidate rules, before any SQL.

The union of the rules is asked for; each is one or more *probes*. A probe is a conjunction of comparisons, of
which the first is what an index serves. Only three comparisons exist, so that any database can use its plain
indexes: equal to one of some values, beginning with one of some characters (one of them, or two), and between two
days.

The rules and their recall (.9985 at 48 rows from 270,000 invented people) come from a measured comparison of
blocking rules; each is named after what has to agree.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from functools import cached_property
from itertools import product
from typing import Literal

from connectors.contract import Identifiers, Search
from connectors.expand import (
    code_forms,
    days_between,
    exact_dates,
    nhs_number_forms,
    one_edit_dates,
    postcode_forms,
    reference_forms,
)
from connectors.name_forms import StoredCase, beginnings, initials, name_forms, slip_forms
from connectors.source_file import Column, IdentifierColumns, SourceFile

How = Literal["one_of", "begins", "begins_two", "between"]
Signature = tuple[tuple[Column, How], ...]
BEGINS: frozenset[How] = frozenset(["begins", "begins_two"])
"""What no index is asked for: it narrows down what another comparison finds."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """One column and what it must be. ``between``: from its first value on, and before its second."""

    column: Column
    how: How
    values: tuple[str | date, ...] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Probe:
    """Rows for which every comparison holds."""

    comparisons: tuple[Comparison, ...]

    @property
    def signature(self) -> Signature:
        """What is compared with how, without the values."""
        return tuple((one.column, one.how) for one in self.comparisons)

    @property
    def names(self) -> tuple[tuple[str, How], ...]:
        """The same by the columns' names: in one source they stand for the columns, and are sooner compared."""
        return tuple((one.column.column, one.how) for one in self.comparisons)

    @property
    def indexed(self) -> bool:
        """Whether the source can look these rows up instead of reading them all."""
        return any(one.column.indexed for one in self.comparisons if one.how not in BEGINS)


@dataclass(frozen=True)
class _Sought:
    """One person's identifiers in every form in which this source may hold them. Not slotted: it caches."""

    person: Identifiers = field(repr=False)
    also_called: tuple[str, ...] = field(repr=False)
    stored: StoredCase

    @cached_property
    def given(self) -> tuple[str, ...]:
        return self._forms(self.person.given_name, *self.also_called)

    @cached_property
    def family(self) -> tuple[str, ...]:
        return self._forms(*self._family_names)

    @property
    def _family_names(self) -> tuple[str, ...]:
        return tuple(filter(None, (self.person.family_name, *self.person.other_family_names)))

    @cached_property
    def nearly_family(self) -> tuple[str, ...]:
        """The family name with one slip of the keyboard, too."""
        slipped = (form for name in self._family_names for form in slip_forms(name, self.stored))
        return tuple(sorted({*self.family, *slipped}))

    @cached_property
    def given_initials(self) -> tuple[str, ...]:
        return initials(self.given)

    @cached_property
    def given_beginnings(self) -> tuple[str, ...]:
        return beginnings(self.given)

    @cached_property
    def family_initials(self) -> tuple[str, ...]:
        return initials(self.family)

    @cached_property
    def birth_dates(self) -> tuple[tuple[date, ...], tuple[date, ...]]:
        """The birth date and its day/month swap, and what is one edit away; none, where none was typed."""
        day = self.person.birth_date
        return (exact_dates(day), one_edit_dates(day)) if day else ((), ())

    @cached_property
    def postcodes(self) -> tuple[str, ...]:
        return postcode_forms(self.person.postcode or "")

    def _forms(self, *names: str | None) -> tuple[str, ...]:
        return tuple(sorted({form for name in names if name for form in name_forms(name, self.stored)}))


def probes(search: Search, source: SourceFile) -> tuple[Probe, ...]:
    """The probes for all people of a search, merged; none when nothing typed can be looked for here."""
    names = search.also_called or ((),) * len(search.people)
    everyone = (
        _sought(search, person, also_called, source.stored_case)
        for person, also_called in zip(search.people, names, strict=True)
    )
    wanted = (probe for sought in everyone for probe in _of_one(sought, source.identifiers))
    return _merged(probe for probe in wanted if all(one.values for one in probe.comparisons))


def _sought(search: Search, person: Identifiers, also_called: tuple[str, ...], stored: StoredCase) -> _Sought:
    """Worked out once for all sources that store names alike."""
    key = (person, also_called, stored)
    found: _Sought = search.worked_out.get(key) or search.worked_out.setdefault(key, _Sought(*key))
    return found


def in_parts(wanted: Sequence[Probe], most: int | None) -> tuple[Probe, ...]:
    """The same rows by probes none of whose lists is longer than ``most``; None: as they are."""
    if most is None:
        return tuple(wanted)
    return tuple(part for probe in wanted for part in _parts(probe, most))


def on_days(wanted: Sequence[Probe], moments: Container[str]) -> tuple[Probe, ...]:
    """With each day as the range of its moments, where a column of ``moments`` has a time of day beside the date.

    Not where one slip away is allowed, too: those are many days, and few of them have a time other than midnight.
    """
    return tuple(part for probe in wanted for part in _on_days(probe, moments))


def columns_to_index(source: SourceFile) -> tuple[str, ...]:
    """The columns whose lack of an index makes this source read its whole table for a query; sorted.

    For the operator, at start-up. Empty where every rule looks its rows up.
    """
    born = date(2000, 1, 2)
    typed = Identifiers("Ada", "Lovelace", birth_date=born, postcode="AB1 2CD", uprn="1", upn="A1")
    by_age = Identifiers("Ada", "Lovelace", born_between=(born, born), nhs_number="9434765919")
    wanted = probes(Search("", (typed, by_age), frozenset(), 0.0), source)
    return tuple(sorted({probe.comparisons[0].column.column for probe in wanted if not probe.indexed}))


def _on_days(probe: Probe, moments: Container[str]) -> Iterator[Probe]:
    (first, *others) = probe.comparisons
    if others or first.how != "one_of" or first.column.column not in moments:
        yield probe
        return
    for day in first.values:
        if isinstance(day, date):
            yield Probe((_between(first.column, day, day),))


def _parts(probe: Probe, most: int) -> Iterator[Probe]:
    """A conjunction over a union is the union of the conjunctions."""
    pieces = (
        [replace(one, values=one.values[start : start + most]) for start in range(0, len(one.values), most)]
        for one in probe.comparisons
    )
    return (Probe(comparisons) for comparisons in product(*pieces))


def _of_one(sought: _Sought, columns: IdentifierColumns) -> Iterator[Probe]:
    yield from _same_number(sought.person, columns)
    yield from _same_home(sought, columns)
    yield from _same_family_name(sought, columns)
    yield from _names_swapped(sought, columns)
    if columns.birth_date is not None:
        yield from _born(sought, columns, columns.birth_date)
        yield from _born_between(sought, columns, columns.birth_date)


def _same_number(person: Identifiers, columns: IdentifierColumns) -> Iterator[Probe]:
    if columns.nhs_number and person.nhs_number:
        yield _probe(_one_of(columns.nhs_number, nhs_number_forms(person.nhs_number)))
    if columns.upn and person.upn:
        yield _probe(_one_of(columns.upn, code_forms(person.upn)))
    if columns.case_id and person.case_id:
        yield _probe(_one_of(columns.case_id, reference_forms(person.case_id)))


def _born(sought: _Sought, columns: IdentifierColumns, born: Column) -> Iterator[Probe]:
    """The birth date or its day/month swap, whoever it is; one edit away, with the same initials or given name."""
    exactly, one_edit_away = sought.birth_dates
    if exactly:
        yield _probe(_one_of(born, exactly))
        nearly = _one_of(born, one_edit_away)
        if sought.given_initials and sought.family_initials:
            family_begins = Comparison(columns.family_name, "begins", sought.family_initials)
            yield _probe(
                nearly, Comparison(columns.given_name, "begins", sought.given_initials), family_begins
            )
            yield _probe(nearly, _one_of(columns.given_name, sought.given))
        elif sought.family:
            yield _probe(nearly, _one_of(columns.family_name, sought.family))
        elif sought.given:
            yield _probe(nearly, _one_of(columns.given_name, sought.given))


def _born_between(sought: _Sought, columns: IdentifierColumns, born: Column) -> Iterator[Probe]:
    """Only a month, a year or an age is known: either name, and a birth date in that range."""
    if sought.person.born_between is not None and sought.person.birth_date is None:
        in_range = _between(born, *sought.person.born_between)
        for column in _family_columns(columns):
            yield _probe(_one_of(column, sought.family), in_range)
        yield _probe(_one_of(columns.given_name, sought.given), in_range)


def _same_family_name(sought: _Sought, columns: IdentifierColumns) -> Iterator[Probe]:
    """A family name (also a former one, or a part of a double one), and how the given name begins.

    With a slip of the keyboard in the family name, too. Where the birth date was typed, most people are found by
    it, and this rule is for those whose record lacks it or has it wrong: then two letters of the given name bring
    half as many strangers as its initial, and lose next to nobody.
    """
    first_two = sought.given_beginnings if sought.person.birth_date is not None else ()
    begins = (
        Comparison(columns.given_name, "begins_two", first_two)
        if first_two
        else Comparison(columns.given_name, "begins", sought.given_initials)
    )
    for column in _family_columns(columns):
        yield _probe(_one_of(column, sought.nearly_family), begins)


def _same_home(sought: _Sought, columns: IdentifierColumns) -> Iterator[Probe]:
    """Postcode or property number, and the given name's initial; without a given name, the family name."""
    named = (
        Comparison(columns.given_name, "begins", sought.given_initials)
        if sought.given_initials
        else _one_of(columns.family_name, sought.family)
    )
    if columns.postcode and sought.person.postcode:
        yield _probe(_one_of(columns.postcode, sought.postcodes), named)
    if columns.uprn and sought.person.uprn:
        yield _probe(_one_of(columns.uprn, code_forms(sought.person.uprn)), named)


def _names_swapped(sought: _Sought, columns: IdentifierColumns) -> Iterator[Probe]:
    """Given and family name written into each other's column."""
    yield _probe(_one_of(columns.family_name, sought.given), _one_of(columns.given_name, sought.family))


def _family_columns(columns: IdentifierColumns) -> tuple[Column, ...]:
    return (columns.family_name, *columns.other_family_names)


def _between(born: Column, first: date, last: date) -> Comparison:
    """Texts that begin with the day have no order: there every day of the range is named."""
    if born.format == "dmy_text":
        return _one_of(born, days_between(first, last))
    return Comparison(born, "between", (first, last + timedelta(days=1)))


def _one_of(column: Column, values: tuple[str | date, ...]) -> Comparison:
    return Comparison(column, "one_of", values)


def _probe(*comparisons: Comparison) -> Probe:
    """With a comparison that an index serves first, where there is one."""
    return Probe(
        tuple(sorted(comparisons, key=lambda one: not (one.column.indexed and one.how not in BEGINS)))
    )


def _merged(wanted: Iterable[Probe]) -> tuple[Probe, ...]:
    """Probes that differ in the values of one comparison become one: a family of one surname asks for it once.

    A conjunction is the union of both when all its other comparisons are the same; so nothing is lost or added.
    """
    found: dict[object, Probe] = {}
    for probe in wanted:
        last = probe.comparisons[-1]
        days = last.values if last.how == "between" else ()
        key = (probe.names, tuple(one.values for one in probe.comparisons[:-1]), days)
        known = found.get(key)
        found[key] = probe if known is None else _widened(known, last)
    # By the names of the columns: those of one column stand together.
    return tuple(sorted(found.values(), key=lambda one: one.names))


def _widened(known: Probe, more: Comparison) -> Probe:
    last = known.comparisons[-1]
    both = last.values if last.how == "between" else tuple(sorted({*last.values, *more.values}))
    return Probe((*known.comparisons[:-1], replace(last, values=both)))
