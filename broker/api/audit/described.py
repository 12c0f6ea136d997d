"""How ``/openapi.json`` describes the log over HTTP."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from pydantic import BaseModel

from broker.api.audit.owners import MonthsSearch, OwnEntriesBody
from broker.api.audit.person import ReportBody, ReportSearch, ReviewBody
from broker.api.audit.proofs import VerifyBody
from broker.api.audit.queries import LogSearch, LogSearchBody, TimeSearch

Described = Mapping[str, Any]
Problems = Callable[[set[str]], Described]

AUDIT_BODIES = (LogSearchBody, OwnEntriesBody, ReportBody, ReviewBody, VerifyBody)
"""The bodies whose schemas the document needs."""

_ALWAYS = {"401", "403", "503"}
_OF_A_BODY = {"408", "413", "415", "422"}
_AUDITORS = "For the roles auditor and data_protection_officer. It is an entry of the log."

_LIST: Described = {"type": "array", "items": {"type": "object"}}
_NEXT: Described = {
    "type": ["integer", "null"],
    "description": "Where the next page begins; null: there is none. A page may be empty and not be the last.",
}
_PAGE: Described = {
    "type": "object",
    "required": ["found", "before"],
    "properties": {"found": _LIST, "before": _NEXT},
}
_ANY: Described = {"type": "object"}


def audit_paths(problems: Problems) -> Described:
    """The paths of the log. ``problems`` describes the problems of some statuses."""

    def get(
        summary: str, description: str, told: Described, search: type[BaseModel] | None = None, *path: str
    ) -> Described:
        refused = _ALWAYS | ({"422"} if search or "index" in path else set()) | ({"404"} if path else set())
        parameters = [*map(_in_path, path), *(_in_address(search) if search else ())]
        return _operation(
            summary, description, parameters, {"200": _json(summary, told), **problems(refused)}
        )

    def post(
        summary: str,
        description: str,
        told: Described,
        body: type[BaseModel] | None,
        *path: str,
        status: str = "200",
    ) -> Described:
        refused = _ALWAYS | (_OF_A_BODY if body else {"422"}) | ({"404"} if path else set())
        made = _operation(
            summary, description, [*map(_in_path, path)], {status: _json(summary, told), **problems(refused)}
        )
        return {**made, **({"requestBody": _body(body)} if body else {})}

    return {
        "/v1/audit/queries": {
            "get": get("Search the log", _AUDITORS, _PAGE, LogSearch),
            "post": post(
                "Search the log, also by who asked and for which case",
                f"Identifiers travel in a body, never in an address. {_AUDITORS}",
                _PAGE,
                LogSearchBody,
            ),
        },
        "/v1/audit/queries/{query_id}": {
            "get": get("Trace one query through every source", _AUDITORS, _ANY, None, "query_id")
        },
        "/v1/audit/mine": {"get": get("Your own history", "It is an entry of the log.", _PAGE, TimeSearch)},
        "/v1/audit/team": {
            "get": get(
                "What your team asked", "For the role team_manager, of the token's team.", _PAGE, TimeSearch
            )
        },
        "/v1/audit/owners/{source}": {
            "get": get(
                "How often people were asked about at a source",
                "For its owner (data_owner, information_governance of the organisation) and auditors."
                " Counts are rounded, and small ones not told.",
                _ANY,
                MonthsSearch,
                "source",
            )
        },
        "/v1/audit/owners/{source}/entries": {
            "post": post(
                "Single entries of a source",
                "For the role information_governance of its owner's organisation, with a reason. Nobody is named.",
                _PAGE,
                OwnEntriesBody,
                "source",
            )
        },
        "/v1/audit/person": {
            "post": post("Find who looked a person up", _AUDITORS, _ANY, ReportBody, status="201")
        },
        "/v1/audit/person/{report}": {
            "get": get("What a report found", _AUDITORS, _ANY, ReportSearch, "report")
        },
        "/v1/audit/person/{report}/reviews": {
            "post": post("Review one entry of a report", _AUDITORS, _ANY, ReviewBody, "report", status="201")
        },
        "/v1/audit/person/{report}/release": {
            "post": post("The report, once every entry was reviewed", _AUDITORS, _ANY, None, "report")
        },
        "/v1/audit/checkpoint": {
            "get": get("The last signed checkpoint", "To be kept apart from the log.", _ANY)
        },
        "/v1/audit/entries/{index}/proof": {
            "get": get("That the log has one entry", "C2SP tlog-proof, for a receipt.", _ANY, None, "index")
        },
        "/v1/audit/verify": {
            "get": get("Check the whole log", _AUDITORS, _ANY),
            "post": post("Check it against a checkpoint that was kept", _AUDITORS, _ANY, VerifyBody),
        },
    }


def _operation(
    summary: str, description: str, parameters: list[Described], responses: Described
) -> dict[str, Any]:
    return {
        "summary": summary,
        "description": description,
        "security": [{"bearer": []}],
        **({"parameters": parameters} if parameters else {}),
        "responses": responses,
    }


def _body(body: type[BaseModel]) -> Described:
    schema = {"$ref": f"#/components/schemas/{body.__name__}"}
    return {"required": True, "content": {"application/json": {"schema": schema}}}


def _in_path(name: str) -> Described:
    return {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}


def _in_address(search: type[BaseModel]) -> list[Described]:
    """What may stand behind the question mark."""
    properties: Mapping[str, dict[str, Any]] = search.model_json_schema(mode="validation")["properties"]
    return [{"name": name, "in": "query", "schema": schema} for name, schema in properties.items()]


def _json(description: str, schema: Described) -> Described:
    return {"description": description, "content": {"application/json": {"schema": schema}}}
