"""What the profile's tests share: a source file with every column, rows that are in order, and their profile."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta
from typing import Any

from broker.profile.profile import Profile, profile_of
from broker.profile.questions import Finding, Table
from broker.profile.tally import Tally, questions
from broker.profile.whole import Circumstances
from connectors.source_file import SourceFile
from deploy.demo.northshire import PARTNERSHIP
from policy.load import load_policy
from policy.model import Gate, SharingPolicy

TODAY = date(2026, 6, 1)
Cells = Mapping[str, object]

SOURCE: Mapping[str, Any] = {
    "format": "source/1",
    "source": "housing",
    "service": "Housing",
    "system": "Northshire Homes",
    "kind": "memory",
    "connection": {},
    "table": "tenancy",
    "local_key": "ref",
    "identifiers": {
        "given_name": "forename",
        "family_name": "surname",
        "other_family_names": ["maiden_name"],
        "birth_date": {"column": "dob", "format": "iso_text"},
        "sex": "sex",
        "address": "address",
        "postcode": "postcode",
        "uprn": "uprn",
        "nhs_number": "nhs",
        "upn": "upn",
    },
    "sex_codes": {"F": "female", "M": "male"},
    "involvement": {
        "started": {"column": "started", "format": "iso_text"},
        "ended": {"column": "ended", "format": "iso_text"},
        "last_contact": {"column": "seen", "format": "iso_text"},
        "status": "status",
    },
    "status_codes": {"C": "current", "F": "former"},
    "contact": {"name": "officer", "team": "team", "phone": "phone", "email": "email"},
    "gates": {"category": "category"},
    "restricted": {"column": "shielded", "values": ["Y"]},
    "desk": {"name": "Housing desk", "phone": "0161 496 0000"},
    "coverage": {"area": "Northshire", "since": "2015-01-01"},
    "population": 200,
}


def source(**changed: Any) -> SourceFile:
    """The source file of SOURCE; ``changed`` replaces whole parts of it."""
    return SourceFile.model_validate({**SOURCE, **changed})


COLUMNS = (
    *("ref", "forename", "surname", "maiden_name", "dob", "sex", "address", "postcode", "uprn", "nhs", "upn"),
    *("started", "ended", "seen", "status", "officer", "team", "phone", "email", "category", "shielded"),
)


def cells(number: int, **changed: object) -> Cells:
    """A row by its columns, of a person of their own, with which nothing is wrong."""
    born = date(1980, 2, 14) + timedelta(days=number)
    return {
        "ref": f"T{number}",
        "forename": "Ada",
        "surname": f"Ashdown{'abcdefghij'[number % 10]}",
        "maiden_name": None,
        "dob": (born if (born.month, born.day) != (1, 1) else date(1975, 5, 5)).isoformat(),
        "sex": "F" if number < 180 else "M",
        "address": "1 Mill Lane",
        "postcode": "SK3 8AB",
        "uprn": "100012345",
        "nhs": "943 476 5919",
        "upn": None,
        "started": "2020-03-01",
        "ended": None if number < 200 else "2024-05-01",
        "seen": "2026-05-20",
        "status": "C",
        "officer": "Dilys Prys",
        "team": "East patch",
        "phone": "01632 960021",
        "email": "dilys.prys@housing.example",
        "category": "tenancy",
        "shielded": "N",
        **changed,
    }


def many(count: int, first: int = 0, **changed: object) -> list[Cells]:
    return [cells(first + number, **changed) for number in range(count)]


def policy(gates: Mapping[str, Gate]) -> SharingPolicy:
    """A policy with these gates."""
    written = load_policy(PARTNERSHIP / "policies" / "housing.yaml").policy
    return written.model_copy(update={"gates": dict(gates)})


def tally(
    rows: Iterable[Cells], of: SourceFile | None = None, gates: Mapping[str, Gate] | None = None
) -> Tally:
    of = of or source()
    counted = Tally(questions(of, policy(gates) if gates else None, COLUMNS, TODAY))
    counted.add([tuple(row[name] for name in COLUMNS) for row in rows])
    return counted


def profiled(
    rows: Sequence[Cells], of: SourceFile | None = None, gates: Mapping[str, Gate] | None = None, **told: Any
) -> Profile:
    of = of or source()
    return profile_of(of, tally(rows, of, gates), Circumstances(TODAY, **told))


def table(profile: Profile, key: str) -> Table:
    return next(one for section in profile.sections for one in section.tables if one.key == key)


def shown(profile: Profile, key: str) -> dict[str, str]:
    """The published figures of a question by its answers, as text."""
    return {answer: figure.text() for answer, figure in table(profile, key).figures.items()}


def finding(profile: Profile, word: str) -> Finding:
    """The one finding with a word in what it says."""
    (found,) = [one for one in profile.findings if word in one.what]
    return found
