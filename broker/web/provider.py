"""The identity provider, as the pages speak to it: OpenID Connect, authorisation code with PKCE (RFC 9700).

Its addresses are those of ``broker.yaml``, and no answer leads anywhere else: no redirect is followed, no proxy of
the environment is used, and what comes is small, uncompressed and in time. What went wrong is told by its kind.
"""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, TypeGuard
from urllib.parse import quote_plus, urlencode

import aiohttp
from joserfc import jwt
from joserfc.errors import JoseError

from broker.identity.key_set import KeysUnreachable, whole
from broker.identity.reading import CLOCKS_DIFFER_BY_SECONDS, url_safe
from broker.identity.tokens import LONGEST_TOKEN, TokenCheck
from broker.web.sessions import Granted
from broker.web.settings import PagesSettings

SECONDS = 5.0
LOGOUT = "http://schemas.openid.net/event/backchannel-logout"
_LOGOUT_HOLDS_SECONDS = 120
_READ_FAULTS = (JoseError, ValueError, TypeError, KeyError, AttributeError, RecursionError)

log = logging.getLogger(__name__)


class ProviderAway(Exception):
    """The identity provider does not answer, or not as it should."""


class NotGranted(Exception):
    """The identity provider gives no token for this code or refresh token (any more)."""


class NotFromProvider(Exception):
    """An identity token or a logout token that does not hold."""


@dataclass(frozen=True, slots=True)
class Identity:
    """Who signed in, by an identity token: the provider's own key for them, and for its session (``sid``)."""

    subject: str = field(repr=False)
    provider_session: str | None = field(repr=False)


@dataclass(frozen=True, slots=True)
class SignedOut:
    """Who signed out at the provider: of which of its sessions, or altogether; and when it said so."""

    subject: str | None = field(repr=False)
    provider_session: str | None = field(repr=False)
    at: datetime


@dataclass(frozen=True, slots=True)
class Provider:
    """The one provider of this broker. ``secret`` is the broker's own at the provider."""

    settings: PagesSettings
    check: TokenCheck
    secret: str = field(repr=False)

    @property
    def back(self) -> str:
        """Where the provider sends people to, to the letter."""
        return f"{self.settings.address}/signed-in"

    def sign_in(self, state: str, nonce: str, verifier: str, *, strongly: bool) -> str:
        """The address at which somebody signs in. ``strongly``: as emergency access asks for it (RFC 9470)."""
        asked = {
            "response_type": "code",
            "client_id": self.settings.client_id,
            "redirect_uri": self.back,
            "scope": self.settings.scope,
            "resource": self.check.settings.audience,  # RFC 8707: for whom the access token is
            "state": state,
            "nonce": nonce,
            "code_challenge": url_safe(hashlib.sha256(verifier.encode("ascii")).digest()),
            "code_challenge_method": "S256",
        }
        step_up = self.check.settings.step_up
        if strongly and step_up is not None:
            asked |= {"acr_values": " ".join(step_up.acr), "max_age": str(step_up.minutes * 60)}
        return f"{self.settings.authorization_endpoint}?{urlencode(asked)}"

    def sign_out(self) -> str | None:
        """The address at which somebody signs out. It names nobody: the provider knows its own session."""
        if self.settings.end_session_endpoint is None:
            return None
        back = f"{self.settings.address}/signed-out"
        asked = {"client_id": self.settings.client_id, "post_logout_redirect_uri": back}
        return f"{self.settings.end_session_endpoint}?{urlencode(asked)}"

    async def redeem(self, code: str, verifier: str) -> tuple[Granted, str]:
        """What a code stands for, and the identity token. Raises NotGranted or ProviderAway."""
        reply = await self._granted(
            grant_type="authorization_code", code=code, redirect_uri=self.back, code_verifier=verifier
        )
        identity = reply.get("id_token")
        if not _is_token(identity):
            raise ProviderAway
        return _as_granted(reply, None), identity

    async def renew(self, granted: Granted) -> Granted:
        """Another access token of the same sign-in. Raises NotGranted or ProviderAway."""
        if granted.refresh is None:
            raise NotGranted
        reply = await self._granted(
            grant_type="refresh_token", refresh_token=granted.refresh, resource=self.check.settings.audience
        )
        return _as_granted(reply, granted.refresh)

    async def identity(self, token: str, nonce: str, now: datetime) -> Identity:
        """Whose identity token this is, of this sign-in. Raises NotFromProvider or KeysUnreachable."""
        claims = await self._claims(token, ("jwt", "none"), now)
        if (
            claims.get("nonce") != nonce
            or claims.get("azp", self.settings.client_id) != self.settings.client_id
        ):
            raise NotFromProvider
        if not isinstance(claims.get("sub"), str):
            raise NotFromProvider
        return Identity(claims["sub"], _text(claims.get("sid")))

    async def signed_out(self, token: str, now: datetime) -> SignedOut:
        """Whom a logout token (OpenID Connect Back-Channel Logout, 2.6) means.

        Raises NotFromProvider or KeysUnreachable.
        """
        claims = await self._claims(token, ("logout+jwt", "jwt", "none"), now)
        subject, session = _text(claims.get("sub")), _text(claims.get("sid"))
        events = claims.get("events")
        says_so = isinstance(events, dict) and isinstance(events.get(LOGOUT), dict)
        if not says_so or "nonce" in claims or (subject is None and session is None):
            raise NotFromProvider
        if claims["iat"] < now.timestamp() - _LOGOUT_HOLDS_SECONDS - CLOCKS_DIFFER_BY_SECONDS:
            raise NotFromProvider
        return SignedOut(subject, session, datetime.fromtimestamp(claims["iat"], UTC))

    async def _claims(self, token: str, types: tuple[str, ...], now: datetime) -> Mapping[str, Any]:
        if not _is_token(token):
            raise NotFromProvider
        try:
            claims = await self.check.signed(token, types, now)
            _registry(self.check.settings.issuer, self.settings.client_id, now).validate(claims)
        except KeysUnreachable:
            raise
        except _READ_FAULTS:
            raise NotFromProvider from None
        return claims

    async def _granted(self, **form: str) -> Mapping[str, Any]:
        try:
            status, content = await self._posted(form)
            reply = json.loads(content)
        except (aiohttp.ClientError, OSError, TimeoutError, ValueError, RecursionError) as fault:
            log.warning("the identity provider's token endpoint: %s", type(fault).__name__)
            raise ProviderAway from None
        if status == 200 and isinstance(reply, dict):  # noqa: PLR2004 -- HTTP's own number for "here it is"
            return reply
        if status == 400 and isinstance(reply, dict) and reply.get("error") == "invalid_grant":  # noqa: PLR2004
            raise NotGranted
        log.warning("the identity provider's token endpoint answered %d", status)
        raise ProviderAway

    async def _posted(self, form: Mapping[str, str]) -> tuple[int, bytes]:
        """The status and body of the token endpoint's reply. Raises what aiohttp does; ValueError if too large."""
        headers = {
            "Accept": "application/json",
            "Accept-Encoding": "identity",
            "Authorization": aiohttp.encode_basic_auth(
                quote_plus(self.settings.client_id), quote_plus(self.secret)
            ),
        }
        async with (
            aiohttp.ClientSession(
                timeout=aiohttp.ClientTimeout(total=SECONDS),
                cookie_jar=aiohttp.DummyCookieJar(),
                headers=headers,
                auto_decompress=False,
            ) as session,
            session.post(self.settings.token_endpoint, data=form, allow_redirects=False) as reply,
        ):
            return reply.status, await whole(reply.content)


def _registry(issuer: str, client_id: str, now: datetime) -> jwt.JWTClaimsRegistry:
    return jwt.JWTClaimsRegistry(
        now=int(now.timestamp()),
        leeway=CLOCKS_DIFFER_BY_SECONDS,
        iss={"essential": True, "value": issuer},
        aud={"essential": True, "value": client_id},
        exp={"essential": True},
        iat={"essential": True},
    )


def _as_granted(reply: Mapping[str, Any], refresh: str | None) -> Granted:
    """``refresh``: what renews it where the provider gives nothing new. Raises ProviderAway."""
    access, another = reply.get("access_token"), reply.get("refresh_token")
    if not _is_token(access) or str(reply.get("token_type")).lower() != "bearer":
        raise ProviderAway
    return Granted(access, another if _is_token(another) else refresh)


def _is_token(written: object) -> TypeGuard[str]:
    return isinstance(written, str) and 0 < len(written) <= LONGEST_TOKEN


def _text(claim: object) -> str | None:
    return claim if isinstance(claim, str) and claim else None
