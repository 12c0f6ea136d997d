"""The services' records: dates that can be, people who can be rung, and tables that fit their schemas."""

from __future__ import annotations

import csv
import re
from collections import Counter, defaultdict
from pathlib import Path

import apsw
import pytest

from deploy.demo.databases import SCHEMAS, write_csv
from deploy.demo.records import SERVICES, Record
from deploy.demo.rows import tables_of
from deploy.demo.truth import Truth, load, make_truth, save
from tests.unit.demo.demo_samples import TODAY, by_id, town


def of(service: str) -> list[Record]:
    return [one for one in town().records if one.service == service]


def test_no_date_is_in_the_future_or_out_of_order() -> None:
    for seed in range(5):
        for one in town(seed, 600).records:
            assert one.started <= one.last_contact <= TODAY
            assert one.ended is None or one.started <= one.ended <= TODAY
            assert (one.status == "closed") == (one.ended is not None)


def test_every_record_is_of_somebody_born_before_it_began() -> None:
    people = by_id(town())
    children = [one for one in town().records if people[one.person_id].age_on(TODAY) < 18]
    assert len(children) > 100
    assert all(people[one.person_id].birth_date < one.started for one in children)


def test_local_keys_are_unique_and_person_keys_are_one_persons() -> None:
    keys = [one.local_key for one in town().records]
    assert len(set(keys)) == len(keys)
    owners: dict[str, set[str]] = defaultdict(set)
    for one in town().records:
        owners[one.person_key].add(one.person_id)
    assert all(len(people) == 1 for people in owners.values())


@pytest.mark.parametrize("service", ["school", "adult_social_care", "police"])
def test_some_people_stand_in_a_service_twice(service: str) -> None:
    entries: dict[str, set[str]] = defaultdict(set)
    for one in of(service):
        entries[one.person_id].add(one.person_key)
    twice = sum(len(keys) > 1 for keys in entries.values())
    assert 0 < twice < 0.15 * len(entries)


def test_a_person_of_a_service_is_written_in_one_way() -> None:
    ways: dict[str, set[tuple[object, bool]]] = defaultdict(set)
    for one in town().records:
        ways[one.person_key].add((one.written, one.restricted))
    assert all(len(found) == 1 for found in ways.values())


def test_couples_are_joint_tenants_and_parties_to_one_occurrence() -> None:
    for service, least in (("housing", 100), ("police", 10)):
        parts: dict[str, list[Record]] = defaultdict(list)
        for one in of(service):
            parts[one.case_key].append(one)
        shared = [found for found in parts.values() if len(found) == 2]
        assert len(shared) > least
        for one, other in shared:
            assert one.person_id != other.person_id
            assert (one.started, one.ended, one.worker, one.kind) == (
                other.started, other.ended, other.worker, other.kind,
            )  # fmt: skip


def test_every_value_that_a_gate_may_meet_occurs() -> None:
    assert {one.kind for one in of("adult_social_care")} == {"in_force", "ended", "planned", "cancelled"}
    assert {one.kind for one in of("police")} == {
        "domestic_abuse", "missing", "exploitation", "parking", "under_investigation", "theft",
    }  # fmt: skip
    assert {one.party for one in of("police")} == {
        "suspect",
        "victim",
        "witness",
        "reporting_person",
        "subject",
    }


def test_whoever_is_party_to_a_nuisance_occurs_and_lives_next_door() -> None:
    people = by_id(town())
    assert {one.kind for one in of("housing_asb")} == {
        "violence", "harassment", "drugs", "noise", "parking_dispute",
    }  # fmt: skip
    parties: dict[str, dict[str, int]] = defaultdict(dict)
    for one in (one for one in of("housing_asb") if not one.designed):
        parties[one.case_key][one.party] = people[one.person_id].household
    assert all(
        found["perpetrator"] == household + 1
        for found in parties.values()
        for party, household in found.items()
        if party != "perpetrator"
    )
    assert {party for found in parties.values() for party in found} == {
        "perpetrator", "complainant", "victim", "witness",
    }  # fmt: skip


def test_a_case_has_a_child_and_one_two_or_no_worker() -> None:
    tables = tables_of("childrens_cases", town().records)
    held = Counter(case for _, case, _ in tables["cms.allocation"])
    assert {held[case] for case, *_ in tables["cms.case_file"]} == {0, 1, 2}
    links: dict[str, list[str]] = defaultdict(list)
    for one in of("childrens_cases"):
        links[one.case_key].append(one.party)
    assert all(found.count("CHILD") == 1 for found in links.values())
    assert {link for found in links.values() for link in found} >= {"CHILD", "SIBLING", "MOTHER", "FATHER"}


def test_the_extract_has_a_header_and_a_row_for_each_party(tmp_path: Path) -> None:
    rows = tables_of("housing_asb", town().records)["asb"]
    schema = (SCHEMAS / "housing_asb.sql").read_text(encoding="utf-8")
    write_csv(tmp_path / "asb.csv", re.findall(r"(?m)^    (\w+) text", schema), rows)
    with (tmp_path / "asb.csv").open(encoding="utf-8", newline="") as file:
        read = list(csv.DictReader(file))
    assert len(read) == len(rows) > 50
    assert {one["party_role"] for one in read} == {"perpetrator", "complainant", "victim", "witness"}
    assert all(re.fullmatch(r"\d\d/\d\d/\d{4}", one["opened"]) for one in read)
    assert list(tmp_path.iterdir()) == [tmp_path / "asb.csv"]


def test_a_plan_in_force_has_not_ended() -> None:
    states = {(one.kind, one.status) for one in of("adult_social_care")}
    assert states == {
        ("in_force", "current"), ("planned", "current"), ("ended", "closed"), ("cancelled", "closed"),
    }  # fmt: skip


def test_a_few_people_are_restricted_each_at_one_service() -> None:
    at: dict[str, set[str]] = defaultdict(set)
    for one in town().records:
        if one.restricted:
            at[one.person_id].add(one.service)
    known = {one.person_id for one in town().records}
    assert 0.003 < len(at) / len(known) < 0.02
    assert all(len(services) == 1 for services in at.values())
    assert not any(one.restricted for one in town().records if one.designed)


def test_telephone_numbers_are_those_that_ofcom_keeps_for_fiction() -> None:
    assert all(re.fullmatch(r"01632 960\d{3}", one.worker.phone) for one in town().records)


def test_email_addresses_are_well_formed_and_lead_nowhere() -> None:
    addresses = [
        one.worker.email for seed in range(10) for one in town(seed, 200).records if one.worker.email
    ]
    assert len(addresses) > 300
    assert all(re.fullmatch(r"[a-z.-]+@[a-z-]+\.northshire\.example", one) for one in addresses)


def test_many_contacts_lack_an_email_and_some_schools_a_name() -> None:
    missing = sum(one.worker.email is None for one in of("adult_social_care")) / len(of("adult_social_care"))
    assert 0.3 < missing < 0.7
    assert {one.worker.name is None for one in of("school")} == {True, False}


def test_pupils_move_from_primary_to_secondary_school() -> None:
    people, kinds = by_id(town()), Counter[tuple[bool, bool]]()
    for one in of("school"):
        if one.status == "current":
            kinds[people[one.person_id].age_on(TODAY) >= 12, one.worker.team.endswith("Academy")] += 1
    assert set(kinds) == {(False, False), (True, True), (False, True)}  # at eleven, some are in either
    assert kinds[False, True] < kinds[False, False] / 5


@pytest.mark.parametrize("service", SERVICES)
def test_the_tables_of_a_service_refer_to_rows_that_exist(service: str) -> None:
    tables = tables_of(service, town().records)
    assert all(len({len(row) for row in rows}) == 1 for rows in tables.values())
    first_columns = {name: [row[0] for row in rows] for name, rows in tables.items()}
    if service == "school":
        assert {row[1] for row in tables["mis.enrolment"]} == set(first_columns["mis.stud"])
        assert {row[2] for row in tables["mis.enrolment"]} == set(first_columns["mis.school"])
    if service == "adult_social_care":
        assert {row[1] for row in tables["cases.episode"]} == set(first_columns["cases.person"])
    if service == "police":
        assert {row[1] for row in tables["rms.party"]} == set(first_columns["rms.occurrence"])
        assert {row[2] for row in tables["rms.party"]} == set(first_columns["rms.nominal"])
    if service == "childrens_cases":
        assert {row[1] for row in tables["cms.link"]} == set(first_columns["cms.case_file"])
        assert {row[2] for row in tables["cms.link"]} == set(first_columns["cms.person"])
        assert {row[1] for row in tables["cms.allocation"]} <= set(first_columns["cms.case_file"])
        assert {row[2] for row in tables["cms.allocation"]} <= {row[1] for row in tables["cms.worker"]}
    assert all(len(set(keys)) == len(keys) for keys in first_columns.values())


@pytest.mark.parametrize("service", SERVICES)
def test_a_row_has_a_value_for_each_column_of_its_table(service: str) -> None:
    schema = (SCHEMAS / f"{service}.sql").read_text(encoding="utf-8")
    columns = {
        name: len(re.findall(r"^    \w", body, re.MULTILINE))
        for name, body in re.findall(r"CREATE TABLE ([\w.]+) \((.*?)\n\);", schema, re.DOTALL)
    }
    assert columns == {name: len(rows[0]) for name, rows in tables_of(service, town().records).items()}


def test_housing_keeps_its_dates_as_texts_day_first() -> None:
    database = apsw.Connection(":memory:")
    database.execute((SCHEMAS / "housing.sql").read_text(encoding="utf-8"))
    rows = tables_of("housing", town().records)["TENANCY"]
    database.executemany(f"INSERT INTO TENANCY VALUES ({', '.join('?' * len(rows[0]))})", rows)  # noqa: S608 -- question marks only
    days = [str(day) for (day,) in database.execute("SELECT TenancyStart FROM TENANCY")]
    assert len(days) == len(of("housing"))
    assert all(re.fullmatch(r"\d\d/\d\d/\d{4}", day) for day in days)


def test_the_truth_can_be_kept_in_a_file(tmp_path: Path) -> None:
    truth: Truth = make_truth(9, 60, TODAY)
    save(truth, tmp_path / "truth.json")
    assert load(tmp_path / "truth.json") == truth
