"""20,000 cases of ``/openapi.json``, in every role: nothing undocumented, no 5xx but 503."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

import pytest

from broker.api.openapi import document
from tests.fakes.served_littleworth import settled
from tests.security.right_calls import RIGHT, Told
from tests.security.schema_cases import put

CASES = int(os.environ.get("OPENAPI_CASES", "20000"))
SEED = int(os.environ.get("SEED", "8"))
METRICS = 'telemetry: {metrics_key: "env:SEAL_KEY"}\n'
NOTICES = """\
notices:
  mail: {host: 127.0.0.1, port: 9, sender: broker@littleworth.example, security: none}
  to: {school_desk: {email: desk@school.example}}
"""
DESCRIBED = [
    f"{method.upper()} {path}" for path, methods in document()["paths"].items() for method in methods
]


def test_every_operation_has_a_call_that_is_right() -> None:
    assert set(RIGHT) == set(DESCRIBED)


@pytest.mark.parametrize("operation", DESCRIBED)
def test_cases_of_an_operation_get_what_is_documented_and_one_in_ten_succeeds(
    operation: str, tmp_path: Path
) -> None:
    town = settled(tmp_path)
    with (tmp_path / "broker.yaml").open("a") as settings:
        settings.write(METRICS + NOTICES)
    school = tmp_path / "sources" / "school.yaml"
    school.write_text(school.read_text().replace("498 0000}", "498 0000, requests_to: school_desk}"))
    served = asyncio.run(town.start())
    try:
        count = -(-CASES // len(DESCRIBED))
        replies = put(operation, count, Told(served.address, town.sign_in), SEED)
    finally:
        served.kill()
    assert replies.faults == []
    assert replies.cases >= count
    assert replies.succeeded >= replies.cases / 10
