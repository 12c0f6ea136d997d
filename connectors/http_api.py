"""One web API: what is sent to it, who we say that we are, and what a status means."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator
from pydantic import JsonValue

from connectors.connection import HttpConnection, Secrets
from connectors.contract import SourceFault, SourceMisfit, SourceTimedOut, SourceUnavailable
from connectors.http_address import Resolve
from connectors.http_token import AccessToken
from connectors.http_wire import Reply, Sent, Wire
from connectors.json_answer import NoJson, json_of
from connectors.json_pointer import ABSENT
from connectors.json_rows import told_by
from connectors.request_file import Request

_HERE_IT_IS, _UNAUTHORISED, _FORBIDDEN, _TOO_OFTEN = 200, 401, 403, 429
_GAVE_UP_WAITING = frozenset([408, 504])
_TRACE = TraceContextTextMapPropagator()


class NotWhole(Exception):
    """The API says that there is more than it gives."""


class Api:
    """The API of one source, by the name of ``name``; it makes connections when it needs them.

    The query's id and the trace that it belongs to travel in headers, so that the partner can find the request.
    """

    def __init__(
        self,
        name: str,
        request: Request,
        settings: HttpConnection,
        secrets: Secrets,
        base: Path,
        resolve: Resolve | None = None,
    ) -> None:
        self._name = name
        self._request = request
        self._settings = settings
        self._secrets = secrets
        self._reads = _statuses_to_read(request)
        self._token = AccessToken(name, settings, self._secret)
        self._wire = Wire(name, settings, base, resolve)

    async def reach(self) -> None:
        """That the host is who it says, is there, and gives a token. Raises SourceFault."""
        await self._authorised(None)
        await self._wire.exchange(Sent("HEAD", self._settings.url, b"", {}, read=frozenset()), 0)

    async def close(self) -> None:
        """Cut every connection."""
        await self._wire.close()

    async def answer(self, body: Mapping[str, JsonValue], query_id: str) -> Any:
        """The document that answers this body; ABSENT where the API says that there are no rows.

        Raises SourceFault and NotWhole.
        """
        reply = await self._authorised_reply(body, query_id)
        document, request, status = self._document(reply), self._request, reply.status
        if told_by(request.failed, status, document):
            raise SourceUnavailable(f"{self._name}: the API says that it failed (HTTP {status}).")
        if told_by(request.too_many, status, document):
            raise NotWhole
        if told_by(request.none_found, status, document):
            return ABSENT
        if status != _HERE_IT_IS:
            raise _fault_of(self._name, status)
        return document

    def _document(self, reply: Reply) -> Any:
        """The JSON of the reply. That of a failure may be none."""
        if reply.status not in self._reads:
            return ABSENT
        try:
            return json_of(reply.content_type, reply.body)
        except NoJson as fault:
            if reply.status != _HERE_IT_IS:
                return ABSENT
            raise SourceMisfit(f"{self._name}: the answer can't be read: {fault}.") from None

    async def _authorised_reply(self, body: Mapping[str, JsonValue], query_id: str) -> Reply:
        """A request whose token is refused is made once more, with a new one: tokens are revoked, too."""
        token = await self._authorised(None)
        reply = await self._reply(body, query_id, token)
        if reply.status == _UNAUTHORISED and token is not None:
            reply = await self._reply(body, query_id, await self._authorised(token))
        return reply

    async def _authorised(self, refused: str | None) -> str | None:
        wanted = self._settings.token_url is not None
        return await self._token.current(self._wire, refused) if wanted else None

    async def _reply(self, body: Mapping[str, JsonValue], query_id: str, token: str | None) -> Reply:
        request, settings = self._request, self._settings
        fixed = f"?{urlencode(request.query)}" if request.query else ""
        url = f"{settings.url}{request.path}{fixed}"
        sent = Sent(
            request.method, url, json.dumps(body).encode(), self._headers(query_id, token), self._reads
        )
        return await self._wire.exchange(sent, settings.largest_megabytes << 20)

    def _headers(self, query_id: str, token: str | None) -> Mapping[str, str]:
        headers = {"Content-Type": "application/json", self._request.query_id_header: query_id}
        _TRACE.inject(headers)
        if token is not None:
            headers["Authorization"] = f"Bearer {token}"
        if self._settings.api_key and self._settings.api_key_header:
            headers[self._settings.api_key_header] = self._secret(self._settings.api_key)
        return headers

    def _secret(self, reference: str) -> str:
        """Read whenever it is needed: a changed one needs no restart."""
        try:
            secret = self._secrets(reference)
        except Exception as fault:
            raise SourceUnavailable(f"{self._name}: {reference} could not be read.") from fault
        if not (secret.isascii() and secret.isprintable()):
            raise SourceUnavailable(f"{self._name}: {reference} holds what no header can.")
        return secret


def _statuses_to_read(request: Request) -> frozenset[int]:
    """Those of which the body matters."""
    markers = (*request.failed, *request.too_many, *request.none_found)
    return frozenset(
        [_HERE_IT_IS, *(one.status for one in markers if one.status is not None and one.at is not None)]
    )


def _fault_of(name: str, status: int) -> SourceFault:
    if status in _GAVE_UP_WAITING:
        return SourceTimedOut(f"{name}: the API gave up waiting (HTTP {status}).")
    if 300 <= status < 400:  # noqa: PLR2004 -- HTTP's redirects
        return SourceMisfit(
            f"{name}: the API points to another address, which is not followed (HTTP {status})."
        )
    if status >= 500 or status in (_UNAUTHORISED, _FORBIDDEN, _TOO_OFTEN):  # noqa: PLR2004 -- HTTP's own failures
        return SourceUnavailable(f"{name}: the API does not serve the request (HTTP {status}).")
    return SourceMisfit(f"{name}: the API does not take the request (HTTP {status}).")
