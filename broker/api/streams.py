"""Answers that leave part by part: as lines of JSON, or as server-sent events.

    opening   the answer without the services that are asked: the people, the receipt, who is not asked
    service   what one service says, when it says it
    end       that this was all
    problem   that the rest can't be told (RFC 9457): the audit log failed meanwhile

A query goes on when its requester's connection breaks. Until its deadline it can be taken up again, behind the
last event that was seen: its events are kept in memory, and nowhere else, for its requester alone.
"""

from __future__ import annotations

import asyncio
import json
import logging
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, Literal

from pydantic import TypeAdapter

from broker.answers import Answer, SourcePart
from broker.leaving import OneByOne

log = logging.getLogger(__name__)

HEARTBEAT_SECONDS = 1.0
"""An answer that is still awaited says so this often, whatever the services do."""

Form = Literal["application/x-ndjson", "text/event-stream"]
_OPENING, _PART = TypeAdapter(Answer), TypeAdapter(SourcePart)


@dataclass(frozen=True, slots=True)
class Sent:
    """One event: its number from 1, its name, and its JSON."""

    number: int
    name: str
    content: bytes = field(repr=False)

    def in_form(self, form: Form) -> bytes:
        if form == "text/event-stream":
            return b"id: %d\nevent: %s\ndata: %s\n\n" % (self.number, self.name.encode(), self.content)
        return b'{"event":"%s","id":%d,"content":%s}\n' % (self.name.encode(), self.number, self.content)


def heartbeat(form: Form) -> bytes:
    """A sign of life, which is no event."""
    return b": still asking\n\n" if form == "text/event-stream" else b'{"event":"heartbeat"}\n'


@dataclass(slots=True)
class Stream:
    """The events of one query so far, for its requester. ``until`` is when it is forgotten (time.monotonic)."""

    requester: str = field(repr=False)
    until: float
    query_id: str = ""
    events: list[Sent] = field(default_factory=list, repr=False)
    ended: bool = False
    _more: asyncio.Event = field(default_factory=asyncio.Event, repr=False)

    def put(self, one: Answer | SourcePart) -> None:
        """The flow's part, at its time."""
        if isinstance(one, Answer):
            self.query_id = one.query_id
            self._add("opening", _OPENING.dump_json(one))
        else:
            self._add("service", _PART.dump_json(one))

    def end(self, problem: Mapping[str, Any] | None = None) -> None:
        """That it is all, or why it isn't."""
        self._add(*(("problem", json.dumps(problem).encode()) if problem else ("end", b"{}")))
        self.ended = True

    async def after(self, number: int) -> AsyncIterator[Sent | None]:
        """The events behind one, as they come; None is a heartbeat."""
        while True:
            for one in self.events[number:]:
                number = one.number
                yield one
            if self.ended and number == len(self.events):
                return
            self._more.clear()
            try:
                async with asyncio.timeout(HEARTBEAT_SECONDS):
                    await self._more.wait()
            except TimeoutError:
                yield None

    def _add(self, name: str, content: bytes) -> None:
        self.events.append(Sent(len(self.events) + 1, name, content))
        self._more.set()


class Streams:
    """The queries whose answers leave part by part, while they are answered and until their deadlines."""

    def __init__(self, group: asyncio.TaskGroup, problem: Callable[[], Mapping[str, Any]]) -> None:
        """``problem`` is what is told when the rest can't be."""
        self._group, self._problem = group, problem
        self._by_query: dict[str, Stream] = {}

    async def begin(
        self, requester: str, seconds: float, answered: Callable[[OneByOne], Awaitable[Answer]]
    ) -> Stream:
        """The stream of a query that was let in and has an opening. Raises what refuses it before that."""
        stream = Stream(requester, time.monotonic() + seconds)
        opened: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._group.create_task(self._answered(stream, opened, answered))
        await opened
        return stream

    def taken_up(self, query_id: str, requester: str) -> Stream | None:
        """A stream again; None when there is none of this requester's, or not any more."""
        self._forget(time.monotonic())
        found = self._by_query.get(query_id)
        return found if found and found.requester == requester else None

    async def _answered(
        self,
        stream: Stream,
        opened: asyncio.Future[None],
        answered: Callable[[OneByOne], Awaitable[Answer]],
    ) -> None:
        def put(one: Answer | SourcePart) -> None:
            stream.put(one)
            if not opened.done():
                self._by_query[stream.query_id] = stream
                opened.set_result(None)

        try:
            await answered(OneByOne(put))
            stream.end()
        except Exception as fault:  # noqa: BLE001 -- one query's fault must not end the broker's other work
            _told(fault, stream, opened, self._problem)
        finally:
            opened.cancel()  # no more than a formality, unless the broker stops: then nobody waits for ever
            self._forget(time.monotonic())

    def _forget(self, now: float) -> None:
        for query_id in [name for name, one in self._by_query.items() if one.ended and one.until < now]:
            del self._by_query[query_id]


@asynccontextmanager
async def streaming(problem: Callable[[], Mapping[str, Any]]) -> AsyncIterator[Streams]:
    """Room for answers that leave part by part; at its end, those under way are waited for. See ``Streams``."""
    fault: BaseException | None = None
    async with asyncio.TaskGroup() as group:
        try:
            yield Streams(group, problem)
        except BaseException as raised:  # noqa: BLE001 -- raised below: a group would make a group of it
            fault = raised
    if fault is not None:
        raise fault


def _told(
    fault: Exception, stream: Stream, opened: asyncio.Future[None], problem: Callable[[], Mapping[str, Any]]
) -> None:
    """Refuse whoever still waits for the opening; tell whoever has it already."""
    if opened.done():
        log.warning("query %s: broke off after %s", stream.query_id, type(fault).__name__)
        stream.end(problem())
    else:
        opened.set_exception(fault)
