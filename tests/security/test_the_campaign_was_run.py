"""``make security`` was run lately, whole, on the operations that there are now, and found nothing."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests import reports
from tests.security.campaign import ATTACKS, attacked

AGAIN = "make security"


def check() -> None:
    """The test fails where the report does not hold any more, and says what to do."""
    report = reports.reported("security", None, AGAIN)
    for name, (counts, _) in ATTACKS.items():
        done = report["attacks"][name]
        assert done["found_nothing"] is True, f"{name} found something; mend it, and run: {AGAIN}"
        assert {count: done[count] for count in counts} == dict(counts), f"{name} was not whole; run: {AGAIN}"
    now = attacked()
    for what in ("operations_sha256", "callers"):
        assert report[what] == now[what], (
            f"{what.partition('_')[0]} are not those that were attacked; run: {AGAIN}"
        )


def test_the_campaign_was_run_lately_on_the_operations_that_there_are() -> None:
    assert ATTACKS["cases_of_the_description"][0] == {"OPENAPI_CASES": "100000"}
    check()


_OLD = (datetime.now(UTC).date() - timedelta(days=91)).isoformat()


@pytest.mark.parametrize(
    ("otherwise", "said"),
    [
        ({}, None),
        ({"date": _OLD}, f"of {_OLD}"),
        ({"operations_sha256": "0" * 64}, "operations are not those"),
        ({"callers": ["nobody"]}, "callers are not those"),
        ({"attacks": {"sqlmap": {"found_nothing": False}}}, "sqlmap found something"),
        ({"attacks": {"hostile_tokens": {"HOSTILE_TOKENS": "5"}}}, "hostile_tokens was not whole"),
    ],
)
def test_a_report_that_does_not_hold_any_more_says_what_to_run(
    otherwise: Mapping[str, Any], said: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    attacks = {
        name: {**counts, "found_nothing": True, **otherwise.get("attacks", {}).get(name, {})}
        for name, (counts, _) in ATTACKS.items()
    }
    report = {**attacked(), "date": datetime.now(UTC).date().isoformat(), **otherwise, "attacks": attacks}
    (tmp_path / "security.json").write_text(json.dumps(report))
    monkeypatch.setattr(reports, "FOLDER", tmp_path)
    if said is None:
        check()
        return
    with pytest.raises(AssertionError, match=said) as fault:
        check()
    assert AGAIN in str(fault.value)


def test_a_report_that_is_not_there_says_what_to_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reports, "FOLDER", tmp_path)
    with pytest.raises(AssertionError, match=f"run: {AGAIN}"):
        check()
