"""A witness over HTTP: ``POST /add-checkpoint``, as C2SP tlog-witness says.

What it answers is decided purely (``deciding``) within one transaction of its memory (``memory``), in one thread.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from functools import partial

import apsw
from aiohttp import web

from broker.audit.witness.deciding import LONGEST_REQUEST, Asked, Reply, Unreadable, Witness, asked, decided
from broker.audit.witness.memory import Memory

log = logging.getLogger(__name__)

_BODY_SECONDS = 10
"""aiohttp itself would wait for ever for the rest of a body."""


@dataclass(frozen=True, slots=True)
class Answering:
    """A witness with its memory, and the one thread that uses that."""

    witness: Witness
    memory: Memory
    now: Callable[[], datetime]
    thread: ThreadPoolExecutor

    async def reply(self, body: str) -> Reply:
        """The answer to a request's body, durably remembered."""
        try:
            request = asked(body)
        except Unreadable:
            return Reply(400, "This is not written as add-checkpoint of c2sp.org/tlog-witness.\n")
        at = self.now()
        decide = partial(decided, witness=self.witness, now=at)
        try:
            reply = await asyncio.get_running_loop().run_in_executor(
                self.thread, self.memory.asked, request, decide, at
            )
        except apsw.Error as fault:
            log.error("witness: its memory cannot be written (%s); mend the disk", type(fault).__name__)  # noqa: TRY400 -- said in one line
            return Reply(503, "This witness cannot remember just now, so it signs nothing.\n")
        _told(request, reply)
        return reply


def make_witness(witness: Witness, memory: Memory, now: Callable[[], datetime]) -> web.Application:
    """The witness as a web application. It closes its memory with itself."""
    thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="witness")
    answering = Answering(witness, memory, now, thread)

    async def add_checkpoint(request: web.Request) -> web.Response:
        body = await _body(request)
        reply = await answering.reply(body)
        return web.Response(
            status=reply.status,
            body=reply.body.encode(),
            headers={"Content-Type": reply.kind, "Cache-Control": "no-store"},
        )

    async def closed(_: web.Application) -> None:
        await asyncio.to_thread(thread.shutdown)
        memory.close()

    made = web.Application(client_max_size=LONGEST_REQUEST)
    made.router.add_post("/add-checkpoint", add_checkpoint)
    made.on_cleanup.append(closed)
    return made


async def _body(request: web.Request) -> str:
    """The body as text; what is none is a text that says nothing. Raises HTTP's own 408 and 413."""
    try:
        async with asyncio.timeout(_BODY_SECONDS):
            sent = await request.read()
    except TimeoutError:
        raise web.HTTPRequestTimeout from None
    try:
        return sent.decode("utf-8")
    except UnicodeDecodeError:
        return ""


def _told(request: Asked, reply: Reply) -> None:
    new = request.checkpoint
    if reply.status == 200:  # noqa: PLR2004 -- HTTP's own number for "done"
        log.info("witness: cosigned %s at %d entries", new.origin, new.size)
    elif reply.evidence:
        log.error(
            "witness: %s CONTRADICTS what was cosigned, at %d entries. Tell the partners; see broker audit witness"
            " contradictions",
            new.origin,
            new.size,
        )
    elif reply.status != 409:  # noqa: PLR2004 -- a log that asks from another size than the last asks once more
        log.warning("witness: refused a request (%d)", reply.status)
