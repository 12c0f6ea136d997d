"""Records as the tables of each service's own system hold them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime, time
from typing import Any

from deploy.demo.records import Record, Worker

Tables = Mapping[str, Sequence[tuple[Any, ...]]]
"""Table name (with its schema) to rows, in the order in which they have to be filled."""


def tables_of(service: str, records: Sequence[Record]) -> Tables:
    """Every row of one service's database."""
    make = {
        "school": _school,
        "adult_social_care": _adult_social_care,
        "housing": _housing,
        "police": _police,
    }
    return make[service]([one for one in records if one.service == service])


def _school(records: Sequence[Record]) -> Tables:
    schools = _numbered(records)
    return {
        "mis.school": [(n, w.team, w.phone, w.name, w.role, w.email) for w, n in schools.items()],
        "mis.stud": [_pupil(one) for one in records],
        "mis.enrolment": [
            (
                one.local_key,
                schools[one.worker],
                one.started,
                one.ended,
                one.last_contact,
                "C" if one.status == "current" else "L",
            )
            for one in records
        ],
    }


def _pupil(one: Record) -> tuple[Any, ...]:
    who = one.written
    sex = who.sex[0].upper() if who.sex else None
    names = (who.given_name, who.family_name, who.former_family_name)
    flag = "Y" if one.restricted else "N"
    return (one.local_key, who.upn, *names, who.birth_date, sex, who.address, who.postcode, flag)


def _adult_social_care(records: Sequence[Record]) -> Tables:
    workers = _numbered(records)
    return {
        "cases.worker": [(n, w.name, w.role, w.team, w.phone, w.email) for w, n in workers.items()],
        "cases.person": [_case_person(one) for one in records],
        "cases.episode": [
            (
                f"E{one.local_key}",
                one.local_key,
                one.kind.upper(),
                "OPEN" if one.status == "current" else "CLOSED",
                one.started,
                one.ended,
                datetime.combine(one.last_contact, time(14, 30)),
                workers[one.worker],
            )
            for one in records
        ],
    }


def _case_person(one: Record) -> tuple[Any, ...]:
    who = one.written
    former = who.former_family_name.upper() if who.former_family_name else None
    names = (who.given_name.upper(), who.family_name.upper(), former)
    sex = {"male": "1", "female": "2"}.get(who.sex or "")
    place = (who.address, who.postcode)
    return (one.local_key, *names, who.birth_date, sex, *place, who.nhs_number, one.restricted)


def _housing(records: Sequence[Record]) -> Tables:
    return {"TENANCY": [_tenancy(one) for one in records]}


def _tenancy(one: Record) -> tuple[Any, ...]:
    who, worker = one.written, one.worker
    return (
        one.local_key,
        who.given_name,
        who.family_name,
        _day_first(who.birth_date),
        who.sex.capitalize() if who.sex else None,
        who.address,
        who.postcode,
        _day_first(one.started),
        _day_first(one.ended),
        _day_first(one.last_contact),
        "CUR" if one.status == "current" else "FMR",
        worker.name,
        worker.role,
        worker.team,
        worker.phone,
        worker.email,
        "Yes" if one.restricted else "No",
    )


def _police(records: Sequence[Record]) -> Tables:
    return {
        "rms.nominal": [_nominal(one) for one in records],
        "rms.occurrence": [
            (
                f"O{one.local_key}",
                one.local_key,
                one.kind,
                "OPEN" if one.status == "current" else "FINALISED",
                one.started,
                one.ended,
                one.last_contact,
                one.worker.name,
                one.worker.role,
                one.worker.team,
                one.worker.phone,
                one.worker.email,
            )
            for one in records
        ],
    }


def _nominal(one: Record) -> tuple[Any, ...]:
    who = one.written
    sex = who.sex[0].upper() if who.sex else None
    names = (who.given_name, who.family_name, who.former_family_name)
    return (one.local_key, *names, who.birth_date, sex, who.address, who.postcode, one.restricted)


def _numbered(records: Sequence[Record]) -> Mapping[Worker, int]:
    """Everyone who can be rung, with a number."""
    return {
        worker: number for number, worker in enumerate(dict.fromkeys(one.worker for one in records), start=1)
    }


def _day_first(day: date | None) -> str | None:
    return day.strftime("%d/%m/%Y") if day else None
