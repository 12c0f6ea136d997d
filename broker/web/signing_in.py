"""A sign-in that has begun: what is remembered of it until the provider sends its browser back.

It is remembered by the browser itself, in a cookie that only this broker can read or make: so nobody costs the
broker memory before they are known, and nobody finishes in one browser what was begun in another.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from urllib.parse import quote

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from broker.identity.reading import url_safe
from broker.web.provider import Provider
from broker.web.sessions import Sessions
from broker.web.settings import PagesSettings

MINUTES = 10
_NONCE_BYTES = 12
_BYTES = 32
# A path of ours: two slashes, or a backslash that browsers read as one, would begin another site's address.
_PATH = re.compile(r"/(?![/\\])[!-\[\]-~]{0,511}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Begun:
    """``state`` and ``nonce`` come back by the browser and in the identity token; ``verifier`` redeems the code
    (PKCE); ``to`` is where the person wanted to go.
    """

    state: str = field(repr=False)
    nonce: str = field(repr=False)
    verifier: str = field(repr=False)
    to: str
    until: float


@dataclass(frozen=True, slots=True)
class Pages:
    """What the pages need of a broker that has some. ``key``: 32 bytes, of this process alone."""

    settings: PagesSettings
    provider: Provider
    sessions: Sessions
    key: bytes = field(repr=False)
    random: Callable[[int], bytes] = field(repr=False)

    @property
    def cookie(self) -> str:
        """What the cookie of a session is called. ``__Host-``: this host alone sets it, over TLS alone."""
        return self._named("family-context")

    @property
    def cookie_of_sign_in(self) -> str:
        """What the cookie of a sign-in that has begun is called."""
        return self._named("signing-in")

    def _named(self, name: str) -> str:
        return name if self.settings.in_the_clear else f"__Host-{name}"

    def begun(self, to: str, now: datetime) -> Begun:
        """A sign-in that begins now."""
        state, nonce, verifier = (url_safe(self.random(_BYTES)) for _ in range(3))
        return Begun(state, nonce, verifier, local(to), (now + timedelta(minutes=MINUTES)).timestamp())

    def seal(self, begun: Begun) -> str:
        """As a cookie holds it."""
        nonce = self.random(_NONCE_BYTES)
        plain = json.dumps(asdict(begun)).encode()
        return url_safe(nonce + AESGCM(self.key).encrypt(nonce, plain, None))

    def open(self, cookie: str, now: datetime) -> Begun | None:
        """The sign-in of this cookie; None where we did not make it, or it was made too long ago."""
        try:
            sealed = base64.urlsafe_b64decode(cookie + "=" * (-len(cookie) % 4))
            plain = AESGCM(self.key).decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], None)
        except (ValueError, InvalidTag):
            return None
        begun = Begun(**json.loads(plain))
        return begun if now.timestamp() <= begun.until else None


def strong_sign_in(to: str) -> str:
    """The address at which somebody signs in again, in the strong way, and comes back to a page of ours."""
    return f"/sign-in?strongly=yes&to={quote(to, safe='/')}"


def local(to: str) -> str:
    """A path of ours, with what stands behind its question mark; whatever else was named, the first page."""
    return to if _PATH.fullmatch(to) else "/"
