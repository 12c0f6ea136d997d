"""The public keys of a JWKS (RFC 7517) that tokens may be signed with; what is not one of them is left out."""

from __future__ import annotations

import base64
import json
from collections import Counter
from collections.abc import Mapping
from typing import Any

from joserfc.errors import JoseError
from joserfc.jwk import ECKey, KeySet, RSAKey

_KINDS: Mapping[str, type[ECKey | RSAKey]] = {"EC": ECKey, "RSA": RSAKey}
_ALGORITHMS = {"EC": "ES256", "RSA": "PS256"}
_MEMBERS = {"EC": frozenset({"kty", "crv", "x", "y"}), "RSA": frozenset({"kty", "n", "e"})}
_PRIVATE = frozenset({"d", "p", "q", "dp", "dq", "qi", "oth", "k"})
_FEWEST_RSA_BITS = 2048  # NIST SP 800-131A


def public_keys(content: bytes) -> KeySet:
    """The keys of a JWKS that can verify a token, by their names.

    So a key of a kind that is yet to come, or for encryption, takes nobody's sign-in away. A name that two keys
    bear names neither: which of them was meant is never guessed. Raises ValueError when the content is no JWKS.
    """
    try:
        written = json.loads(content)["keys"]
        named = Counter(str(one.get("kid")) for one in written if isinstance(one, dict))
        keys = [_public_key(one) for one in written]
    except (LookupError, TypeError, RecursionError):
        raise ValueError("not a JWKS") from None
    return KeySet([key for key in keys if key is not None and named[str(key.kid)] == 1])


def proving_key(written: Any) -> ECKey | RSAKey:
    """The public key with which a holder proves to be one (RFC 9449, 4.2). Raises ValueError or JoseError.

    A private key is none: who sent it has given it away.
    """
    members = _MEMBERS.get(written["kty"], frozenset()) if isinstance(written, dict) else frozenset()
    if (
        not members
        or not members <= written.keys()
        or written.keys() & _PRIVATE
        or not _strong_enough(written)
    ):
        raise ValueError
    return _KINDS[written["kty"]].import_key({name: str(written[name]) for name in members})


def _public_key(written: Any) -> ECKey | RSAKey | None:
    if not isinstance(written, dict) or not _verifies(written):
        return None
    kind = _KINDS.get(str(written.get("kty")))
    try:
        return kind.import_key(written) if kind and _strong_enough(written) else None
    except (JoseError, LookupError, ValueError, TypeError):
        return None


def _strong_enough(written: Mapping[str, Any]) -> bool:
    """Whether it is a key of the one curve, or long enough. Raises ValueError or LookupError."""
    if written["kty"] == "EC":
        return bool(written["crv"] == "P-256")
    modulus = base64.urlsafe_b64decode(str(written["n"]) + "==")
    return int.from_bytes(modulus, "big").bit_length() >= _FEWEST_RSA_BITS


def _verifies(written: Mapping[str, Any]) -> bool:
    """Whether a key has a name, and is meant for our signatures: a key that says nothing of its use is."""
    ours = _ALGORITHMS.get(str(written.get("kty")))
    meant = written.get("use", "sig") == "sig" and "verify" in written.get("key_ops", ["verify"])
    return isinstance(written.get("kid"), str) and meant and written.get("alg", ours) == ours
