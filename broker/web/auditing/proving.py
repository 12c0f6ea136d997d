"""That the log is what it was: proofs and entries as files, the last checkpoint, and a check of the whole."""

from __future__ import annotations

from collections.abc import Mapping

from aiohttp import web

from broker.api.audit.proofs import (
    VerifyBody,
    entry_bytes,
    last_checkpoint,
    proved,
    whole_log_verified,
)
from broker.api.audit.who_may_read import reader_of
from broker.api.bodies import as_model
from broker.api.front import FRONT
from broker.audit.verify import Verification
from broker.errors import Incomplete
from broker.web.auditing.typed import on_form
from broker.web.faults import OnPage
from broker.web.page import page, texts_for

routes = web.RouteTableDef()


@routes.get("/audit/entries/{index}/proof", name="page_audit_proof")
async def proof(request: web.Request) -> web.Response:
    """The proof that the log has an entry, as the stand-alone verifier takes it."""
    front, index = request.app[FRONT], request.match_info["index"]
    async with front.recorded() as whom:
        reader = reader_of(request, whom)
        told = await proved(front, reader, index)
    return as_file(told["proof"].encode(), f"{told['entry']}.proof", "text/plain")


@routes.get("/audit/entries/{index}/bytes", name="page_audit_entry")
async def entry(request: web.Request) -> web.Response:
    """The entry that a proof is about: what is personal in it stays encrypted."""
    front, index = request.app[FRONT], request.match_info["index"]
    async with front.recorded() as whom:
        reader = reader_of(request, whom)
        raw = await entry_bytes(front, reader, index)
    return as_file(raw, f"{int(index)}.entry", "application/octet-stream")


@routes.get("/audit/log", name="page_audit_log")
async def log(request: web.Request) -> web.Response:
    """The last checkpoint, and how to check the whole log."""
    front = request.app[FRONT]
    async with front.recorded() as whom:
        signed = await last_checkpoint(front, reader_of(request, whom))
    return _page(request, signed)


@routes.get("/audit/log/checkpoint", name="page_audit_checkpoint")
async def checkpoint(request: web.Request) -> web.Response:
    """The last checkpoint as a file, to be kept where nobody who could change the log reaches it."""
    front = request.app[FRONT]
    async with front.recorded() as whom:
        signed = await last_checkpoint(front, reader_of(request, whom))
    return as_file(signed["checkpoint"].encode(), "checkpoint", "text/plain")


@routes.post("/audit/log", name="page_audit_verified")
async def verified(request: web.Request) -> web.Response:
    """Check the whole log; also against a checkpoint that somebody kept, if one was pasted."""
    front, texts = request.app[FRONT], texts_for(request)
    kept = _with_its_lines(str((await request.post()).get("against", "")))
    try:
        async with front.recorded() as whom:
            reader = reader_of(request, whom)
            signed = await last_checkpoint(front, reader)
            older = as_model(VerifyBody, {"against": kept}).against if kept else None
            found = await whole_log_verified(request, reader, older)
    except Incomplete as wrong:
        return _page(request, signed, None, kept, on_form(wrong.complaints, texts))
    return _page(request, signed, found, kept)


def _page(
    request: web.Request,
    signed: Mapping[str, str],
    found: Verification | None = None,
    kept: str = "",
    errors: tuple[OnPage, ...] = (),
) -> web.Response:
    status = 422 if errors else 200
    return page(request, "audit/log.html", status, signed=signed, found=found, kept=kept, errors=errors)


def _with_its_lines(text: str) -> str:
    """A checkpoint as it was before a browser made its line ends two letters, and before a blank was pasted."""
    lines = text.replace("\r\n", "\n").strip()
    return f"{lines}\n" if lines else ""


def as_file(content: bytes, name: str, content_type: str) -> web.Response:
    """What a browser keeps as a file. ``name`` is ours, never anybody's text."""
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return web.Response(body=content, content_type=content_type, headers=headers)
