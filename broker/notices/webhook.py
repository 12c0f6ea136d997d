"""Notices by webhook, signed as Standard Webhooks has it (https://www.standardwebhooks.com, version 1.0).

The signature is HMAC-SHA256 over id, time and body, so that a receiver knows who sent it, and that it is not an
old one.
"""

from __future__ import annotations

import base64
import binascii
import hmac
import json
import ssl
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import aiohttp

from broker.notices.notice import NotDelivered, Notice
from broker.notices.settings import Webhook

SECONDS = 10.0
_PREFIX = "whsec_"
_SHORTEST = 24
"""Bytes of a secret, as the specification asks for."""
_TAKEN = range(200, 300)


@dataclass(frozen=True, slots=True)
class ByWebhook:
    """Tells one recipient by POST. ``secret`` gives the text that a secret reference stands for."""

    webhook: Webhook
    base: Path
    secret: Callable[[str], str] = field(repr=False)

    async def send(self, notice: Notice, now: datetime) -> None:
        """Return when the receiver answered with a 2xx. Redirects are not followed. Raises NotDelivered."""
        body = json.dumps(notice.facts, ensure_ascii=True, sort_keys=True).encode()
        headers = signed(body, notice.id, int(now.timestamp()), key_in(self.secret(self.webhook.secret)))
        try:
            timeout = aiohttp.ClientTimeout(total=SECONDS)
            async with (
                aiohttp.ClientSession(timeout=timeout, cookie_jar=aiohttp.DummyCookieJar()) as session,
                session.post(
                    self.webhook.url, data=body, headers=headers, allow_redirects=False, ssl=self._trust()
                ) as reply,
            ):
                status = reply.status
        except (aiohttp.ClientError, OSError, TimeoutError) as fault:
            raise NotDelivered(f"the receiver could not be reached ({type(fault).__name__})") from None
        if status not in _TAKEN:
            raise NotDelivered(f"the receiver answered {status}")

    def _trust(self) -> ssl.SSLContext:
        ca_file = self.webhook.ca_file
        return ssl.create_default_context(cafile=self.base / ca_file if ca_file else None)


def key_in(secret: str) -> bytes:
    """The key of a ``whsec_`` text. Raises NotDelivered when it is none."""
    try:
        key = base64.b64decode(secret.removeprefix(_PREFIX), validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if not secret.startswith(_PREFIX) or len(key) < _SHORTEST:
        raise NotDelivered("its secret is none. Make one with: echo whsec_$(openssl rand -base64 32)")
    return key


def signed(body: bytes, notice_id: str, at: int, key: bytes) -> dict[str, str]:
    """The headers of a signed webhook. ``at`` is in seconds since 1970."""
    content = f"{notice_id}.{at}.".encode() + body
    signature = base64.b64encode(hmac.digest(key, content, "sha256")).decode()
    return {
        "content-type": "application/json",
        "webhook-id": notice_id,
        "webhook-timestamp": str(at),
        "webhook-signature": f"v1,{signature}",
    }
