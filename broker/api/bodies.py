"""Reading a JSON body strictly: no duplicate keys, no unknown keys, every fault named at once with its pointer."""

from __future__ import annotations

import asyncio
import json
import unicodedata
from collections.abc import Mapping, Sequence
from typing import Annotated, Any, TypeVar

from aiohttp import web
from pydantic import AfterValidator, BaseModel, ConfigDict, StringConstraints, ValidationError
from pydantic_core import ErrorDetails, PydanticCustomError

from broker.errors import Complaint, Incomplete

Body = TypeVar("Body", bound=BaseModel)
LARGEST_BODY = 24 * 1024
"""Twelve people take about 4 KiB. What is larger would not fit into one entry of the audit log."""

BODY_SECONDS = web.AppKey("body_seconds", float)
"""How long the rest of a body is waited for: ``listen.body_seconds``. aiohttp itself would wait for ever."""
_TYPES = ("application/json", "application/octet-stream")
"""The second is HTTP's word for a type that was not said (RFC 9110, 8.3)."""


def _no_control_characters(text: str) -> str:
    if any(unicodedata.category(letter) == "Cc" for letter in text):
        raise PydanticCustomError(
            "control_characters", "Remove the control characters (tabs, line ends and the like)."
        )
    return text


Line = Annotated[str, StringConstraints(max_length=200), AfterValidator(_no_control_characters)]
"""One line of text as typed: any letters, marks and direction, at most 200 characters."""


Note = Annotated[str, StringConstraints(max_length=2000), AfterValidator(_no_control_characters)]
"""A reason or a reference to a conversation, as typed: at most 2,000 characters, on one line."""


class Strict(BaseModel):
    """A part of a body: unknown keys are faults."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


async def read_body(request: web.Request, model: type[Body]) -> Body:
    """The body as ``model``. Raises Incomplete, which never quotes what was sent, and HTTP's own 4xx."""
    sent = await _sent(request)
    try:
        content = json.loads(sent, object_pairs_hook=_once, parse_constant=_refuse)
    except (ValueError, RecursionError):
        raise Incomplete(Complaint("not_json", "The body is not JSON, or names one key twice.")) from None
    return as_model(model, content)


def read_search(request: web.Request, model: type[Body]) -> Body:
    """What stands behind the question mark of the address, as ``model``. Raises Incomplete.

    Only what is about nobody may stand there: whoever is between us and the sender may keep addresses.
    """
    names = list(request.query)
    if len({*names}) < len(names):
        raise Incomplete(Complaint("named_twice", "The address names one key twice."))
    return as_model(model, dict(request.query))


def as_model(model: type[Body], content: Any) -> Body:
    """What was read, as ``model``. Raises Incomplete with every fault."""
    try:
        return model.model_validate(content)
    except ValidationError as faults:
        found = faults.errors(include_input=False, include_url=False)
        raise Incomplete(*(_complaint(one) for one in found if not _only_for_its_items(one, found))) from None


async def _sent(request: web.Request) -> bytes:
    if request.content_type not in _TYPES or "Content-Encoding" in request.headers:
        raise web.HTTPUnsupportedMediaType
    try:
        async with asyncio.timeout(request.app[BODY_SECONDS]):
            return await request.read()
    except TimeoutError:
        raise web.HTTPRequestTimeout from None
    except web.RequestPayloadError:
        raise web.HTTPBadRequest from None


def _once(pairs: list[tuple[str, Any]]) -> Mapping[str, Any]:
    if len({name for name, _ in pairs}) < len(pairs):
        raise ValueError
    return dict(pairs)


def _refuse(_: str) -> None:
    raise ValueError


def _only_for_its_items(fault: ErrorDetails, found: Sequence[ErrorDetails]) -> bool:
    """Whether a list counts as too short only because of faults inside it."""
    where = fault["loc"]
    return fault["type"] == "too_short" and any(
        one["loc"][: len(where)] == where and len(one["loc"]) > len(where) for one in found
    )


def _complaint(fault: ErrorDetails) -> Complaint:
    # An unknown key is the sender's own text: the pointer stops above it.
    known = fault["loc"][:-1] if fault["type"] == "extra_forbidden" else fault["loc"]
    return Complaint(
        _CODES.get(fault["type"], fault["type"]), _sentence(fault), "".join(f"/{step}" for step in known)
    )


_CODES: Mapping[str, str] = {"extra_forbidden": "unknown_key", "missing": "missing"}


def _sentence(fault: ErrorDetails) -> str:
    """What to do, in plain English. What was sent is never repeated; what may be sent is."""
    sentence = _SENTENCES.get(fault["type"])
    key = str(fault["loc"][-1]) if fault["loc"] else "the body"
    return sentence.format(key=key, **fault.get("ctx", {})) if sentence else fault["msg"]


_SENTENCES: Mapping[str, str] = {
    "extra_forbidden": "There is a key here that this query does not have. GET /openapi.json lists the keys.",
    "missing": "Add {key}.",
    "literal_error": "Write one of these: {expected}.",
    "string_type": "Write a text here, in quotation marks.",
    "string_unicode": "Write whole characters: half of a surrogate pair is none.",
    "string_too_long": "Write at most {max_length} characters.",
    "string_pattern_mismatch": "Write it in the form that GET /openapi.json gives for {key}.",
    "int_parsing": "Write a whole number here.",
    "int_type": "Write a whole number here, without quotation marks.",
    "greater_than_equal": "Write a number that is at least {ge}.",
    "less_than_equal": "Write a number that is at most {le}.",
    "tuple_type": "Write a list here, in square brackets.",
    "too_long": "Give at most {max_length}.",
    "too_short": "Give at least {min_length}.",
    "model_type": "Write an object here, in curly brackets.",
    "model_attributes_type": "Write an object here, in curly brackets.",
}
