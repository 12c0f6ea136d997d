"""Hundreds of questions by ODBC whose callers go away: no crash, no wrong row, nothing left behind."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from connectors.contract import Connector
from deploy.demo.postgres import PostgresCluster
from tests.fakes.mariadb import MariadbServer
from tests.spec.connectors.engines import housing, in_mariadb

STORM = [sys.executable, "-X", "faulthandler", "-m", "tests.integration.connectors.odbc_storm"]
ROOT = Path(__file__).parents[3]


BOB = "INSERT INTO tenancy (ref, forename, surname) VALUES ('2', 'Bob', 'Jones')"
SLOW = "CREATE VIEW slow_tenancy AS SELECT tenancy.* FROM tenancy, (SELECT {}) AS slow"


def weathered(source: Connector) -> None:
    """The storm leaves its process whole, and nothing behind in it; every answer was of who was asked about."""
    command = [*STORM, "storm", json.dumps(source.source.connection)]
    ran = subprocess.run(command, cwd=ROOT, capture_output=True, timeout=120, check=False)  # noqa: S603 -- our own
    assert ran.returncode == 0, ran.stderr.decode()[-3000:]
    assert ran.stderr == b""
    told = json.loads(ran.stdout)
    assert told["threads left"] == []
    assert set(told["outcomes"]) <= {"right", "CancelledError", "SourceTimedOut", "SourceUnavailable"}
    assert told["outcomes"]["CancelledError"] > 200


def ends_between_statements(source: Connector) -> None:
    """Sessions can be ended at any moment: the process lives, and every statement comes back."""
    command = [*STORM, "ended", json.dumps(source.source.connection)]
    ran = subprocess.run(command, cwd=ROOT, capture_output=True, timeout=60, check=False)  # noqa: S603 -- our own
    assert (ran.returncode, ran.stdout) == (0, b"all came back"), ran.stderr.decode()[-3000:]


def soon(condition: Callable[[], bool]) -> bool:
    """Whether it comes true within two seconds: a server takes its time to notice who has gone."""
    ends = time.monotonic() + 2.0
    while not condition():
        if time.monotonic() > ends:
            return False
        time.sleep(0.1)
    return True


def test_six_hundred_questions_that_nobody_waits_for_do_no_harm(
    odbc_cluster: PostgresCluster, odbc_source: Connector
) -> None:
    odbc_cluster.run(f"{BOB}; {SLOW.format('pg_sleep(.02)')}; GRANT SELECT ON slow_tenancy TO reader")
    weathered(odbc_source)
    ends_between_statements(odbc_source)
    count = "SELECT count(*) FROM pg_stat_activity WHERE usename = 'reader'"
    assert soon(lambda: odbc_cluster.run(count) == [["1"]])  # the fixture's own
    odbc_cluster.run("DROP VIEW slow_tenancy")


def test_a_process_ends_though_a_frozen_server_still_holds_its_thread(
    odbc_cluster: PostgresCluster, odbc_source: Connector
) -> None:
    asking = subprocess.Popen(  # noqa: S603 -- as above
        [*STORM, "frozen", json.dumps(odbc_source.source.connection)], cwd=ROOT,
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
    with asking:
        assert asking.stdout is not None
        assert asking.stdout.readline() == b"ready\n"
        with odbc_cluster.frozen():
            began = time.monotonic()
            printed, complained = asking.communicate(b"now\n", timeout=30)
            assert time.monotonic() - began < 8.0
    assert (asking.returncode, printed, complained) == (0, b"SourceTimedOut", b"")


def test_nor_do_they_any_harm_on_mariadb(mariadb: MariadbServer) -> None:
    source = in_mariadb(housing(), [{"ref": "1", "forename": "Ada", "surname": "Smith"}], {}, mariadb)
    mariadb.run(BOB, SLOW.format("sleep(.02)"))
    weathered(source)
    ends_between_statements(source)
    assert soon(
        lambda: mariadb.run("SELECT 1 FROM information_schema.processlist WHERE user = 'reader'") == []
    )
    mariadb.run("DROP VIEW slow_tenancy")
