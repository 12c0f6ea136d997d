"""Records as the tables of each service's own system hold them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, datetime, time

from deploy.demo.case_rows import tables_of_cases
from deploy.demo.records import Record, Row, Tables, Worker


def tables_of(service: str, records: Sequence[Record]) -> Tables:
    """Every row of one service's database."""
    make: Mapping[str, Callable[[Sequence[Record]], Tables]] = {
        "school": _school,
        "adult_social_care": _adult_social_care,
        "housing": _housing,
        "housing_asb": _housing_asb,
        "police": _police,
        "childrens_cases": tables_of_cases,
    }
    return make[service]([one for one in records if one.service == service])


def _school(records: Sequence[Record]) -> Tables:
    schools = _numbered(records)
    return {
        "mis.school": [(n, w.team, w.phone, w.name, w.role, w.email) for w, n in schools.items()],
        "mis.stud": [_pupil(one) for one in _people(records)],
        "mis.enrolment": [_enrolment(one, schools[one.worker]) for one in records],
    }


def _pupil(one: Record) -> Row:
    who = one.written
    names = (who.given_name, who.family_name, who.former_family_name)
    place = (who.address, who.postcode)
    return (
        one.person_key, who.upn, *names, who.birth_date, _initial(who.sex), *place, "Y" if one.restricted else "N",
    )  # fmt: skip


def _enrolment(one: Record, school: int) -> Row:
    status = "C" if one.status == "current" else "L"
    return (one.local_key, one.person_key, school, one.started, one.ended, one.last_contact, status)


def _adult_social_care(records: Sequence[Record]) -> Tables:
    workers = _numbered(records)
    return {
        "cases.worker": [(n, w.name, w.role, w.team, w.phone, w.email) for w, n in workers.items()],
        "cases.person": [_case_person(one) for one in _people(records)],
        "cases.episode": [_episode(one, workers[one.worker]) for one in records],
    }


def _case_person(one: Record) -> Row:
    who = one.written
    former = who.former_family_name.upper() if who.former_family_name else None
    names = (who.given_name.upper(), who.family_name.upper(), former)
    sex = {"male": "1", "female": "2"}.get(who.sex or "", "9")
    place = (who.address, who.postcode)
    return (one.person_key, *names, who.birth_date, sex, *place, who.nhs_number, one.restricted)


def _episode(one: Record, worker: int) -> Row:
    state = "OPEN" if one.status == "current" else "CLOSED"
    reviewed = datetime.combine(one.last_contact, time(14, 30))
    return (
        one.local_key, one.person_key, one.kind.upper(), state, one.started, one.ended, reviewed, worker,
    )  # fmt: skip


def _housing(records: Sequence[Record]) -> Tables:
    return {"TENANCY": [_tenancy(one) for one in records]}


def _tenancy(one: Record) -> Row:
    who, worker = one.written, one.worker
    sex = who.sex.capitalize() if who.sex else None
    return (
        one.local_key, one.case_key, who.given_name, who.family_name, _day_first(who.birth_date), sex,
        who.address, who.postcode, _day_first(one.started), _day_first(one.ended), _day_first(one.last_contact),
        "CUR" if one.status == "current" else "FMR",
        worker.name, worker.role, worker.team, worker.phone, worker.email, "Yes" if one.restricted else "No",
    )  # fmt: skip


def _housing_asb(records: Sequence[Record]) -> Tables:
    return {"asb": [_party_to_nuisance(one) for one in records]}


def _party_to_nuisance(one: Record) -> Row:
    who, officer = one.written, one.worker
    return (
        one.local_key, one.case_key, one.kind, one.party, who.given_name, who.family_name,
        _day_first(who.birth_date), _initial(who.sex), who.address, who.postcode, _day_first(one.started),
        _day_first(one.ended), _day_first(one.last_contact), "open" if one.status == "current" else "closed",
        officer.name, officer.role, officer.team, officer.phone, officer.email, "Yes" if one.restricted else "No",
    )  # fmt: skip


def _police(records: Sequence[Record]) -> Tables:
    matters = {one.case_key: one for one in records}
    return {
        "rms.nominal": [_nominal(one) for one in _people(records)],
        "rms.occurrence": [_occurrence(one) for one in matters.values()],
        "rms.party": [(one.local_key, one.case_key, one.person_key, one.party) for one in records],
    }


def _nominal(one: Record) -> Row:
    who = one.written
    names = (who.given_name, who.family_name, who.former_family_name)
    place = (who.address, who.postcode)
    return (one.person_key, *names, who.birth_date, _initial(who.sex), *place, one.restricted)


def _occurrence(one: Record) -> Row:
    stage, officer = "OPEN" if one.status == "current" else "FINALISED", one.worker
    dates = (one.started, one.ended, one.last_contact)
    contact = (officer.name, officer.role, officer.team, officer.phone, officer.email)
    return (one.case_key, one.kind, stage, *dates, *contact)


def _people(records: Iterable[Record]) -> Iterable[Record]:
    """One record of each person whom the service has."""
    return {one.person_key: one for one in records}.values()


def _numbered(records: Iterable[Record]) -> Mapping[Worker, int]:
    """Everyone who can be rung, with a number."""
    return {
        worker: number for number, worker in enumerate(dict.fromkeys(one.worker for one in records), start=1)
    }


def _initial(sex: str | None) -> str | None:
    return sex[0].upper() if sex else None


def _day_first(day: date | None) -> str | None:
    return day.strftime("%d/%m/%Y") if day else None
