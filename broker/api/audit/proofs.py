"""``/v1/audit/checkpoint``, ``entries/{index}/proof`` and ``verify``: that the log is what it was."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import Mapping
from functools import partial
from typing import Annotated, Any

from aiohttp import web
from pydantic import Field

from broker.api.audit.who_may_read import Reader, reader_of, recorded
from broker.api.bodies import Strict, read_body
from broker.api.front import FRONT, Front
from broker.api.log_readings import LogReadings
from broker.audit.reader import AuditReader
from broker.audit.verify import Verification
from broker.errors import Complaint, Incomplete, Overloaded

routes = web.RouteTableDef()

_LOOKS, _BETWEEN_LOOKS = 30, 0.1
MOST_DIGITS = 18
"""More than any log has; and a number of thousands of digits, Python does not read."""
_NO_INDEX = Complaint("no_entry", "Write the number of an entry, as a receipt has it.")


class VerifyBody(Strict):
    """The body of ``POST /v1/audit/verify``."""

    against: Annotated[
        str,
        Field(max_length=10_000, description="A checkpoint that somebody kept: the log has grown from it."),
    ]


@routes.get("/v1/audit/checkpoint", name="audit_checkpoint")
async def audit_checkpoint(request: web.Request) -> web.Response:
    """The last signed checkpoint, to be kept apart from the log, and the key that it is verified with."""
    front = request.app[FRONT]
    async with front.recorded() as whom:
        reader = reader_of(request, whom)
        return web.json_response(await last_checkpoint(front, reader))


@routes.get("/v1/audit/entries/{index}/proof", name="audit_proof")
async def audit_proof(request: web.Request) -> web.Response:
    """That the log has one entry, for whoever holds its receipt: a text of C2SP tlog-proof."""
    front = request.app[FRONT]
    async with front.recorded() as whom:
        reader = reader_of(request, whom)
        told = await proved(front, reader, request.match_info["index"])
    return web.json_response(told)


@routes.get("/v1/audit/verify", name="audit_verify")
async def audit_verify(request: web.Request) -> web.Response:
    """Check every entry's hash, the tree over them, the index and the last checkpoint."""
    async with request.app[FRONT].recorded() as whom:
        reader = reader_of(request, whom)
        return _as_json(await whole_log_verified(request, reader, None))


@routes.post("/v1/audit/verify", name="audit_verify_against")
async def audit_verify_against(request: web.Request) -> web.Response:
    """The same, and that the log has grown from a checkpoint that somebody kept."""
    front = request.app[FRONT]
    async with front.recorded() as whom:
        reader = reader_of(request, whom)
        body = await read_body(request, VerifyBody)
        front.refuse_ended(whom.token)
        return _as_json(await whole_log_verified(request, reader, body.against))


async def last_checkpoint(front: Front, reader: Reader) -> Mapping[str, str]:
    """The last signed checkpoint with the log's name and verifier key: the reading is an entry first."""
    await recorded(front, reader, "audit checkpoint")
    return await front.readings.read(_checkpoint)


async def proved(front: Front, reader: Reader, written: str) -> Mapping[str, Any]:
    """The proof of an entry, by its number as it was written: the reading is an entry first.

    Raises Incomplete, HTTPNotFound and Overloaded.
    """
    return await _signed(front.readings, await _to_prove(front, reader, written))


async def entry_bytes(front: Front, reader: Reader, written: str) -> bytes:
    """The entry itself, for whoever checks its proof: what is personal in it stays encrypted.

    The reading is an entry first. Raises Incomplete and HTTPNotFound.
    """
    index = await _to_prove(front, reader, written)
    return await front.readings.read(lambda log: next(raw for _, _, raw in log.store.rows(index, index + 1)))


async def _to_prove(front: Front, reader: Reader, written: str) -> int:
    index = index_of(written)
    if index >= await recorded(front, reader, "audit prove", {"entry": index}):
        raise web.HTTPNotFound
    return index


async def _signed(readings: LogReadings, index: int) -> Mapping[str, Any]:
    """The proof of an entry, once a checkpoint over it is signed: that takes a second. Raises Overloaded."""
    for _ in range(_LOOKS):
        if (told := await readings.read(partial(_proof, index=index))) is not None:
            return told
        await asyncio.sleep(_BETWEEN_LOOKS)
    raise Overloaded


async def whole_log_verified(request: web.Request, reader: Reader, older: str | None) -> Verification:
    """What a check of the whole log finds. One at a time, because it reads all of it: raises Overloaded."""
    front = request.app[FRONT]
    if front.readings.verifying:
        raise Overloaded
    front.readings.verifying = True
    try:
        await recorded(front, reader, "audit verify")
        return await front.readings.read(partial(_whole, older=older))
    finally:
        front.readings.verifying = False


def _as_json(found: Verification) -> web.Response:
    return web.json_response(
        {"good": found.good, "entries": found.size, "root": found.root.hex(), "fault": found.fault}
    )


def _whole(log: AuditReader, older: str | None) -> Verification:
    return log.verify(older)


def _checkpoint(log: AuditReader) -> Mapping[str, str]:
    return {"origin": log.origin, "checkpoint": log.checkpoint(), "verifier": log.verifier.text()}


def _proof(log: AuditReader, index: int) -> Mapping[str, Any] | None:
    """None while no checkpoint over the entry is signed."""
    proof = log.prove(index)
    if proof is None:
        return None
    leaf = next(leaf for _, leaf, _ in log.store.rows(index, index + 1))
    told = {"entry": index, "leaf_hash": base64.b64encode(leaf).decode()}
    return {**told, "verifier": log.verifier.text(), "proof": proof}


def index_of(text: str) -> int:
    """The number of an entry, as it was written. Raises Incomplete."""
    if not (text.isascii() and text.isdecimal() and len(text) <= MOST_DIGITS):
        raise Incomplete(_NO_INDEX)
    return int(text)
