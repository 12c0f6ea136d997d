"""A mapping proposed for one table: what is certain, and what only a person can say.

Names of columns propose; types and the shape of some hundred values decide. What is left in doubt is kept beside
the place that it may be for, with the reason, and is never taken by itself.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from broker.owners.column_words import Meaning, gates, is_key, meaning_of, restricts
from broker.owners.shapes import (
    ENOUGH,
    MOST_CODES,
    NOT_READ,
    SAMPLE,
    DateShape,
    date_shape,
    name_case,
    tellable,
)
from connectors.expand import DateFormat
from connectors.inspection.seen import Coded, Look, SeenColumn, SeenIndex
from connectors.live_columns import ColumnKind
from connectors.name_forms import StoredCase

NEEDED = ("local_key", "identifiers.given_name", "identifiers.family_name")
DATES = ("identifiers.birth_date", "involvement.started", "involvement.ended", "involvement.last_contact")
RECORD_DATES = DATES[1:]
SEVERAL = "identifiers.other_family_names"
_TEXTS = frozenset(
    ["identifiers.given_name", "identifiers.family_name", SEVERAL, "identifiers.postcode", "contact.name"]
)
_WEIGHTY = frozenset(["identifiers.given_name", "identifiers.family_name", "identifiers.birth_date"])
TEXT_FORMS: tuple[DateFormat, ...] = ("iso_text", "dmy_text", "compact_text")


@dataclass(frozen=True, slots=True)
class Mapped:
    """A column for a place, such as ``identifiers.birth_date``. ``written``: None for a column of dates."""

    place: str
    column: str
    indexed: bool = False
    written: DateFormat | None = None


@dataclass(frozen=True, slots=True)
class Doubt:
    """A column that may be meant for a place, and why that is not certain."""

    place: str
    column: str
    why: str


@dataclass(frozen=True, slots=True)
class Proposal:
    """What is proposed for one table. ``codes``: of the columns of codes, those that may be told."""

    table: str
    rows: int | None
    columns: tuple[SeenColumn, ...]
    mapped: tuple[Mapped, ...]
    doubts: tuple[Doubt, ...]
    codes: Mapping[str, tuple[Coded, ...]] = field(default_factory=dict, repr=False)
    restricting: tuple[str, ...] = ()
    gates: tuple[str, ...] = ()
    case: StoredCase = "as_written"

    def of(self, place: str) -> Mapped | None:
        """What is mapped for a place; the first where there may be several."""
        return next((one for one in self.mapped if one.place == place), None)

    def missing(self) -> tuple[str, ...]:
        """The places without which there is no source file."""
        missing = tuple(place for place in NEEDED if self.of(place) is None)
        return missing if any(self.of(place) for place in RECORD_DATES) else (*missing, "involvement.started")


def likeness(columns: Iterable[str]) -> int:
    """How much a table looks like one of people: the places that its columns' names speak of."""
    places = {found.place for one in columns if (found := meaning_of(one)) and not found.doubt}
    return len(places) + 5 * len(places & _WEIGHTY)


async def propose(
    look: Look,
    table: str,
    told: Mapping[str, Sequence[str]],
    *,
    values: bool = True,
    dates: DateFormat | None = None,
) -> Proposal:
    """The proposal for a table. ``told``: the columns that a person chose for a place (none: it stays empty).

    ``values``: whether some values may be looked at. Without, what only they can show stays in doubt. ``dates``:
    how dates are written where values don't tell, as a person says.
    """
    columns, indexes = await look.columns(table), await look.indexes(table)
    kinds = {one.name: one.kind for one in columns}
    chosen, doubts = _by_name(columns, indexes, told)
    mapped = []
    for place, column in chosen:
        found = await _fitted(look, table, place, column, kinds[column], values=values, dates=dates)
        if isinstance(found, Doubt) and place in told and place not in DATES:
            found = Mapped(place, column)  # a person said so, and the check will tell what does not fit
        if isinstance(found, Doubt):
            doubts.append(found)
        else:
            mapped.append(_with_index(found, indexes))
    return Proposal(
        table=table,
        rows=await look.rows_of(table),
        columns=columns,
        mapped=tuple(mapped),
        doubts=tuple(doubts),
        codes=await _codes(look, table, mapped) if values else {},
        restricting=tuple(one.name for one in columns if restricts(one.name)),
        gates=tuple(one.name for one in columns if gates(one.name)),
        case=await _case(look, table, mapped) if values else "as_written",
    )


def _by_name(
    columns: Sequence[SeenColumn], indexes: Sequence[SeenIndex], told: Mapping[str, Sequence[str]]
) -> tuple[list[tuple[str, str]], list[Doubt]]:
    """Places with their columns, those that a person chose first, and what is in doubt."""
    meant: dict[str, list[tuple[Meaning, str]]] = defaultdict(list)
    taken = {column for those in told.values() for column in those}
    for one in columns:
        if one.name not in taken and (meaning := meaning_of(one.name)):
            meant[meaning.place].append((meaning, one.name))
    chosen = [(place, column) for place, those in told.items() for column in those]
    doubts: list[Doubt] = []
    for place, found in meant.items():
        if place not in told:
            sure, unsure = _surest(place, found)
            chosen += [(place, column) for column in sure]
            doubts += unsure
    if "local_key" not in told and (key := _key(columns, indexes)):
        chosen.append(("local_key", key))
    return chosen, doubts


def _surest(place: str, found: Sequence[tuple[Meaning, str]]) -> tuple[list[str], list[Doubt]]:
    """The one column of the most usual name; of several that are equally usual none."""
    doubts = [Doubt(place, column, meaning.doubt) for meaning, column in found if meaning.doubt]
    usual = sorted((meaning.rank, column) for meaning, column in found if not meaning.doubt)
    first = [column for rank, column in usual if rank == usual[0][0]]
    if place == SEVERAL or len(first) == 1:
        rest = [column for _, column in usual if column not in first]
        return first, [*doubts, *(Doubt(place, one, f"{first[0]} has the more usual name") for one in rest)]
    return [], [*doubts, *(Doubt(place, one, "several columns may be meant") for _, one in usual)]


def _key(columns: Sequence[SeenColumn], indexes: Sequence[SeenIndex]) -> str | None:
    """The column of a unique index of one column; else the one column that is called like a key."""
    unique = [one.columns[0] for one in indexes if one.unique and len(one.columns) == 1]
    named = [one.name for one in columns if is_key(one.name)]
    both = [one for one in unique if one in named]
    if both or unique:
        return (both or unique)[0]  # the primary key's index comes first
    return named[0] if len(named) == 1 else None


async def _fitted(
    look: Look,
    table: str,
    place: str,
    column: str,
    kind: ColumnKind,
    *,
    values: bool,
    dates: DateFormat | None,
) -> Mapped | Doubt:
    """The column in its form, or why it does not fit the place."""
    if place not in DATES:
        if place in _TEXTS and kind not in {"text", "untyped"}:
            return Doubt(place, column, f"it is no text ({kind.replace('_', ' ')})")
        return Mapped(place, column)
    if kind in {"date", "moment", "moment_with_zone"}:
        return Mapped(place, column)
    if kind not in {"text", "untyped"}:
        return Doubt(place, column, f"it is no date ({kind.replace('_', ' ')})")
    shape = date_shape(await look.sample(table, column, SAMPLE) if values else ())
    if shape.looked_at < ENOUGH and dates is not None:
        return Mapped(place, column, written=dates)
    return _in_its_form(place, column, shape)


def _in_its_form(place: str, column: str, shape: DateShape) -> Mapped | Doubt:
    form = next((one for one in TEXT_FORMS if one == shape.written), None)
    return Mapped(place, column, written=form) if form else Doubt(place, column, _why_no_date(shape))


def _why_no_date(shape: DateShape) -> str:
    if shape.looked_at < ENOUGH:
        return "too few values to see how its dates are written: say it with --dates"
    return NOT_READ.get(shape.written or "", "its values are not written in one form that is a date")


def _with_index(one: Mapped, indexes: Sequence[SeenIndex]) -> Mapped:
    served = any(index.columns[0] == one.column for index in indexes)
    return Mapped(one.place, one.column, served and one.place.startswith("identifiers."), one.written)


async def _codes(look: Look, table: str, mapped: Iterable[Mapped]) -> dict[str, tuple[Coded, ...]]:
    """Of each column of codes, those that may be told; a column of too many different values has none."""
    coded = [one.column for one in mapped if one.place in {"identifiers.sex", "involvement.status"}]
    found = {one: await look.codes(table, one, MOST_CODES) for one in coded}
    return {column: tellable(codes) for column, codes in found.items() if codes}


async def _case(look: Look, table: str, mapped: Iterable[Mapped]) -> StoredCase:
    names = [one.column for one in mapped if one.place in NEEDED[1:]]
    cases = {name_case(await look.sample(table, column, SAMPLE)) for column in names}
    return cases.pop() if len(cases) == 1 else "as_written"
