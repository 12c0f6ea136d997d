"""How many people the records are of, as far as can be told, and who works with them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from broker.matching.normalise import postcode, real_name
from broker.profile.questions import (
    ALONE,
    FURTHER,
    MISSING,
    SHARED,
    Columns,
    Finding,
    KeyQuestion,
    Question,
    Row,
    Table,
    Weight,
)
from connectors.source_file import SourceFile

KeyOf = Callable[[Row], str | None]

_PEOPLE = {FURTHER: "Further records of somebody, by name and birth date", ALONE: "Others"}
_LOCAL_KEYS = {FURTHER: "Records that repeat the local key of another", ALONE: "Others"}
_HOMES = {
    SHARED: "Same name, birth date and postcode as another record",
    ALONE: "No other record like it",
}
_BETWEEN = "\x1f"
_MANY_SHARED = 0.3


def people(source: SourceFile, columns: Columns) -> Iterator[KeyQuestion]:
    """The questions about keys that several records may have."""
    yield KeyQuestion("local_key", "Records and local keys", _LOCAL_KEYS, columns.text(source.local_key))
    person = _person(source, columns)
    if person is not None:
        yield KeyQuestion("people", "Records and people", _PEOPLE, person)
        if source.identifiers.postcode is not None:
            home = _and_postcode(person, columns.text(source.identifiers.postcode))
            yield KeyQuestion("duplicates", "Duplicates", _HOMES, home, _duplicate_findings, sharing=True)


def staff(source: SourceFile, columns: Columns) -> tuple[KeyOf, KeyOf] | None:
    """What tells practitioners apart (by team and name), and teams; None unless both are mapped."""
    mapped = source.contact
    if mapped.name is None or mapped.team is None:
        return None
    name, team = columns.text(mapped.name), columns.text(mapped.team)
    return lambda row: _joined(team(row), name(row)), team


def _person(source: SourceFile, columns: Columns) -> KeyOf | None:
    mapped = source.identifiers
    if mapped.birth_date is None:
        return None
    given, family = columns.text(mapped.given_name), columns.text(mapped.family_name)
    born = columns.day(mapped.birth_date)

    def person(row: Row) -> str | None:
        day = born(row)
        return (
            None
            if isinstance(day, str)
            else _joined(real_name(given(row)), real_name(family(row)), day.isoformat())
        )

    return person


def _and_postcode(person: KeyOf, read: Callable[[Row], str | None]) -> KeyOf:
    def home(row: Row) -> str | None:
        who = person(row)
        return None if who is None else _joined(who, postcode(read(row)))

    return home


def _joined(*texts: str | None) -> str | None:
    """One key of several texts; None when one of them is missing."""
    there = [one for one in texts if one]
    return _BETWEEN.join(there) if len(there) == len(texts) else None


def _duplicate_findings(table: Table) -> Iterable[Finding]:
    if table.notable(SHARED, least=_MANY_SHARED):
        yield Finding(
            Weight.CHECK,
            f"{table.words(SHARED)} has the name, birth date and postcode of another record.",
            "Records of one person are brought together, the newest involvement first: nobody is missed by it. But"
            " the number of records says little of the number of people.",
            "Make sure that a row is what the source file means by a record: an involvement, not a note or visit.",
        )


def key_missing(source: SourceFile, columns: Columns) -> Question:
    """Whether each record has its local key: without it, the source can't answer."""
    read = columns.text(source.local_key)
    stops = Finding(
        Weight.STOPS,
        f"There are records without a local key ({source.local_key}).",
        "Whenever a search brings up such a row, the service can't answer at all. One is enough, so this is told"
        " however few there are.",
        "Map a column that every record has, or leave these records out in a view.",
    )
    return Question(
        "local_key_missing",
        "Local key",
        {"present": "Present", MISSING: "Missing"},
        lambda row: MISSING if read(row) is None else "present",
        stops={MISSING: stops},
    )
