"""SQL Server's two drivers, against a small server of its protocol: log-in, encryption, faults, lost connections.

The statements themselves can't be run here: a parser reads them (test_sql_is_parsed), and a real SQL Server is not
free to ship. Each question is asked by a process of its own, because these drivers have been seen to crash.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.fakes.certificates import Authority
from tests.fakes.sqlserver import Script, Way, failing, frozen, sql_server, without_tls
from tests.odbc_drivers import microsofts_driver, require_odbc_drivers
from tests.spec.connectors.engines import HOUSING, columns_needed, housing

ROOT = Path(__file__).parents[3]
USER, PASSWORD = "reader", "a reader's own=} { "
REFERENCE = "PWD_OF_SQL_SERVER"
ROW = {**dict.fromkeys(columns_needed(housing(), [])), "ref": "1", "forename": "Ada", "surname": "Smith"}
SECONDS = 5.0
DRIVERS = ["freetds", "microsoft"]

Ask = Callable[..., list[list[str]]]


@pytest.fixture(params=DRIVERS)
def driver(request: pytest.FixtureRequest) -> str:
    require_odbc_drivers()
    return str(request.param)


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path)


@pytest.fixture
def ask(driver: str) -> Ask:
    """Ask the server at a port; what became of each question. ``trusted``: whom OpenSSL on this machine trusts."""

    def asking(
        port: int, *, ssl: str, times: int = 1, seconds: float = SECONDS, trusted: Path | None = None,
        password: str = PASSWORD, server: str = "localhost",
    ) -> list[list[str]]:  # fmt: skip
        library = "FreeTDS" if driver == "freetds" else str(microsofts_driver())
        connection = {
            "driver": library, "dialect": "sqlserver", "server": server, "port": port, "database": "spec",
            "user": USER, "password": f"env:{REFERENCE}", "ssl": ssl,
        }  # fmt: skip
        environment = {
            **os.environ,
            f"env:{REFERENCE}": password,
            **({"SSL_CERT_FILE": str(trusted)} if trusted else {}),
        }
        command = [sys.executable, "-X", "faulthandler", "-m", "tests.integration.connectors.odbc_asking"]
        ran = subprocess.run(  # noqa: S603 -- our own
            [*command, json.dumps(connection), str(times), str(seconds)], cwd=ROOT, env=environment,
            capture_output=True, timeout=60, check=False,
        )  # fmt: skip
        assert ran.returncode == 0, ran.stderr.decode()[-3000:]
        told: list[list[str]] = json.loads(ran.stdout)
        assert PASSWORD not in ran.stdout.decode()
        return told

    return asking


def test_a_question_is_asked_with_its_values_beside_it(ask: Ask) -> None:
    script = Script([ROW])
    with sql_server(script, USER, PASSWORD) as port:
        assert ask(port, ssl="require", times=2) == [["1"], ["1"]]
    statement, values = script.asked[0]
    assert statement.startswith("SELECT TOP 20001 ")
    assert statement.endswith("/* family-context q-1 */")
    assert "Smith" not in statement
    assert any('"Smith"' in str(one) for one in values)


REFUSALS = {
    18456: "refuses the connection's user or password",
    18486: "the account is locked",
    18470: "the account is locked, disabled",
    18487: "has expired",
    18488: "has expired",
    4060: "has no database of the name",
}


def test_a_refused_log_in_says_what_to_do(ask: Ask, monkeypatch: pytest.MonkeyPatch) -> None:
    numbers = iter(REFUSALS)

    def refuse(_: object, __: str, ___: str) -> bool:
        monkeypatch.setattr("pysqlbridge.tds.connection.LOGIN_FAILED", next(numbers))
        return False

    monkeypatch.setattr("pysqlbridge.logins.LoginStore.admits", refuse)
    with sql_server(Script([ROW]), USER, PASSWORD) as port:
        outcomes = ask(port, ssl="require", times=len(REFUSALS))
    for (kind, sentence), said in zip(outcomes, REFUSALS.values(), strict=True):
        assert kind == "SourceUnavailable"
        assert said in sentence


MICROSOFTS_ONLY = pytest.mark.parametrize("driver", ["microsoft"], indirect=True)


@MICROSOFTS_ONLY
def test_a_certificate_of_a_trusted_authority_is_taken(ask: Ask, authority: Authority) -> None:
    with sql_server(Script([ROW]), USER, PASSWORD, authority.certificate("localhost")) as port:
        assert ask(port, ssl="verify-full", trusted=authority.file) == [["1"]]


@MICROSOFTS_ONLY
@pytest.mark.parametrize("wrong", ["its authority", "its name", "signed by itself"])
def test_another_certificate_is_refused_and_nobody_asks(
    ask: Ask, authority: Authority, tmp_path: Path, wrong: str
) -> None:
    (tmp_path / "other").mkdir()
    presented = {
        "its authority": Authority(tmp_path / "other").certificate("localhost"),
        "its name": authority.certificate("elsewhere.example"),
        "signed by itself": None,
    }[wrong]
    script = Script([ROW])
    with sql_server(script, USER, PASSWORD, presented) as port:
        ((kind, _),) = ask(port, ssl="verify-full", trusted=authority.file)
    assert (kind, script.asked) == ("SourceUnavailable", [])


@pytest.mark.parametrize("driver", ["freetds"], indirect=True)
@pytest.mark.parametrize("ssl", ["verify-full", "verify-ca"])
def test_freetds_is_not_asked_to_verify_what_it_would_not(ask: Ask, ssl: str) -> None:
    script = Script([ROW])
    with sql_server(script, USER, PASSWORD) as port:
        ((kind, sentence),) = ask(port, ssl=ssl)
    assert (kind, script.asked) == ("SourceMisfit", [])
    assert "use Microsoft's driver" in sentence


@pytest.mark.parametrize(
    ("driver", "ssl"),
    [("freetds", "require"), ("microsoft", "require"), ("microsoft", "verify-full")],
    indirect=["driver"],
)
def test_a_server_that_cannot_encrypt_is_told_nothing(ask: Ask, ssl: str) -> None:
    with without_tls() as (port, heard):
        ((kind, _),) = ask(port, ssl=ssl)
    assert kind == "SourceUnavailable"
    assert USER.encode("utf-16-le") not in bytes(heard)


def test_a_server_that_is_silent_at_log_in_holds_nobody_up(ask: Ask) -> None:
    with frozen() as port:
        ((kind, _),) = ask(port, ssl="require", seconds=0.5)
    assert kind == "SourceTimedOut"


def test_an_answer_that_does_not_come_has_timed_out(ask: Ask) -> None:
    script = Script([ROW], before_answering=lambda: time.sleep(3))
    with sql_server(script, USER, PASSWORD) as port:
        ((kind, _),) = ask(port, ssl="require", seconds=1.0)
    assert kind == "SourceTimedOut"


FAULTS = {
    207: "SourceMisfit",  # no such column
    208: "SourceMisfit",  # no such table
    229: "SourceMisfit",  # no right to it
    1222: "SourceTimedOut",  # locked by another session
    596: "SourceUnavailable",  # the session was killed
}


def test_the_servers_faults_are_told_apart_and_quote_nothing(ask: Ask) -> None:
    script = Script([ROW], before_answering=failing(*FAULTS))
    with sql_server(script, USER, PASSWORD) as port:
        outcomes = ask(port, ssl="require", times=len(FAULTS))
    assert [kind for kind, _ in outcomes] == list(FAULTS.values())
    assert not [sentence for _, sentence in outcomes if "Ada" in sentence]


def test_a_user_who_may_write_is_refused(ask: Ask) -> None:
    script = Script([ROW], may_write=True)
    with sql_server(script, USER, PASSWORD) as port:
        ((kind, sentence),) = ask(port, ssl="require")
    assert (kind, script.asked) == ("SourceMisfit", [])
    assert "give it one that may only read" in sentence


@pytest.fixture
def way() -> Iterator[Callable[[int], Way]]:
    made: list[Way] = []

    def leading(port: int) -> Way:
        made.append(Way(port))
        return made[-1]

    yield leading
    for one in made:
        one.close()


def test_a_connection_that_is_reset_between_two_questions_is_replaced(
    ask: Ask, way: Callable[[int], Way]
) -> None:
    script = Script([ROW])
    with sql_server(script, USER, PASSWORD) as port:
        through = way(port)
        script.before_answering = cut_once(through, after=1)
        outcomes = ask(through.port, ssl="require", times=3)
    assert outcomes == [["1"]] * 3


def test_a_connection_that_is_reset_again_and_again_is_unavailable(
    ask: Ask, way: Callable[[int], Way]
) -> None:
    script = Script([ROW])
    with sql_server(script, USER, PASSWORD) as port:
        through = way(port)
        script.before_answering = through.cut
        ((kind, _),) = ask(through.port, ssl="require")
    assert kind == "SourceUnavailable"


def cut_once(through: Way, after: int) -> Callable[[], None]:
    """Cuts the way in the middle of one question, the one after so many."""
    asked = 0

    def cut() -> None:
        nonlocal asked
        asked += 1
        if asked == after + 1:
            through.cut()

    return cut


def test_the_table_is_the_one_of_the_suite() -> None:
    """What this server holds is what the source file of the other engines names."""
    assert HOUSING["table"] == Script([ROW]).table
