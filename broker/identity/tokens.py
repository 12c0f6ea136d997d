"""Access tokens by RFC 9068: type ``at+jwt``, pinned issuer, audience, algorithms and age.

Only the compact form is read. A token is refused whole at the first thing that does not hold, with one code
and one sentence for all of them: what exactly was wrong goes to nobody who sent it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from joserfc import jws, jwt
from joserfc.errors import JoseError

from broker.errors import Complaint, NotPermitted, NotSignedIn
from broker.identity.key_set import KeysUnreachable, ProviderKeys
from broker.questions import Requester
from broker.settings import IdentitySettings

LONGEST_TOKEN = 8 * 1024
CLOCKS_DIFFER_BY_SECONDS = 30

_SIGN_IN = Complaint(
    "not_signed_in", "Sign in again: the access token is missing, has lapsed or does not hold."
)
_NO_ROLE = Complaint("no_role", "Your account has no role that may use this service. Ask your team manager.")
_PROVIDER_AWAY = Complaint(
    "identity_provider_unreachable", "Your sign-in cannot be checked just now. Ring the services' desks."
)


@dataclass(frozen=True, slots=True)
class TokenCheck:
    """Turns a bearer token into a requester."""

    settings: IdentitySettings
    keys: ProviderKeys

    async def requester(self, authorization: str | None, now: datetime) -> Requester:
        """Who sent this ``Authorization`` header. Raises NotSignedIn (401) or NotPermitted (403, no role)."""
        scheme, _, token = (authorization or "").partition(" ")
        if scheme.lower() != "bearer" or not token or len(token) > LONGEST_TOKEN:
            raise NotSignedIn(_SIGN_IN)
        try:
            claims = await self._claims(token.strip(), now)
        except KeysUnreachable:
            raise NotSignedIn(_PROVIDER_AWAY) from None
        except (JoseError, ValueError, TypeError, KeyError, AttributeError):
            raise NotSignedIn(_SIGN_IN) from None
        return self._requester(claims)

    async def _claims(self, token: str, now: datetime) -> Mapping[str, Any]:
        header = jws.extract_compact(token.encode()).protected
        if header.get("alg") not in self.settings.algorithms or str(header.get("typ")).lower() != "at+jwt":
            raise ValueError
        if not isinstance(header["kid"], str):
            raise TypeError
        keys = await self.keys.for_key_id(header["kid"], now)
        claims = jwt.decode(token, keys, algorithms=list(self.settings.algorithms)).claims
        self._registry(now).validate(claims)
        if claims["iat"] < now.timestamp() - self.settings.oldest_minutes * 60 - CLOCKS_DIFFER_BY_SECONDS:
            raise ValueError
        if not isinstance(claims["sub"], str) or not claims["sub"].strip():
            raise ValueError
        return claims

    def _registry(self, now: datetime) -> jwt.JWTClaimsRegistry:
        return jwt.JWTClaimsRegistry(
            now=int(now.timestamp()),
            leeway=CLOCKS_DIFFER_BY_SECONDS,
            iss={"essential": True, "value": self.settings.issuer},
            aud={"essential": True, "value": self.settings.audience},
            sub={"essential": True},
            exp={"essential": True},
            iat={"essential": True},
        )

    def _requester(self, claims: Mapping[str, Any]) -> Requester:
        roles = claims.get(self.settings.roles_claim)
        if not isinstance(roles, list) or not roles or not all(isinstance(role, str) for role in roles):
            raise NotPermitted(_NO_ROLE)
        return Requester(
            subject=claims["sub"],
            name=_text(claims.get(self.settings.name_claim)) or claims["sub"],
            organisation=_text(claims.get(self.settings.organisation_claim)) or "not stated",
            roles=frozenset(roles),
            worker=_text(claims.get(self.settings.worker_claim)) or None,
        )


def _text(claim: object) -> str:
    return claim.strip() if isinstance(claim, str) else ""
