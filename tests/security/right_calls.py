"""For each operation of the API, a caller who may and a request that is right: what cases are varied from.

A generator that knows the schema alone writes requests that are refused at the first check. What lies behind is
reached by requests that are right but for one thing, and those begin with what a broker told before: the id of a
query, a sealed reference, a report.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import requests

from deploy.demo.sign_in import SignIn
from tests.fakes.littleworth import EMMA, question
from tests.security.everybody import MONITORING, NOBODY, headers

KEPT_FOR = 60.0
"""Seconds that what a broker told is used again: a sealed reference lives for minutes."""
SECONDS = 30


@dataclass(frozen=True, slots=True)
class Right:
    """A request that is right. ``caller`` may make it; ``body`` None: it has none."""

    caller: str
    path: Mapping[str, str] = field(default_factory=dict)
    body: Any = None
    status: int = 200


@dataclass(slots=True)
class Told:
    """What a running broker told, asked again when it is old."""

    address: str
    sign_in: SignIn
    _kept: dict[str, tuple[float, Any]] = field(default_factory=dict)

    def sent(self, caller: str, method: str, path: str, body: Any = None, **more: str) -> requests.Response:
        """A request by this caller; the test fails when it is refused."""
        reply = requests.request(
            method,
            self.address + path,
            json=body,
            headers=headers(caller, self.sign_in) | more,
            timeout=SECONDS,
        )
        assert reply.ok, (method, path, reply.status_code, reply.text)
        return reply

    def kept(self, name: str, ask: Callable[[], Any], seconds: float = KEPT_FOR) -> Any:
        """What ``ask`` told, for so long."""
        at, told = self._kept.get(name, (float("-inf"), None))
        if time.monotonic() - at > seconds:
            told = ask()
            self._kept[name] = (time.monotonic(), told)
        return told

    def flags(self) -> Any:
        """The answer of a question about Emma that asked for flags."""
        return self.kept("flags", lambda: self.sent("social_worker", "POST", "/v1/queries", _flags()).json())

    def reference(self) -> str:
        """A sealed reference, from those flags."""
        people = [one for service in self.flags()["services"] for one in service["people"]]
        return next(str(one["reference"]) for one in people if one.get("reference"))

    def call_back(self) -> str:
        """What asks a service to ring back, from those flags."""
        people = [one for service in self.flags()["services"] for one in service["people"]]
        return next(str(one["call_back"]) for one in people if one.get("call_back"))

    def streaming(self) -> str:
        """The id of a query whose answer is held for its requester: until its deadline, a second and a half."""
        return str(self.kept("streaming", self._begun, seconds=0.7))

    def _begun(self) -> str:
        reply = self.sent("social_worker", "POST", "/v1/queries", _flags(), Accept="application/x-ndjson")
        return str(json.loads(reply.text.splitlines()[0])["content"]["query_id"])

    def report(self) -> str:
        """A report about Emma, every entry of which was reviewed."""
        return str(self.kept("report", self._reviewed))

    def entry(self) -> int:
        """An entry of that report."""
        return int(self._entries(self.report())[0])

    def _reviewed(self) -> str:
        self.flags()
        made = self.sent("auditor", "POST", "/v1/audit/person", _report()).json()["report"]
        for entry in self._entries(made):
            self.sent("auditor", "POST", f"/v1/audit/person/{made}/reviews", _review(entry))
        return str(made)

    def _entries(self, report: str) -> list[int]:
        found = self.sent("auditor", "GET", f"/v1/audit/person/{report}?limit=100").json()["found"]
        return [one["entry"] for one in found]


Known = Callable[[Told], Right]


def _flags() -> Mapping[str, Any]:
    return question(view="flags")


def _report() -> Mapping[str, Any]:
    known = ("given_name", "family_name", "birth_date", "postcode")
    return {"person": {name: EMMA[name] for name in known if name in EMMA}, "reason": "IG-77"}


def _review(entry: int) -> Mapping[str, Any]:
    return {"entry": entry, "verdict": "released", "serious_harm": False, "third_party": False}


def _agreement() -> Mapping[str, Any]:
    today = datetime.now(UTC).date()
    return {
        "purpose": "early_help_assessment",
        "person": {"given_name": "Emma", "family_name": "Ashdown", "birth_date": "1991-03-07"},
        "state": "given",
        "standing": "the_adult",
        "evidence": "Case note 7",
        "agreed_on": str(today - timedelta(days=2)),
        "until": str(today + timedelta(days=60)),
    }


RIGHT: Mapping[str, Known] = {
    "POST /v1/queries": lambda _: Right("social_worker", body=_flags()),
    "GET /v1/queries/{query_id}/events": lambda told: Right("social_worker", {"query_id": told.streaming()}),
    "POST /v1/details": lambda told: Right("social_worker", body={"reference": told.reference()}),
    "POST /v1/match-feedback": lambda told: Right(
        "social_worker", body={"reference": told.reference(), "verdict": "right_person"}, status=202
    ),
    "POST /v1/contact-requests": lambda told: Right(
        "social_worker", body={"reference": told.call_back(), "phone": "0191 498 0107"}, status=202
    ),
    "POST /v1/family-agreements": lambda _: Right("early_help_lead", body=_agreement(), status=201),
    "GET /v1/sources": lambda _: Right("social_worker"),
    "GET /v1/purposes": lambda _: Right("social_worker"),
    "POST /v1/sign-out": lambda _: Right("social_worker", status=204),
    "GET /v1/audit/queries": lambda _: Right("auditor"),
    "POST /v1/audit/queries": lambda _: Right("auditor", body={"case_reference": "LW-42", "reason": "IG-77"}),
    "GET /v1/audit/queries/{query_id}": lambda told: Right("auditor", {"query_id": told.flags()["query_id"]}),
    "GET /v1/audit/mine": lambda _: Right("social_worker"),
    "GET /v1/audit/team": lambda _: Right("team_manager"),
    "GET /v1/audit/owners/{source}": lambda _: Right("data_owner", {"source": "school"}),
    "POST /v1/audit/owners/{source}/entries": lambda _: Right(
        "information_governance", {"source": "school"}, {"reason": "IG-77"}
    ),
    "POST /v1/audit/person": lambda _: Right("data_protection_officer", body=_report(), status=201),
    "GET /v1/audit/person/{report}": lambda told: Right("auditor", {"report": told.report()}),
    "POST /v1/audit/person/{report}/reviews": lambda told: Right(
        "auditor", {"report": told.report()}, _review(told.entry()), 201
    ),
    "POST /v1/audit/person/{report}/release": lambda told: Right("auditor", {"report": told.report()}),
    "GET /v1/audit/checkpoint": lambda _: Right("data_owner"),
    "GET /v1/audit/entries/{index}/proof": lambda _: Right("social_worker", {"index": "0"}),
    "GET /v1/audit/verify": lambda _: Right("auditor"),
    "POST /v1/audit/verify": lambda told: Right(
        "auditor",
        body={"against": told.sent("auditor", "GET", "/v1/audit/checkpoint").json()["checkpoint"]},
    ),
    "GET /healthz": lambda _: Right(NOBODY),
    "GET /readyz": lambda _: Right(NOBODY),
    "GET /openapi.json": lambda _: Right(NOBODY),
    "GET /metrics": lambda _: Right(MONITORING),
}
"""By the operation, as ``/openapi.json`` has it."""
