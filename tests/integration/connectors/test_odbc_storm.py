"""Hundreds of questions by ODBC whose callers go away: no crash, no wrong row, nothing left behind."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path

from connectors.contract import Connector
from deploy.demo.postgres import PostgresCluster

STORM = [sys.executable, "-X", "faulthandler", "-m", "tests.integration.connectors.odbc_storm"]
ROOT = Path(__file__).parents[3]


def test_six_hundred_questions_that_nobody_waits_for_do_no_harm(
    odbc_cluster: PostgresCluster, odbc_source: Connector
) -> None:
    odbc_cluster.run(
        "INSERT INTO tenancy (ref, forename, surname) VALUES ('2', 'Bob', 'Jones');"
        "CREATE VIEW slow_tenancy AS SELECT tenancy.* FROM tenancy, (SELECT pg_sleep(.02)) AS slow;"
        "GRANT SELECT ON slow_tenancy TO reader"
    )
    ran = subprocess.run(  # noqa: S603 -- our own interpreter on our own module
        [*STORM, "storm", str(odbc_cluster.port)], cwd=ROOT, capture_output=True, timeout=120, check=False
    )
    assert ran.returncode == 0, ran.stderr.decode()[-3000:]
    told = json.loads(ran.stdout)
    assert told["threads left"] == []
    assert set(told["outcomes"]) <= {"right", "CancelledError", "SourceTimedOut", "SourceUnavailable"}
    assert told["outcomes"]["CancelledError"] > 200
    assert ran.stderr == b""
    odbc_cluster.run("DROP VIEW slow_tenancy")


def test_a_process_ends_though_a_frozen_server_still_holds_its_thread(
    odbc_cluster: PostgresCluster, odbc_source: Connector
) -> None:
    asking = subprocess.Popen(  # noqa: S603 -- as above
        [*STORM, "frozen", str(odbc_cluster.port)], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )  # fmt: skip
    with asking:
        assert asking.stdout is not None
        assert asking.stdout.readline() == b"ready\n"
        with odbc_cluster.frozen():
            began = time.monotonic()
            printed, complained = asking.communicate(b"now\n", timeout=30)
            assert time.monotonic() - began < 8.0
    assert (asking.returncode, printed, complained) == (0, b"SourceTimedOut", b"")
