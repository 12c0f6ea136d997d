"""Children's cases as their tables hold them: cases, who holds them, people, and who is linked to which."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from deploy.demo.records import Record, Row, Tables, Worker

_SECOND_WORKER_IN = 5
"""One case in five has a second worker."""


def tables_of_cases(records: Sequence[Record]) -> Tables:
    """Every row of the case system's database."""
    workers = dict.fromkeys(one.worker for one in records)
    numbered = {worker: number for number, worker in enumerate(workers, start=1)}
    cases = {one.case_key: one for one in records}
    people = {one.person_key: one for one in records}
    return {
        "cms.worker": [_worker(one, number) for one, number in numbered.items()],
        "cms.case_file": [_case(one, numbered) for one in cases.values()],
        "cms.allocation": [
            (number, *one) for number, one in enumerate(_allocations(cases.values(), [*workers]), start=1)
        ],
        "cms.person": [_person(one) for one in people.values()],
        "cms.link": [(one.local_key, one.case_key, one.person_key, one.party) for one in records],
    }


def _worker(one: Worker, number: int) -> Row:
    return (number, one.login, one.name, one.role, one.team, one.phone, one.email)


def _case(one: Record, numbered: Mapping[Worker, int]) -> Row:
    state = "OPEN" if one.status == "current" else "CLOSED"
    return (one.case_key, one.kind, state, one.started, one.ended, one.last_contact, numbered[one.worker])


def _allocations(cases: Iterable[Record], workers: Sequence[Worker]) -> Iterator[Row]:
    """Whom a case is allocated to: nobody where its worker has left, and now and then two."""
    logins = sorted(one.login for one in workers if one.login)
    for number, case in enumerate(cases, start=1):
        if case.worker.login:
            yield (case.case_key, case.worker.login)
            second = logins[number % len(logins)]
            if not number % _SECOND_WORKER_IN and not case.designed and second != case.worker.login:
                yield (case.case_key, second)


def _person(one: Record) -> Row:
    who = one.written
    names = (who.given_name, who.family_name, who.former_family_name)
    return (
        one.person_key, *names, who.birth_date, who.sex, who.address, who.postcode, who.nhs_number,
        "Y" if one.restricted else "N",
    )  # fmt: skip
