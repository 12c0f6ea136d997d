"""``GET /openapi.json``: the description of this very broker, made from the types that it answers with."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from aiohttp import web
from pydantic import TypeAdapter

import broker
from broker.answers import Answer
from broker.api.audit.described import AUDIT_BODIES, audit_paths
from broker.api.family_agreements import FamilyAgreementBody
from broker.api.query_body import ContactRequestBody, FeedbackBody, QueryBody, ReferenceBody

routes = web.RouteTableDef()
_SCHEMAS = "#/components/schemas/{model}"

_PROBLEM: Mapping[str, Any] = {
    "type": "object",
    "description": "Problem details, RFC 9457.",
    "required": ["type", "title", "status", "detail"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string", "description": "A sentence that says what to do."},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["code", "detail", "pointer"],
                "properties": {
                    "code": {"type": "string"},
                    "detail": {"type": "string"},
                    "pointer": {"type": "string", "description": "JSON pointer into the body that was sent."},
                },
            },
        },
        "desks": {"type": "array", "items": {"type": "object"}, "description": "Whom to ring meanwhile."},
    },
}
_REFUSALS = {
    "400": "This cannot be read as HTTP, or a line of it is too long.",
    "401": "No token, or one that does not hold, was ended, or is too weak for emergency access.",
    "403": "The purpose rules do not let you ask this, or none of your roles may read this of the audit log.",
    "404": "There is nothing here, or not for you, or not any more.",
    "408": "The body did not arrive in time.",
    "410": "The reference no longer opens anything.",
    "413": "The body is over 24 KiB.",
    "415": "The body is not application/json, or is compressed.",
    "422": "Something is missing or cannot be; errors says what and where.",
    "429": "You, or everybody together about one person, have asked more than one may.",
    "503": "Nothing may be shown just now: the audit log cannot be written or was not witnessed, or there is too"
    " much load.",
}
_SERVER_SENT: Mapping[str, Any] = {
    "type": "object",
    "description": "Each event, read by the rules of HTML's server-sent events.",
    "required": ["event", "id", "data"],
    "properties": {
        "event": {"enum": ["opening", "service", "end", "problem"]},
        "id": {"type": "string", "description": "To go on behind: the header Last-Event-ID."},
        "data": {"type": "string", "contentMediaType": "application/json"},
    },
}
_STREAMED: Mapping[str, Any] = {
    "description": "The events opening (an Answer without those that are asked), service (a SourcePart), and end"
    " or problem (a Problem); a sign of life in between.",
    "content": {
        "application/x-ndjson": {"schema": {"type": "string"}},
        "text/event-stream": {"schema": _SERVER_SENT},
    },
}
_WAIT = {
    "name": "Prefer",
    "in": "header",
    "schema": {"type": "string"},
    "description": "wait=N: how many seconds you are ready to wait (RFC 7240).",
}


@routes.get("/openapi.json", name="openapi")
async def openapi(_: web.Request) -> web.Response:
    """OpenAPI 3.1."""
    return web.json_response(document())


def document() -> Mapping[str, Any]:
    """The OpenAPI 3.1 document."""
    schemas: dict[str, Any] = {"Problem": _PROBLEM}
    for body in (
        QueryBody,
        ReferenceBody,
        FeedbackBody,
        ContactRequestBody,
        FamilyAgreementBody,
        *AUDIT_BODIES,
    ):
        _collect(schemas, TypeAdapter(body).json_schema(ref_template=_SCHEMAS, mode="validation"))
    _collect(schemas, TypeAdapter(Answer).json_schema(ref_template=_SCHEMAS, mode="serialization"))
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Family Context broker",
            "version": broker.VERSION,
            "description": "Which services know a child's family, and whom to ring there. Nothing is copied.",
        },
        "paths": {path: _each_unreadable(operations) for path, operations in _paths().items()},
        "components": {
            "schemas": schemas,
            "securitySchemes": {"bearer": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}},
        },
    }


def _each_unreadable(operations: Mapping[str, Any]) -> Mapping[str, Any]:
    """Whatever is asked: what cannot be read is a 400."""
    return {
        method: {**one, "responses": {**one["responses"], **_problems({"400"})}}
        for method, one in operations.items()
    }


def _collect(schemas: dict[str, Any], schema: dict[str, Any]) -> None:
    schemas |= schema.pop("$defs", {})
    schemas[schema["title"]] = schema


def _paths() -> Mapping[str, Any]:
    return {
        "/v1/queries": {
            "post": _asking(
                "Ask about one to twelve people",
                "QueryBody",
                {"401", "403", "408", "413", "415", "422", "429", "503"},
            )
        },
        "/v1/queries/{query_id}/events": {"get": _going_on()},
        "/v1/details": {
            "post": _asking(
                "Open one service's details",
                "ReferenceBody",
                {"401", "403", "408", "410", "413", "415", "422", "503"},
            )
        },
        "/v1/match-feedback": {
            "post": _received(
                "Say whether a match was the right person",
                "By the reference of a flags answer. The reply is the same whatever is said and held.",
                "FeedbackBody",
            )
        },
        "/v1/contact-requests": {
            "post": _received(
                "Ask a service to ring you",
                "By the call_back of an answer. The reply is the same whatever the service holds: nobody looks.",
                "ContactRequestBody",
            )
        },
        "/v1/family-agreements": {"post": _agreeing()},
        "/v1/sources": {"get": _listing("Who can be asked", "sources")},
        "/v1/purposes": {"get": _listing("What you may ask for", "purposes")},
        "/v1/sign-out": {"post": _signing_out()},
        **audit_paths(_problems),
        "/healthz": {"get": _open("The process is alive", {})},
        "/readyz": {
            "get": _open(
                "Queries can be answered",
                {"503": {"description": "The audit log is not writable, or was not witnessed for too long."}},
            )
        },
        "/metrics": {"get": _metrics()},
        "/openapi.json": {"get": _open("This document", {})},
    }


def _asking(summary: str, body: str, refusals: set[str]) -> Mapping[str, Any]:
    return {
        "summary": summary,
        "security": [{"bearer": []}],
        "parameters": [_WAIT],
        "requestBody": {"required": True, "content": {"application/json": {"schema": _ref(body)}}},
        "responses": {"200": _whole_or_streamed(), **_problems(refusals)},
    }


def _whole_or_streamed() -> Mapping[str, Any]:
    whole = _json("The answer", _ref("Answer"))
    return {**whole, "content": {**whole["content"], **_STREAMED["content"]}}


def _going_on() -> Mapping[str, Any]:
    """Taking a streamed answer up again."""
    named = [
        ("query_id", "path", True, "The query's id, as its opening said."),
        ("Last-Event-ID", "header", False, "The last event that was seen; 0 or none: from the beginning."),
    ]
    return {
        "summary": "Go on with an answer that arrives service by service",
        "description": "Until the query's deadline, for its own requester.",
        "security": [{"bearer": []}],
        "parameters": [
            {"name": name, "in": where, "required": must, "schema": {"type": "string"}, "description": text}
            for name, where, must, text in named
        ],
        "responses": {"200": _STREAMED, **_problems({"401", "403", "404", "503"})},
    }


def _received(summary: str, description: str, body: str) -> Mapping[str, Any]:
    """What is recorded, with one reply for everybody."""
    received = {"type": "object", "required": ["received"], "properties": {"received": {"const": True}}}
    return {
        "summary": summary,
        "description": description,
        "security": [{"bearer": []}],
        "requestBody": {"required": True, "content": {"application/json": {"schema": _ref(body)}}},
        "responses": {
            "202": _json("It is in the audit log", received),
            **_problems({"401", "403", "408", "410", "413", "415", "422", "503"}),
        },
    }


def _agreeing() -> Mapping[str, Any]:
    recorded = {"type": "object", "required": ["recorded"], "properties": {"recorded": {"type": "string"}}}
    return {
        "summary": "Record what a family agreed to",
        "description": "For one person and purpose. It holds from the next question on.",
        "security": [{"bearer": []}],
        "requestBody": {
            "required": True,
            "content": {"application/json": {"schema": _ref("FamilyAgreementBody")}},
        },
        "responses": {
            "201": _json("It is in the audit log and in the register", recorded),
            **_problems({"401", "403", "408", "413", "415", "422", "503"}),
        },
    }


def _signing_out() -> Mapping[str, Any]:
    return {
        "summary": "End your token at once",
        "security": [{"bearer": []}],
        "responses": {
            "204": {"description": "The token opens nothing any more."},
            **_problems({"401", "503"}),
        },
    }


def _listing(summary: str, key: str) -> Mapping[str, Any]:
    listed = {
        "type": "object",
        "required": [key],
        "properties": {key: {"type": "array", "items": {"type": "object"}}},
    }
    return {
        "summary": summary,
        "security": [{"bearer": []}],
        "responses": {"200": _json(summary, listed), **_problems({"401", "403", "503"})},
    }


def _metrics() -> Mapping[str, Any]:
    return {
        "summary": "How the broker and its sources do, for monitoring",
        "description": "Only where telemetry.metrics_key is set; that key is the bearer token.",
        "security": [{"bearer": []}],
        "responses": {
            "200": {
                "description": "Prometheus text",
                "content": {"text/plain": {"schema": {"type": "string"}}},
            },
            **_problems({"401", "404", "503"}),
        },
    }


def _open(summary: str, more: Mapping[str, Any]) -> Mapping[str, Any]:
    return {"summary": summary, "responses": {"200": _json(summary, {"type": "object"}), **more}}


def _problems(statuses: set[str]) -> Mapping[str, Any]:
    content = {"application/problem+json": {"schema": _ref("Problem")}}
    return {
        status: {"description": _REFUSALS[status], **_headers(status), "content": content}
        for status in sorted(statuses)
    }


def _headers(status: str) -> Mapping[str, Any]:
    if status not in ("429", "503"):
        return {}
    seconds = {"schema": {"type": "integer"}, "description": "Seconds after which it is worth asking again."}
    return {"headers": {"Retry-After": seconds}}


def _json(description: str, schema: Mapping[str, Any]) -> Mapping[str, Any]:
    return {"description": description, "content": {"application/json": {"schema": schema}}}


def _ref(name: str) -> Mapping[str, str]:
    return {"$ref": _SCHEMAS.format(model=name)}
