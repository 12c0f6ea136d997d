"""Cases that schemathesis makes of ``/openapi.json``, put to a broker's process by everybody who may call one.

A third of the cases are as the generator wrote them, a third right (``right_calls``), and a third right but for
one thing that the generator wrote. Half of the callers may make the call. Every reply is held against the
document: its status, its type, its schema; and of the statuses from 500 on only 503 is one that a broker may give,
and not for a fault of its own.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from random import Random
from typing import Any

import hypothesis
import requests
import schemathesis
from hypothesis import strategies as st
from schemathesis import Case, GenerationMode
from schemathesis.checks import CheckFunction
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from broker.api.openapi import document
from tests.security.everybody import EVERYBODY, MONITORING, NOBODY, headers
from tests.security.right_calls import RIGHT, SECONDS, Right, Told

CHECKS: list[CheckFunction] = [
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
CALLERS = (*EVERYBODY, MONITORING, NOBODY)
UNAVAILABLE = 503
OUR_FAULT = '"urn:family-context:problem:fault"'


@dataclass(slots=True)
class Replies:
    """What came of an operation's cases."""

    statuses: Counter[int] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)

    @property
    def cases(self) -> int:
        return self.statuses.total()

    @property
    def succeeded(self) -> int:
        return sum(count for status, count in self.statuses.items() if status < 300)


def put(operation: str, count: int, told: Told, seed: int) -> Replies:
    """So many cases of one operation. A fault stands once, however often it came."""
    replies, one = Replies(), schemathesis.openapi.from_dict(dict(document()))
    method, path = operation.split(" ")
    described = one[path][method]
    written = st.one_of(
        described.as_strategy(GenerationMode.POSITIVE), described.as_strategy(GenerationMode.NEGATIVE)
    )
    with requests.Session() as session:
        session.trust_env = False

        def try_one(case: Case[Any], chance: Random) -> None:
            right = RIGHT[operation](told)
            _made_right(case, right, chance)
            may = chance.random() < 0.5
            caller = right.caller if may else chance.choice(CALLERS)
            reply = session.request(**_sent(case, told, headers(caller, told.sign_in)), timeout=SECONDS)
            replies.statuses[reply.status_code] += 1
            _look(case, reply, replies)

        while replies.cases < count:  # of what has nothing to vary, Hypothesis makes one case
            _each(written, try_one, count - replies.cases, seed + replies.cases)
    return replies


def _sent(case: Case[Any], told: Told, who: Mapping[str, str]) -> dict[str, Any]:
    """What goes to ``requests``. Tokens that the generator writes are left out: hostile ones are tested apart."""
    sent = case.as_transport_kwargs(base_url=told.address)
    kept = {name: value for name, value in sent["headers"].items() if name.lower() != "authorization"}
    return {**sent, "headers": {**kept, **who}}


def _each(
    written: st.SearchStrategy[Case[Any]], try_one: Callable[[Case[Any], Random], None], count: int, seed: int
) -> None:
    """Hypothesis makes the cases; what fails is collected, so that one fault does not hide the others."""

    @hypothesis.seed(seed)
    @hypothesis.settings(
        max_examples=count,
        database=None,
        deadline=None,
        phases=[hypothesis.Phase.generate],
        suppress_health_check=list(hypothesis.HealthCheck),
    )
    @hypothesis.given(written)
    def each(case: Case[Any]) -> None:
        try_one(case, chance)

    # Hypothesis's own chance likes extremes, which is right for what is written and wrong for one in three.
    chance = Random(seed)  # noqa: S311 -- to be repeated

    each()


def _made_right(case: Case[Any], right: Right, chance: Random) -> None:
    """Two cases in three are made right, and every other one of those but for one thing."""
    if chance.random() < 1 / 3:
        return
    but_for = _parts(case, right) if chance.random() < 0.5 else []
    left = chance.choice(but_for) if but_for else None
    for name, value in right.path.items():
        if left != ("path", name):
            case.path_parameters[name] = value
    if left != ("query", ""):
        case.query.clear()
    case.headers.clear()
    if isinstance(right.body, Mapping):
        case.body, case.media_type = _body(case.body, right.body, left), "application/json"


def _parts(case: Case[Any], right: Right) -> list[tuple[str, str]]:
    """What of a right request may be as the generator wrote it."""
    parts = [("path", name) for name in right.path]
    if case.query:
        parts.append(("query", ""))
    if isinstance(right.body, Mapping):
        written = case.body if isinstance(case.body, Mapping) else {}
        parts.extend(("body", str(name)) for name in {*right.body, *written})
    return parts


def _body(written: Any, right: Mapping[str, Any], left: tuple[str, str] | None) -> Any:
    if left is None or left[0] != "body":
        return dict(right)
    if not isinstance(written, Mapping):
        return written
    name = left[1]
    changed = {name: written[name]} if name in written else {}
    return {**{key: value for key, value in right.items() if key != name}, **changed}


def _look(case: Case[Any], reply: Any, replies: Replies) -> None:
    try:
        case.validate_response(reply, checks=CHECKS)
    except BaseExceptionGroup as faults:
        _noted(
            replies,
            *(type(one).__name__ for one in faults.exceptions),
            status=reply.status_code,
            text=reply.text,
        )
    if reply.status_code > UNAVAILABLE or 500 <= reply.status_code < UNAVAILABLE:
        _noted(replies, "a 5xx that is no 503", status=reply.status_code, text=reply.text)
    if reply.status_code == UNAVAILABLE and OUR_FAULT in reply.text:
        _noted(replies, "a fault that nobody foresaw", status=reply.status_code, text=reply.text)


def _noted(replies: Replies, *names: str, status: int, text: str) -> None:
    for name in names:
        fault = f"{name}: {status}"
        if not any(one.startswith(fault) for one in replies.faults):
            replies.faults.append(f"{fault}: {text[:300]}")
