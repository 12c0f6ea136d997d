"""A service begins with an extract and moves to its own database: by a change of its source file alone."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import asyncpg

from deploy.demo.databases import DATABASES, READER, SCHEMAS, Databases
from deploy.demo.records import SERVICES
from deploy.demo.rows import tables_of
from deploy.demo.truth import Truth
from tests.fakes.northshire import Town, northshire, restarted

SERVICE = "housing_asb"
BESIDE = "police"
"""On whose server the database of the nuisance cases is made, for the test."""


async def test_a_source_moves_from_its_extract_to_postgresql_and_the_answers_stay(tmp_path: Path) -> None:
    async with northshire(tmp_path, seed=11) as town:
        asked = questions(town.northshire.truth)
        by_extract = [await answered(town, query) for query in asked]
        port = await in_postgresql(town.northshire.databases, town.northshire.truth)
        before = unchanged_files(tmp_path)
        move(tmp_path / "sources" / f"{SERVICE}.yaml", port)
        (tmp_path / "state" / "asb.csv").unlink()
        async with restarted(town) as moved:
            by_database = [await answered(moved, query) for query in asked]
        assert unchanged_files(tmp_path) == before
    assert [one.pop("as_of") for one in by_extract] == [town.today.isoformat()] * len(asked)
    assert [one.pop("as_of") for one in by_database] == ["live"] * len(asked)
    assert by_database == by_extract
    outcomes = {one["people"][0]["outcome"] for one in by_extract}
    assert {"involved", "nothing_to_share"} <= outcomes


def questions(truth: Truth) -> list[dict[str, Any]]:
    """About everyone to whom nuisance cases are known, and as many others."""
    known = {one.person_id for one in truth.records if one.service == SERVICE}
    adults = [one for one in truth.people if one.age_on(truth.made_on) >= 18]
    some = [one for one in adults if one.person_id in known] + adults[:20]
    return [
        {
            "purpose": "section_47_enquiry",
            "reason": "A test",
            "case_reference": "NS-1",
            "view": "details",
            "people": [
                {
                    "relation": "parent",
                    "given_name": one.given_name,
                    "family_name": one.family_name,
                    "birth_date": one.birth_date.isoformat(),
                }
            ],
        }
        for one in some
    ]


async def answered(town: Town, query: dict[str, Any]) -> dict[str, Any]:
    """What the service says of one person, without the receipt."""
    status, answer = await town.post("/v1/queries", query)
    assert status == 200, answer
    part: dict[str, Any] = next(one for one in answer["services"] if one["source"] == SERVICE)
    return {key: value for key, value in part.items() if key != "receipt"}


async def in_postgresql(databases: Databases, truth: Truth) -> int:
    """The same rows in a database of one of the servers; the server's port."""
    cluster = databases.clusters[BESIDE]
    cluster.create_database("nuisance")
    connection = await asyncpg.connect(cluster.dsn("nuisance"))
    try:
        await connection.execute((SCHEMAS / f"{SERVICE}.sql").read_text(encoding="utf-8"))
        await connection.copy_records_to_table("asb", records=tables_of(SERVICE, truth.records)["asb"])
        await connection.execute(f"GRANT SELECT ON asb TO {READER}")
    finally:
        await connection.close()
    return cluster.port


def move(source: Path, port: int) -> None:
    """What the technical owner changes: the kind, the connection, and that it is live."""
    text = source.read_text(encoding="utf-8")
    connection = (
        f"{{host: 127.0.0.1, port: {port}, database: nuisance, user: {READER},"
        f' password: "file:state/{BESIDE}.password", ssl: disable}}'
    )
    text = text.replace("kind: extract", "kind: postgresql").replace("as_of: extract\n", "")
    source.write_text(re.sub(r"(?m)^connection: .*$", f"connection: {connection}", text), encoding="utf-8")


def unchanged_files(directory: Path) -> dict[str, str]:
    """Every file of the partnership but the one source file."""
    paths = [directory / "broker.yaml", directory / "purposes.yaml", *directory.glob("*/*.yaml")]
    kept = {path for path in paths if path.name != f"{SERVICE}.yaml" or path.parent.name != "sources"}
    assert len(kept) == 2 + len(SERVICES) * 2 - 1
    assert BESIDE in DATABASES
    return {str(path): path.read_text(encoding="utf-8") for path in kept}
