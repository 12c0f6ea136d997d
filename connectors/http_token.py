"""A token by OAuth 2.0 client credentials (RFC 6749, 4.4; with mutual TLS, RFC 8705), kept until it is old.

It is in memory only. Whoever needs one while it is being fetched waits for the same.
"""

from __future__ import annotations

import asyncio
import base64
import re
import time
from collections.abc import Callable
from typing import Any
from urllib.parse import quote_plus, urlencode

from connectors.connection import HttpConnection
from connectors.contract import SourceMisfit, SourceUnavailable
from connectors.http_wire import Reply, Sent, Wire
from connectors.json_answer import NoJson, json_of

ReadSecret = Callable[[str], str]
"""The text of a reference. Raises SourceUnavailable."""

_OLD_BEFORE_SECONDS = 30.0
"""So long before it expires, a token is fetched anew: clocks differ, and a question takes its time."""

_UNKNOWN_LIFE_SECONDS = 60.0
_LARGEST = 64 * 1024
_TOKEN = re.compile(r"[\x21-\x7e]{1,16384}")


class AccessToken:
    """The token of one source."""

    def __init__(self, name: str, settings: HttpConnection, secret: ReadSecret) -> None:
        self._name = name
        self._settings = settings
        self._secret = secret
        self._fetching = asyncio.Lock()
        self._token: str | None = None
        self._good_until = 0.0

    async def current(self, wire: Wire, refused: str | None = None) -> str:
        """A token that is not old and not the one that was ``refused``. Raises SourceFault.

        Who waits while another question fetches it gets that one; when that question goes away, the next one
        in the queue fetches.
        """
        async with self._fetching:
            if self._token is None or self._token == refused or time.monotonic() >= self._good_until:
                self._token = None
                asked_at = time.monotonic()
                self._token, seconds = self._read(await wire.exchange(self._request(), _LARGEST))
                self._good_until = asked_at + max(seconds - _OLD_BEFORE_SECONDS, seconds / 2)
            return self._token

    def _request(self) -> Sent:
        settings = self._settings
        form = {"grant_type": "client_credentials", "client_id": settings.client_id or ""}
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        if settings.scope:
            form["scope"] = settings.scope
        if settings.client_secret:
            secret = self._secret(settings.client_secret)
            if settings.client_auth == "basic":
                both = f"{quote_plus(form.pop('client_id'))}:{quote_plus(secret)}"
                headers["Authorization"] = f"Basic {base64.b64encode(both.encode()).decode()}"
            else:
                form["client_secret"] = secret
        return Sent("POST", settings.token_url or "", urlencode(form).encode(), headers)

    def _read(self, reply: Reply) -> tuple[str, float]:
        """The token, and how many seconds it is good for."""
        if reply.status != 200:  # noqa: PLR2004 -- HTTP's own number for "here it is"
            raise SourceUnavailable(f"{self._name}: no token was given (HTTP {reply.status}).")
        try:
            given = json_of(reply.content_type, reply.body)
        except NoJson as fault:
            raise SourceMisfit(f"{self._name}: the token can't be read: {fault}.") from None
        if not isinstance(given, dict) or str(given.get("token_type")).lower() != "bearer":
            raise SourceMisfit(f"{self._name}: the token endpoint gives no bearer token.")
        token = given.get("access_token")
        if not isinstance(token, str) or not _TOKEN.fullmatch(token):
            raise SourceMisfit(f"{self._name}: the token endpoint gives no usable access_token.")
        return token, _seconds(given.get("expires_in"))


def _seconds(said: Any) -> float:
    """Some say it as a text. Without it, the token is kept for a minute."""
    text = str(said)
    return float(text) if text.isdecimal() and len(text) < 10 else _UNKNOWN_LIFE_SECONDS  # noqa: PLR2004 -- thirty years
