"""The bill of materials names what the locks install, no more and no less."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
from packaging.utils import canonicalize_name

from deploy.sbom.locked import read_lock
from deploy.sbom.write import BILL, LICENCES, ROOT, licence_of, licences

REFUSED = re.compile(r"\b(A?GPL|SSPL|BUSL|Commons Clause)", re.IGNORECASE)
"""Licences that would bind a council's own code, or forbid its use."""


@pytest.fixture(scope="module")
def bill() -> Any:
    return json.loads(BILL.read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def named(bill: Any) -> dict[str, Any]:
    return {canonicalize_name(one["name"]): one for one in bill["components"]}


def test_the_bill_is_what_its_own_schema_says() -> None:
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(BILL.read_text(encoding="utf-8")) is None


def test_the_bill_names_each_locked_package_in_its_version_with_its_hashes(named: dict[str, Any]) -> None:
    locked = read_lock(ROOT / "requirements.lock")
    assert {name: one["version"] for name, one in named.items()} == {
        name: one.version for name, one in locked.items()
    }, "the lock has changed since: run make sbom"
    for name, one in named.items():
        assert tuple(said["content"] for said in one["hashes"]) == locked[name].hashes
        assert one["hashes"]


def test_what_runs_is_told_from_what_builds_and_tests(named: dict[str, Any]) -> None:
    run = read_lock(ROOT / "requirements-run.lock")
    assert {name for name, one in named.items() if one["scope"] == "required"} == set(run)
    assert {"aiohttp", "cryptography"} <= set(run)
    assert not {"pytest", "bandit"} & set(run)


def test_what_runs_has_the_versions_that_are_tested() -> None:
    tested = read_lock(ROOT / "requirements.lock")
    for name, one in read_lock(ROOT / "requirements-run.lock").items():
        assert one == tested[name]


def test_every_package_that_runs_has_a_licence_that_binds_nobody(bill: Any) -> None:
    for one in bill["components"]:
        if one["scope"] == "required":
            assert licence_of(one), one["name"]
            assert not REFUSED.search(licence_of(one).replace("LGPL", "")), one["name"]


def test_the_list_of_licences_says_what_the_bill_says(bill: Any) -> None:
    assert LICENCES.read_text(encoding="utf-8") == licences(bill)
