"""Faults of our own, made on purpose: exceptions that quote everybody, wherever one may come up."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field

from aiohttp import web

from broker.api.server import ROUTES
from tests.canaries.people import WORDS

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


def telling() -> RuntimeError:
    """An exception that says every word, as does what led to it."""
    fault = RuntimeError(f"while {' '.join(WORDS)}")
    fault.__cause__ = ValueError(*WORDS)
    return fault


@dataclass(slots=True)
class Crashing:
    """The broker's routes, whose handlers crash as soon as they are ``armed``: with all that they were sent."""

    armed: bool = False
    crashed: set[str] = field(default_factory=set)

    @property
    def routes(self) -> Sequence[web.AbstractRouteDef]:
        return [self._route(one) for one in ROUTES if isinstance(one, web.RouteDef)]

    def _route(self, one: web.RouteDef) -> web.RouteDef:
        handler: Handler = one.handler

        async def handled(request: web.Request) -> web.StreamResponse:
            if self.armed:
                self.crashed.add(str(one.kwargs["name"]))
                sent = await request.text()
                raise RuntimeError(sent, str(request.url), dict(request.headers)) from telling()
            return await handler(request)

        return web.RouteDef(one.method, one.path, handled, dict(one.kwargs))
