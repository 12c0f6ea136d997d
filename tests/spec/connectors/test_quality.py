"""The checklist says what is so: every kind and every test is on it, and every tick is a test that runs."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import get_args

from connectors.connection import OdbcConnection
from connectors.registry import kinds
from tests.spec.connectors.conftest import ENGINES
from tests.spec.connectors.quality import PAGE, page, quality

ROOT = Path(__file__).parents[3]
NOT_RUN = {"sqlserver by odbc", "oracle by odbc"}
"""No machine of ours can run them. Nothing else may be left out."""


@cache
def collected(where: str) -> Mapping[str, list[str]]:
    """The tests of a place that really are there, each with its engines (its identity, where it has none)."""
    command = [sys.executable, "-m", "tests.spec.connectors.collected", where]
    ran = subprocess.run(command, cwd=ROOT, capture_output=True, timeout=120, check=True)  # noqa: S603 -- our own
    found: dict[str, list[str]] = json.loads(ran.stdout.splitlines()[-1])
    return found


def test_every_kind_and_every_dialect_is_on_the_list() -> None:
    engines = quality().engines.values()
    assert {one.kind for one in engines} == set(kinds())
    dialects = next(
        one for one in get_args(OdbcConnection.model_fields["dialect"].annotation) if one is not type(None)
    )
    assert {one.dialect for one in engines if one.kind == "odbc"} == set(get_args(dialects))


def test_every_engine_of_the_suite_is_on_the_list_and_is_run() -> None:
    assert list(quality().run()) == ENGINES


def test_only_the_databases_that_cannot_be_had_are_not_run_and_something_stands_in_their_place() -> None:
    left_out = {name: one for name, one in quality().engines.items() if one.not_run}
    assert set(left_out) == NOT_RUN
    there = collected("tests/integration/connectors")
    for one in left_out.values():
        assert one.instead
        assert [test for test in one.instead if test not in there] == []


def test_every_test_of_the_suite_is_on_the_list_once() -> None:
    listed = [test for row in quality().rows.values() for test in row.tests]
    assert len(listed) == len(set(listed))
    of_the_suite = {name for name, engines in collected("tests/spec/connectors").items() if engines}
    assert {f"tests/spec/connectors/{test}" for test in listed} == of_the_suite


def test_every_tick_is_a_test_that_runs_on_that_engine_and_every_reason_one_that_does_not() -> None:
    there = collected("tests/spec/connectors")
    said = {
        f"tests/spec/connectors/{test}": sorted(quality().done(key))
        for key, row in quality().rows.items()
        for test in row.tests
    }
    assert {test: there.get(test) for test in said} == said


def test_reasons_are_given_for_engines_that_there_are_and_nothing_is_left_to_do() -> None:
    run = set(quality().run())
    for row in quality().rows.values():
        assert row.todo == {}
        assert set(row.exempt) < run


def test_the_page_is_the_lists() -> None:
    assert PAGE.read_text() == page(), "run: python -m tests.spec.connectors.quality"
