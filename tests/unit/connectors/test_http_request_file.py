"""What a source file may say of a web API, and what is said when it may not."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from connectors.case_system import case_source
from connectors.contract import SourceMisfit
from connectors.registry import connect
from connectors.request_file import Request
from connectors.source_file import SourceFile
from tests.spec.connectors.engines import housing
from tests.spec.connectors.served_by_http import as_web_api

BODY = {"nhs": "{nhs_number}", "name": {"family": "{family_name}"}}
URL = "https://api.example.org/v2"
KEY = {"api_key": "env:KEY", "api_key_header": "X-Api-Key"}


def request(**changed: Any) -> Request:
    return Request.model_validate({"body": BODY, "rows": "/results", **changed})


WRONG_REQUESTS: list[tuple[dict[str, Any], str]] = [
    ({"path": "/people/{nhs_number}"}, "never in an address"),
    ({"path": "/people?nhs=1"}, "parameters stand in query"),
    ({"path": "https://elsewhere.example"}, "path"),
    ({"query": {"nhs": "{nhs_number}"}}, "never in an address"),
    ({"query": {"{nhs_number}": "1"}}, "never in an address"),
    ({"method": "DELETE"}, "method"),
    ({"rows": "results"}, "it begins with a slash"),
    ({"body": {"all": True}}, "names no identifier, so it asks for everybody"),
    ({"body": {"{nhs_number}": "1"}}, "names no identifier"),
    ({"body": {"n": "{nhs_numbr}"}}, r"there is no identifier \{nhs_numbr\}\. Did you mean \{nhs_number\}\?"),
    ({"body": {"q": "name:{family_name} AND 1"}}, "blanks and commas only"),
    ({"body": {"q": "{family_name}*"}}, "blanks and commas only"),
    ({"body": {"q": "{given_name} {other_family_names}"}}, "a list stands alone"),
    ({"for": "everybody"}, "for"),
    ({"for": "whole_query"}, "one list with one item"),
    ({"for": "whole_query", "body": {"p": [BODY], "case": "{case_id}"}}, "one list with one item"),
    ({"for": "whole_query", "body": {"p": [BODY, BODY]}}, "one list with one item"),
    ({"needs": [["upn"]]}, "needs names 'upn', which the body does not hold"),
    ({"needs": [[]]}, "needs"),
    ({"none_found": [{"status": 404}]}, "silence may not be taken for no"),
    ({"none_found": [{"at": "/code", "is": "NOT_FOUND"}]}, "silence may not be taken for no"),
    ({"too_many": [{}]}, "say by what it is told"),
    ({"failed": [{"status": 200, "is": "x"}]}, "say where the value stands"),
    ({"next": {"at": "/next", "into": ""}}, "into"),
    ({"next": {"at": "/next", "into": "/cursor", "most": 1000}}, "most"),
    ({"probe": {"body": {"nhs": "{nhs_number}"}}}, "the probe's body may name no identifiers"),
    ({"query_id_header": "Authorization"}, "query_id_header"),
    ({"url": "https://elsewhere.example"}, "url"),
]  # fmt: skip


@pytest.mark.parametrize(("changed", "said"), WRONG_REQUESTS)
def test_what_a_request_may_not_be_is_said(changed: dict[str, Any], said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        request(**changed)


def test_braces_that_are_no_identifier_stay_as_they_are() -> None:
    """GraphQL is full of them."""
    query = "query ($nhs: ID!) { people(nhs: $nhs) { ref name { family } } }"
    assert request(body={"query": query, "variables": {"nhs": "{nhs_number}"}}).body["query"] == query


@pytest.mark.parametrize(
    "table", [{"table": "tenancy"}, {"query": "SELECT 1", "table": None}, {"table": None}]
)
def test_a_web_api_has_a_request_and_nothing_else(table: dict[str, Any]) -> None:
    with pytest.raises(ValidationError, match=r"request|one of the two"):
        housing(kind="http", **table)


def test_no_other_kind_has_a_request() -> None:
    with pytest.raises(
        ValidationError, match="a source of kind http has a request, and no other kind has one"
    ):
        housing(table=None, request={"body": BODY, "rows": "/results"})


CASES: dict[str, Any] = {
    "request": {"path": "/cases", "body": {"number": "{case_id}"}, "rows": "/links"},
    "case_id": "/case", "state": {"column": "/state", "open": ["OPEN"]}, "allocated_to": "/worker",
    "person_key": "/person/id", "linked_as": {"column": "/link", "codes": {"CHILD": "child"}},
    "identifiers": {"given_name": "/person/first", "family_name": "/person/last"},
}  # fmt: skip


def with_cases(**changed: Any) -> SourceFile:
    file = as_web_api("http", housing(), URL).model_dump(by_alias=True, exclude_unset=True)
    return SourceFile.model_validate({**file, "case_system": {**CASES, **changed}})


def test_a_case_system_behind_a_web_api_has_a_request_of_its_own() -> None:
    source = with_cases()
    assert source.case_system
    cases = case_source(source, source.case_system)
    assert cases.request
    assert (cases.request.path, cases.local_key) == ("/cases", "/case")
    connected = connect(cases.model_copy(update={"connection": {"url": URL, **KEY}}), str, Path())
    assert connected.source is not source


def test_a_case_system_behind_a_web_api_is_read_from_no_table() -> None:
    with pytest.raises(ValidationError, match="a source of kind http has a request"):
        with_cases(request=None, table="cases")


WRONG_CONNECTIONS: list[tuple[dict[str, Any], str]] = [
    ({"url": "http://api.example.org", **KEY}, "begin with https:"),
    ({"url": "http://api.example.org", "ssl": "disable"}, "only this machine"),
    ({"url": "https://localhost", "ssl": "disable"}, "begin with https:"),
    ({"url": "https://user:hunter2@api.example.org", **KEY}, "without user, query or blanks"),
    ({"url": "https://api.example.org/?key=hunter2", **KEY}, "without user, query or blanks"),
    ({"url": "https://api.example.org:99999", **KEY}, "without user, query or blanks"),
    ({"url": "https://api.example.org\\@elsewhere.example", **KEY}, "without user, query or blanks"),
    ({"url": "ftp://api.example.org", **KEY}, "without user, query or blanks"),
    ({"url": URL}, "say how the broker proves who it is"),
    ({"url": URL, "api_key": "hunter2", "api_key_header": "X-Api-Key"}, "not the secret itself"),
    ({"url": URL, "api_key": "env:KEY"}, "go together"),
    ({"url": URL, **KEY, "api_key_header": "X-Key: hunter2"}, "api_key_header"),
    ({"url": URL, "certificate": "own.pem"}, "a certificate and its key go together"),
    ({"url": URL, "token_url": URL}, "token_url and client_id go together"),
    ({"url": URL, "token_url": URL, "client_id": "x"}, "with a client_secret, or with a certificate"),
    ({"url": URL, **KEY, "client_secret": "env:X"}, "are for a token_url"),
    ({"url": URL, "token_url": "http://api.example.org/t", "client_id": "x", "client_secret": "env:X"}, "https:"),
    (
        {"url": URL, "token_url": URL, "client_id": "x", "client_secret": "env:X",
         "api_key": "env:K", "api_key_header": "authorization"},
        "needs another",
    ),
    ({"url": "https://169.254.169.254/latest", **KEY}, "metadata address"),
    ({"url": "https://10.1.2.3/api", **KEY}, "private_network: true"),
    ({"url": "https://[::1]/api", **KEY}, "private_network: true"),
    ({"url": URL, **KEY, "largest_megabytes": 1000}, "largest_megabytes"),
    ({"url": URL, **KEY, "verify": False}, "verify"),
]  # fmt: skip


@pytest.mark.parametrize(("connection", "said"), WRONG_CONNECTIONS)
def test_what_a_connection_may_not_be_is_said_and_no_secret_repeated(
    connection: dict[str, Any], said: str
) -> None:
    source = as_web_api("http", housing(), URL).model_copy(update={"connection": connection})
    with pytest.raises(SourceMisfit, match=said) as raised:
        connect(source, str, Path())
    assert "hunter2" not in str(raised.value)


def test_a_column_that_is_no_pointer_is_named() -> None:
    source = as_web_api("http", housing(), URL)
    wrong = source.model_copy(update={"connection": {"url": URL, **KEY}, "gates": {"category": "category"}})
    with pytest.raises(SourceMisfit, match=r"gates.category: 'category' is no JSON pointer"):
        connect(wrong, str, Path())
