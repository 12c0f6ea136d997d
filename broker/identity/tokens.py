"""Access tokens by RFC 9068: type ``at+jwt``, pinned issuer, audience, algorithms and age.

Only the compact form is read. Of its header three words count: one that says where a key would be found (``jku``,
``jwk``, ``x5u``, ``x5c``) is refused, as is whatever says one thing twice. A token is refused whole at the first
thing that does not hold, with one code and one sentence for all of them: what exactly was wrong goes to nobody who
sent it.

A token is known again by its *fingerprint*: SHA-256 of its ``jti`` or, lacking one, of the part that is signed.
Not of the whole text: of one signature there are several spellings that hold.

A token that is bound to its holder holds with their proof alone (``bound``).
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any

from joserfc import jwt
from joserfc.errors import JoseError

from broker.errors import Complaint, NotSignedIn
from broker.identity.bound import Presented, Proofs
from broker.identity.key_set import KeysUnreachable, ProviderKeys
from broker.identity.reading import CLOCKS_DIFFER_BY_SECONDS, SaidOnce, header_of
from broker.identity.settings import IdentitySettings
from broker.questions import Requester

LONGEST_TOKEN = 8 * 1024
LONGEST_TEAM = 200
LONGEST_REGISTRATION = 40
LONGEST_POSTCODE = 10
_SCHEMES = ("bearer", "dpop")
_HEADER = frozenset({"alg", "typ", "kid", "x5t", "x5t#S256"})  # a certificate's thumbprint leads nowhere

_SIGN_IN = Complaint(
    "not_signed_in", "Sign in again: the access token is missing, has lapsed or does not hold."
)
PROVIDER_AWAY = Complaint(
    "identity_provider_unreachable", "Your sign-in cannot be checked just now. Ring the services' desks."
)


@dataclass(frozen=True, slots=True)
class Token:
    """A token that holds: whose it is, how it is known again, and until when it would be believed.

    The requester of a token without roles has none: what that means is for the caller to say.
    """

    requester: Requester
    fingerprint: str = field(repr=False)
    expires: datetime
    acr: str | None = None
    signed_in_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class TokenCheck:
    """Turns a bearer token into a requester."""

    settings: IdentitySettings
    keys: ProviderKeys
    proofs: Proofs = field(default_factory=Proofs)

    @property
    def live_for(self) -> timedelta:
        """How long from any moment on a token that holds at that moment may be believed, at most.

        Clocks may differ by as much again at its issue as at its end.
        """
        return timedelta(minutes=self.settings.oldest_minutes, seconds=2 * CLOCKS_DIFFER_BY_SECONDS)

    async def token(
        self, authorization: str | None, now: datetime, presented: Presented | None = None
    ) -> Token:
        """The token of this ``Authorization`` header. Raises NotSignedIn.

        ``presented``: how it was sent; None where it never left the broker, in whose hands it is bound to nobody.
        """
        scheme, _, token = (authorization or "").partition(" ")
        if scheme.lower() not in _SCHEMES or not token or len(token) > LONGEST_TOKEN:
            raise NotSignedIn(_SIGN_IN)
        try:
            claims = await self._claims(token.strip(), now)
            self._held(scheme.lower(), token.strip(), claims, presented, now)
            return self._read(token.strip(), claims)
        except KeysUnreachable:
            raise NotSignedIn(PROVIDER_AWAY) from None
        except (JoseError, ValueError, TypeError, KeyError, AttributeError, RecursionError):
            raise NotSignedIn(_SIGN_IN) from None

    async def signed(self, token: str, types: Collection[str], now: datetime) -> dict[str, Any]:
        """What a token of one of these types (``typ``) says that the provider signed; nothing else is checked.

        Raises KeysUnreachable, JoseError, ValueError, TypeError, KeyError, AttributeError or RecursionError.
        """
        header = header_of(token, _HEADER)
        if header.get("alg") not in self.settings.algorithms or str(header.get("typ")).lower() not in types:
            raise ValueError
        if not isinstance(header["kid"], str):
            raise TypeError
        keys = await self.keys.for_key_id(header["kid"], now)
        return jwt.decode(token, keys, algorithms=list(self.settings.algorithms), decoder_cls=SaidOnce).claims

    async def _claims(self, token: str, now: datetime) -> Mapping[str, Any]:
        claims = await self.signed(token, ("at+jwt",), now)
        self._registry(now).validate(claims)
        if claims["iat"] < now.timestamp() - self.settings.oldest_minutes * 60 - CLOCKS_DIFFER_BY_SECONDS:
            raise ValueError
        if not isinstance(claims["sub"], str) or not claims["sub"].strip():
            raise ValueError
        claims["sub"].encode()  # half a surrogate pair is no text, and no reference could be bound to it
        return claims

    def _held(
        self,
        scheme: str,
        token: str,
        claims: Mapping[str, Any],
        presented: Presented | None,
        now: datetime,
    ) -> None:
        """Raises ValueError unless whoever sent a token that is bound, or has to be, holds what it is bound to."""
        if "cnf" in claims:
            self.proofs.check(scheme, token, claims["cnf"], presented, self.settings.algorithms, now)
        elif scheme != "bearer" or (presented is not None and self._has_to_be_bound(claims)):
            raise ValueError

    def _has_to_be_bound(self, claims: Mapping[str, Any]) -> bool:
        wanted = self.settings.bound_tokens
        service = claims["sub"] == claims.get("client_id")  # RFC 9068, 2.2: nobody but the client itself
        return wanted == "required" or (wanted == "required_of_services" and service)

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

    def _read(self, token: str, claims: Mapping[str, Any]) -> Token:
        lapses = min(claims["iat"] + self.settings.oldest_minutes * 60, claims["exp"])
        return Token(
            self._requester(claims),
            _fingerprint(token, claims),
            datetime.fromtimestamp(lapses, UTC),
            _text(claims.get("acr")) or None,
            _moment(claims.get("auth_time")),
        )

    def _requester(self, claims: Mapping[str, Any]) -> Requester:
        roles = claims.get(self.settings.roles_claim)
        if not isinstance(roles, list) or not all(isinstance(role, str) for role in roles):
            roles = []
        return Requester(
            subject=claims["sub"],
            name=_text(claims.get(self.settings.name_claim)) or claims["sub"],
            organisation=_text(claims.get(self.settings.organisation_claim)) or "not stated",
            roles=frozenset(roles),
            worker=_text(claims.get(self.settings.worker_claim)) or None,
            team=_text(claims.get(self.settings.team_claim))[:LONGEST_TEAM] or None,
            registration=_text(claims.get(self.settings.registration_claim))[:LONGEST_REGISTRATION] or None,
            birth_date=_day(claims.get(self.settings.birth_date_claim)),
            postcode=_text(claims.get(self.settings.postcode_claim))[:LONGEST_POSTCODE] or None,
        )


def _fingerprint(token: str, claims: Mapping[str, Any]) -> str:
    named = claims.get("jti")
    known_by = named if isinstance(named, str) and named else token.rpartition(".")[0]
    return hashlib.sha256(known_by.encode("utf-8", "surrogatepass")).hexdigest()


def _moment(claim: object) -> datetime | None:
    """A time of RFC 7519 (seconds since 1970); None where there is none that can be."""
    try:
        known = isinstance(claim, int | float) and not isinstance(claim, bool)
        return datetime.fromtimestamp(float(claim), UTC) if known else None  # type: ignore[arg-type]  # known
    except (ValueError, OverflowError, OSError):
        return None


def _day(claim: object) -> date | None:
    """A birth date as OpenID Connect has it (2019-03-07); None where there is none, or a part of one."""
    try:
        return date.fromisoformat(_text(claim))
    except ValueError:
        return None


def _text(claim: object) -> str:
    return claim.strip() if isinstance(claim, str) else ""
