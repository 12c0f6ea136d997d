"""What an Oracle session is told and asked, by text: no machine of ours can run one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, cast

import pytest
import sqlglot
from sqlglot import exp

from connectors.contract import Candidates, SourceFault, SourceMisfit, SourceTimedOut
from connectors.live_columns import ColumnKind
from tests.odbc_drivers import require_odbc_drivers
from tests.spec.connectors.engines import housing, search_for
from tests.spec.connectors.test_troubles import ADA

if TYPE_CHECKING:
    from connectors.odbc_reader import Reader

IDENTIFIERS = {"given_name": "FORENAME", "family_name": {"column": "SURNAME", "indexed": True}}
BRIEF: dict[str, Any] = {
    "identifiers": IDENTIFIERS, "involvement": {"started": "STARTED"}, "contact": {}, "gates": {},
    "restricted": None, "local_key": "REF", "table": "HOUSE.TENANCY",
}  # fmt: skip
COLUMNS = [("REF", "NUMBER"), ("FORENAME", "VARCHAR2"), ("SURNAME", "CHAR"), ("STARTED", "DATE")]


@pytest.fixture(autouse=True, scope="module")
def _drivers() -> None:
    require_odbc_drivers()


class Scripted:
    """A reader whose every statement is kept, with its values, and answered from a script."""

    def __init__(self, **answers: Sequence[Sequence[object]]) -> None:
        self.said: list[tuple[str, tuple[object, ...]]] = []
        self.autocommit = True
        self.allowed: float | None = None
        self._answers: dict[str, Sequence[Sequence[object]]] = {
            "all_tab_columns": COLUMNS, "DATABASE_ROLE": [("PRIMARY",)], "session_privs": [(0,)], **answers,
        }  # fmt: skip

    @property
    def connection(self) -> Scripted:
        return self

    def rows(self, text: str, *values: object) -> Sequence[Sequence[object]]:
        self.said.append((text, values))
        return next((rows for mark, rows in self._answers.items() if mark in text), [])

    def columns(self) -> list[tuple[str, type]]:
        return []

    def rollback(self) -> None:
        self.said.append(("ROLLBACK", ()))

    def limit(self, seconds: int) -> None:
        self.said.append((f"LIMIT {seconds}", ()))

    def as_reader(self) -> Reader:
        return cast("Reader", self)


def asked(reader: Scripted) -> Candidates:
    """One question, as the connector asks it."""
    from connectors.candidate_query import CandidateQuery
    from connectors.odbc_columns import live_columns
    from connectors.odbc_databases import _BY_REPORTED_NAME
    from connectors.odbc_source import _Asking

    source, database = housing(**BRIEF), _BY_REPORTED_NAME["oracle"]
    live = live_columns(reader.as_reader(), database, source)
    asking = _Asking(source, database, CandidateQuery(source, live, database.dialect()))
    reader.said.clear()
    return asking.candidates(reader.as_reader(), search_for(ADA, involvement=["started"]))


def test_a_question_is_a_read_only_transaction_of_its_own() -> None:
    reader = Scripted()
    asked(reader)
    limit, begin, question, end = reader.said
    assert limit[0].startswith("LIMIT")
    assert begin[0].startswith("BEGIN SET TRANSACTION READ ONLY;")
    assert begin[1] == ("family-context q-1",)
    assert question[0].startswith("SELECT")
    assert "q-1" not in question[0]  # the same text is parsed once, whoever asks
    assert 'r."SURNAME" IN (CAST(? AS CHAR(400 CHAR))' in question[0]
    assert end[0] == "ROLLBACK"


def test_a_session_is_pinned_and_does_not_commit_by_itself() -> None:
    from connectors.oracle_session import prepare_oracle

    reader = Scripted()
    prepare_oracle(reader.as_reader())
    settings = reader.said[0][0]
    assert settings.startswith("ALTER SESSION SET ")
    for pinned in ("NLS_COMP = BINARY", "NLS_SORT = BINARY", "TIME_ZONE = 'Europe/London'"):
        assert pinned in settings
    assert reader.autocommit is False


def test_a_user_who_may_write_is_refused_unless_nobody_can() -> None:
    from connectors.oracle_session import prepare_oracle

    with pytest.raises(SourceMisfit, match="give it one that may only read"):
        prepare_oracle(Scripted(session_privs=[(1,)]).as_reader())
    standby = Scripted(session_privs=[(1,)], DATABASE_ROLE=[("PHYSICAL STANDBY",)])
    prepare_oracle(standby.as_reader())
    assert not [text for text, _ in standby.said if "session_privs" in text]


def test_what_is_asked_of_the_catalogue_is_one_select_each() -> None:
    from connectors import oracle_catalogue, oracle_session

    texts = [oracle_catalogue.COLUMNS, oracle_catalogue.SYNONYMS, oracle_catalogue.RELATIONS]
    for text in (*texts, oracle_session.MAY_WRITE, oracle_session.ROLE):
        (statement,) = sqlglot.parse(text, dialect="oracle")
        assert isinstance(statement, exp.Select)


@pytest.mark.parametrize(
    ("data_type", "kind"),
    [
        ("VARCHAR2", "text"),
        ("CHAR", "padded_text"),
        ("NVARCHAR2", "national_text"),
        ("NCHAR", "padded_national_text"),
        ("NUMBER", "whole_number"),
        ("DATE", "moment"),
        ("TIMESTAMP(6)", "moment"),
        ("TIMESTAMP(6) WITH LOCAL TIME ZONE", "moment"),
        ("TIMESTAMP(6) WITH TIME ZONE", "moment_with_zone"),
        ("CLOB", "other"),
    ],
)
def test_its_types_are_known(data_type: str, kind: ColumnKind) -> None:
    from connectors.oracle_catalogue import kind_of

    assert kind_of(data_type) == kind


MISFITS: list[tuple[dict[str, Any], dict[str, Any], str]] = [
    ({}, {"all_tab_columns": [], "all_objects": [("HOUSE.TENANCIES",)]}, "Did you mean 'HOUSE.TENANCIES'"),
    ({}, {"all_tab_columns": [*COLUMNS[:2], ("SURNAMES", "CHAR"), COLUMNS[3]]}, "Did you mean 'SURNAMES'"),
    (
        {},
        {"all_tab_columns": [*COLUMNS[:3], ("STARTED", "TIMESTAMP(6) WITH TIME ZONE")]},
        "drops: map a view",
    ),
    ({"table": None, "query": "SELECT * FROM x"}, {}, "no query: make a view of it"),
    ({"identifiers": {**IDENTIFIERS, "family_name": "surname"}}, {}, "Did you mean 'SURNAME'"),
]


@pytest.mark.parametrize(("changed", "answers", "said"), MISFITS)
def test_what_does_not_fit_is_said(changed: dict[str, Any], answers: dict[str, Any], said: str) -> None:
    from connectors.odbc_columns import live_columns
    from connectors.odbc_databases import _BY_REPORTED_NAME

    reader = Scripted(**answers).as_reader()
    with pytest.raises(SourceMisfit, match=said):
        live_columns(reader, _BY_REPORTED_NAME["oracle"], housing(**{**BRIEF, **changed}))


def test_a_synonym_is_followed() -> None:
    from connectors.oracle_catalogue import columns_by_oracle

    class Behind(Scripted):
        def rows(self, text: str, *values: object) -> Sequence[Sequence[object]]:
            found = super().rows(text, *values)
            return [] if "all_tab_columns" in text and values[1] != "OWNER" else found

    reader = Behind(all_synonyms=[("TENANCY", "OWNER")])
    live = columns_by_oracle(reader.as_reader(), housing(**BRIEF), "TENANCY")
    assert live["SURNAME"] == "padded_text"


FAULTS: list[tuple[int, type[SourceFault]]] = [
    (942, SourceMisfit), (904, SourceMisfit), (1031, SourceMisfit), (1456, SourceMisfit), (1013, SourceTimedOut),
    (54, SourceTimedOut),
]  # fmt: skip
REFUSALS = {1017: "refuses the connection's user", 28001: "has expired", 28000: "the account is locked",
            12514: "has no database of the name"}  # fmt: skip


def fault(number: int) -> Exception:
    import pyodbc

    told = f"[HY000] [Oracle][ODBC][Ora]ORA-{number:05}: of Ada ({number}) (SQLExecDirectW)"
    raised: Exception = pyodbc.Error("HY000", told)
    return raised


@pytest.mark.parametrize(("number", "kind"), FAULTS)
def test_its_numbers_are_told_apart_and_quote_nothing(number: int, kind: type[SourceFault]) -> None:
    from connectors.odbc_faults import fault_of

    found = fault_of("housing", "oracle", fault(number))
    assert type(found) is kind
    assert "of Ada" not in str(found)


@pytest.mark.parametrize(("number", "said"), REFUSALS.items())
def test_a_refused_log_in_says_what_to_do(number: int, said: str) -> None:
    from connectors.odbc_faults import fault_of_connecting

    assert said in str(fault_of_connecting("housing", "Oracle 23", "env:PASSWORD", fault(number)))
