"""Northshire while something is broken: each outage has its own outcome, and harms nothing else."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from broker.audit.keys import load_keys
from broker.audit.reader import AuditReader
from deploy.demo import referral
from deploy.demo.records import SERVICES
from tests.fakes.full_disk import no_file_grows_beyond
from tests.fakes.northshire import Town, northshire


@pytest.fixture
async def town(tmp_path: Path) -> AsyncIterator[Town]:
    async with northshire(tmp_path, seed=11, people=200) as started:
        yield started


async def asked(town: Town) -> tuple[int, Any]:
    return await town.post("/v1/queries", referral.section_47(town.northshire.truth))


def outcomes(answer: Any, source: str) -> set[str]:
    """The outcomes of the people whom this source was asked about."""
    people = next(one for one in answer["services"] if one["source"] == source)["people"]
    return {one["outcome"] for one in people} - {"withheld"}


def said(answer: Any, *without: str) -> dict[str, Any]:
    """What each source said, without its receipt, and without some sources."""
    return {
        one["source"]: {**one, "receipt": None} for one in answer["services"] if one["source"] not in without
    }


async def test_one_database_that_is_down_costs_its_own_part_only(town: Town) -> None:
    _, before = await asked(town)
    police = town.northshire.databases.clusters["police"]
    police.stop_at_once()
    status, during = await asked(town)
    assert status == 200
    assert outcomes(during, "police") == {"unavailable"}
    assert said(during, "police") == said(before, "police")
    police.start()
    _, after = await asked(town)
    assert said(after) == said(before)


async def test_two_databases_that_are_down_cost_their_own_parts_only(town: Town) -> None:
    _, before = await asked(town)
    for name in ("police", "school"):
        town.northshire.databases.clusters[name].stop_at_once()
    status, during = await asked(town)
    assert status == 200
    assert outcomes(during, "police") == outcomes(during, "school") == {"unavailable"}
    assert said(during, "police", "school") == said(before, "police", "school")
    desks = [one["desk"]["phone"] for one in during["services"]]
    assert all(desks)
    assert len(desks) == len(SERVICES)


async def test_an_extract_that_is_gone_costs_its_own_part_only(town: Town) -> None:
    _, before = await asked(town)
    (town.northshire.directory / "state" / "asb.csv").unlink()
    status, during = await asked(town)
    assert status == 200
    assert outcomes(during, "housing_asb") == {"unavailable"}
    assert said(during, "housing_asb") == said(before, "housing_asb")


async def test_a_case_system_that_is_down_leaves_the_case_unverified_and_the_others_answering(
    town: Town,
) -> None:
    town.northshire.databases.clusters["childrens_cases"].stop_at_once()
    status, during = await asked(town)
    assert (status, during["case"]) == (200, "unverified")
    assert outcomes(during, "childrens_cases") == {"unavailable"}
    assert "involved" in outcomes(during, "police")
    status, by_case = await town.post("/v1/queries", referral.by_case())
    assert (status, by_case["roster"]["state"], by_case["people"]) == (200, "unavailable", [])


async def test_a_database_that_hangs_is_left_behind_at_the_deadline(town: Town) -> None:
    _, before = await asked(town)
    with town.northshire.databases.clusters["adult_social_care"].frozen():
        began = time.monotonic()
        status, during = await asked(town)
        took = time.monotonic() - began
    assert status == 200
    assert outcomes(during, "adult_social_care") == {"timed_out"}
    assert said(during, "adult_social_care") == said(before, "adult_social_care")
    assert took < town.front.limits.seconds + 0.5


async def test_a_view_that_lost_a_column_or_gives_garbage_costs_its_own_part_only(town: Town) -> None:
    _, before = await asked(town)
    school = town.northshire.databases.clusters["school"]
    garbled = (
        "ALTER VIEW family_context.pupils RENAME TO kept;"
        "CREATE VIEW family_context.pupils AS SELECT *, 'a while ago' AS last_attended FROM family_context.kept;"
        "GRANT SELECT ON family_context.pupils TO family_context"
    )
    for befallen in ("ALTER VIEW family_context.pupils RENAME COLUMN last_attended TO seen", garbled):
        school.run(befallen, "synergy")
        status, during = await asked(town)
        assert status == 200
        assert outcomes(during, "school") == {"unavailable"}
        assert said(during, "school") == said(before, "school")
    school.run(
        "DROP VIEW family_context.pupils;"
        "ALTER VIEW family_context.kept RENAME COLUMN seen TO last_attended;"
        "ALTER VIEW family_context.kept RENAME TO pupils",
        "synergy",
    )
    _, after = await asked(town)
    assert said(after) == said(before)


async def test_an_audit_log_that_cannot_be_written_discloses_nothing(town: Town) -> None:
    status, _ = await asked(town)
    assert status == 200
    log = town.northshire.directory / "state" / "audit.db"
    with no_file_grows_beyond(log.with_name("audit.db-wal").stat().st_size):
        status, problem = await asked(town)
        assert status == 503
        assert problem["type"].endswith("not_recorded")
        assert {desk["service"] for desk in problem["desks"]} == {
            "Adult social care",
            "Children's social care",
            "Housing",
            "Police",
            "School",
        }
        assert "Known to this service" not in str(problem)

    # The disk has room again, but this log takes nothing more until it was verified at a start.
    status, _ = await asked(town)
    assert status == 503
    async with town.client.get("/readyz") as reply:
        assert reply.status == 503


async def test_a_broker_goes_on_from_the_same_log_after_the_disk_was_mended(tmp_path: Path) -> None:
    async with northshire(tmp_path, seed=11, people=200) as town:
        await asked(town)
        log = tmp_path / "state" / "audit.db"
        with no_file_grows_beyond(log.with_name("audit.db-wal").stat().st_size):
            status, _ = await asked(town)
            assert status == 503
    async with northshire(tmp_path, seed=11, people=200) as town:
        status, answer = await asked(town)
        assert status == 200
        with AuditReader.open(
            log, load_keys(tmp_path / "state" / "keys"), answer["receipt"]["log"]
        ) as reader:
            assert reader.verify().good


async def test_a_broker_starts_while_a_database_is_down_and_finds_it_later(tmp_path: Path) -> None:
    async with northshire(tmp_path, seed=11, people=200, down=("school",)) as town:
        _, during = await asked(town)
        assert outcomes(during, "school") == {"unavailable"}
        town.northshire.databases.clusters["school"].start()
        _, after = await asked(town)
        assert outcomes(after, "school") == {"involved"}
