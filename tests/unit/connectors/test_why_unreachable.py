"""Why a database is out of reach: by what drivers report, without a word of theirs."""

from __future__ import annotations

import socket
import ssl

import apsw
import asyncpg
import pytest

from connectors.contract import SourceMisfit
from connectors.inspection.why import unreachable
from tests.spec.connectors.engines import housing

FAULTS = [
    (TimeoutError("hunter2"), "there is no answer from that host"),
    (ssl.SSLCertVerificationError("hunter2"), "no encrypted connection comes about"),
    (socket.gaierror(-2, "hunter2"), "there is no host of that name"),
    (ConnectionRefusedError("hunter2"), "nothing listens at that host and port"),
    (ConnectionError("hunter2 rejected SSL upgrade"), "no encrypted connection comes about"),
    (apsw.CantOpenError("hunter2"), "the file cannot be opened"),
    (asyncpg.InvalidPasswordError("hunter2"), "the database does not take this user and password"),
    (asyncpg.InvalidCatalogNameError("hunter2"), "the server has no such database"),
    (asyncpg.TooManyConnectionsError("hunter2"), "the database could not be reached"),
    (Exception("28000", "[28000] [ma-3.1] Access denied hunter2 (1045) (SQLDriverConnect)"),
     "the database does not take this user and password"),
    (Exception("HY000", "[HY000] [ma-3.1] expired hunter2 (1862) (SQLDriverConnect)"), "the password has expired"),
    (Exception("08001", "[08001] FATAL: password authentication failed for hunter2 (101) (SQLDriverConnect)"),
     "the database does not take this user and password"),
    (Exception("28000", "[28000] Login failed for user hunter2 (18456) (SQLDriverConnect)"),
     "the database does not take this user and password"),
    (Exception("HYT00", "[HYT00] Login timeout expired (0) (SQLDriver)"), "there is no answer from that host"),
    (Exception(), "the database could not be reached"),
]  # fmt: skip


@pytest.mark.parametrize(("fault", "why"), FAULTS)
def test_a_fault_has_its_reason_and_no_words_of_the_driver(fault: Exception, why: str) -> None:
    told = unreachable(housing(), fault)
    assert told is not None
    assert told.why == why
    assert told.todo
    assert "hunter2" not in str(told)


def test_a_fault_that_says_itself_what_is_wrong_is_left_as_it_is() -> None:
    assert unreachable(housing(), SourceMisfit("the user is a superuser")) is None
