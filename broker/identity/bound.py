"""Tokens that are bound to their holder: by a TLS client's certificate (RFC 8705) or by a signed proof (RFC 9449).

A bound token says to what (``cnf``), and is worth nothing to whoever holds it alone. A proof (DPoP) holds for one
method at one address with one token, for a minute, and once: what was seen of each key is remembered so long, and
of one key so many proofs at most. Another broker of the same log does not know of them.
"""

from __future__ import annotations

import hashlib
import hmac
from collections import Counter, OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from joserfc import jwt
from joserfc.jwk import ECKey, RSAKey

from broker.identity.public_keys import proving_key
from broker.identity.reading import CLOCKS_DIFFER_BY_SECONDS, SaidOnce, header_of, url_safe

PROOF_SECONDS = 60
LONGEST_PROOF = 4 * 1024
LONGEST_ID = 256
PROOFS_OF_ONE_KEY = 5_000
"""In the time for which they are remembered: more than any front end asks."""
_HEADER = frozenset({"typ", "alg", "jwk"})
_REMEMBERED_SECONDS = PROOF_SECONDS + 2 * CLOCKS_DIFFER_BY_SECONDS


@dataclass(frozen=True, slots=True)
class Presented:
    """How a token was sent: what a bound one is proven with.

    ``address`` is that of the request as its sender knows it, without ``?`` and ``#``; None where the broker does
    not know its own. ``proofs`` are the DPoP headers, ``certificate`` the TLS client's (DER).
    """

    method: str
    address: str | None
    proofs: tuple[str, ...] = field(default=(), repr=False)
    certificate: bytes | None = field(default=None, repr=False)


@dataclass(slots=True)
class Proofs:
    """Checks proofs of possession, and knows those again that were used. One instance a broker."""

    _used: OrderedDict[tuple[str, str], float] = field(default_factory=OrderedDict, repr=False)
    _of: Counter[str] = field(default_factory=Counter, repr=False)

    def check(
        self,
        scheme: str,
        token: str,
        bound_to: Mapping[str, Any],
        presented: Presented | None,
        algorithms: Sequence[str],
        now: datetime,
    ) -> None:
        """Raises ValueError (or what joserfc raises) unless whoever sent ``token`` holds what it is ``bound_to``.

        What it is bound to in a way that we do not know is never proven.
        """
        ways = {"jkt", "x5t#S256"} & bound_to.keys()
        if not ways or ways != bound_to.keys() or presented is None or (scheme == "dpop") != ("jkt" in ways):
            raise ValueError
        if "x5t#S256" in ways:
            _by_certificate(str(bound_to["x5t#S256"]), presented.certificate)
        if "jkt" in ways:
            self._by_proof(token, str(bound_to["jkt"]), presented, algorithms, now)

    def _by_proof(
        self, token: str, thumbprint: str, presented: Presented, algorithms: Sequence[str], now: datetime
    ) -> None:
        (proof,) = presented.proofs
        if len(proof) > LONGEST_PROOF:
            raise ValueError
        header = header_of(proof, _HEADER)
        if header["alg"] not in algorithms or header["typ"] != "dpop+jwt":
            raise ValueError
        key = proving_key(header["jwk"])
        if not _same(key.thumbprint(), thumbprint):
            raise ValueError
        claims = _claims(proof, key, algorithms)
        said = (claims["htm"], claims["htu"], claims["ath"])
        if said != (presented.method, presented.address, _digest(token.encode())):
            raise ValueError
        self._once(thumbprint, claims["jti"], claims["iat"], now.timestamp())

    def _once(self, thumbprint: str, name: Any, made: Any, now: float) -> None:
        """Raises ValueError for a proof that is too old, of a time to come, or was used before."""
        if isinstance(made, bool) or not isinstance(made, int | float) or not isinstance(name, str):
            raise TypeError
        differ = CLOCKS_DIFFER_BY_SECONDS
        if not now - PROOF_SECONDS - differ <= made <= now + differ or not 0 < len(name) <= LONGEST_ID:
            raise ValueError
        self._forget(now)
        known = thumbprint, _digest(name.encode())
        if known in self._used or self._of[thumbprint] >= PROOFS_OF_ONE_KEY:
            raise ValueError
        self._used[known] = now
        self._of[thumbprint] += 1

    def _forget(self, now: float) -> None:
        """What is too old to hold need not be known again. A clock that was put back forgets nothing."""
        while self._used and now - next(iter(self._used.values())) > _REMEMBERED_SECONDS:
            (thumbprint, _), _ = self._used.popitem(last=False)
            self._of[thumbprint] -= 1
            if not self._of[thumbprint]:
                del self._of[thumbprint]


def _by_certificate(thumbprint: str, certificate: bytes | None) -> None:
    if certificate is None or not _same(_digest(certificate), thumbprint):
        raise ValueError


def _claims(proof: str, key: ECKey | RSAKey, algorithms: Sequence[str]) -> Mapping[str, Any]:
    return jwt.decode(proof, key, algorithms=list(algorithms), decoder_cls=SaidOnce).claims


def _digest(content: bytes) -> str:
    return url_safe(hashlib.sha256(content).digest())


def _same(one: str, other: str) -> bool:
    return hmac.compare_digest(one.encode("utf-8", "surrogatepass"), other.encode("utf-8", "surrogatepass"))
