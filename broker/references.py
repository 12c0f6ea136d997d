"""Sealed references: what opens the details of one person at one source, without the broker keeping anything.

A reference is AES-256-GCM over the question itself, bound (as associated bytes) to the requester. It lives
for minutes, tells nothing to who holds it, and cannot be made, changed or used by another.
"""

from __future__ import annotations

import base64
import hmac
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from pydantic import TypeAdapter, ValidationError

from broker.errors import Complaint, ReferenceLapsed
from broker.questions import Query

_QUERY = TypeAdapter(Query)
_NONCE_BYTES = 12
CALL_BACK = b"call back"
"""What references are for that ask a service to ring back: they open no details."""
_PADDED_TO = 256  # so that a reference's length does not tell the length of a name


class LAPSED(ReferenceLapsed):
    """One for every raise: an exception that is raised again would gather, and keep, the frames of all times."""

    def __init__(self) -> None:
        super().__init__(
            Complaint(
                "reference_lapsed", "This reference no longer opens anything. Ask again to get a new one."
            )
        )


@dataclass(frozen=True, slots=True)
class Sealer:
    """Seals and opens references. ``key`` is 32 bytes; ``random`` gives that many random bytes."""

    key: bytes = field(repr=False)
    lifetime: timedelta
    random: Callable[[int], bytes] = field(repr=False)

    def apart(self, what_for: bytes) -> Sealer:
        """A sealer whose references open nothing of this one's, and are opened by none of them."""
        key = hmac.digest(self.key, b"references for " + what_for, "sha256")
        return Sealer(key, self.lifetime, self.random)

    def seal(self, query: Query, subject: str, now: datetime) -> str:
        """A reference to ``query``, for this requester, until ``lifetime`` from ``now``."""
        facts = {"query": _QUERY.dump_python(query, mode="json", exclude_defaults=True)}
        return self.seal_facts(facts, subject, now, _PADDED_TO)

    def seal_facts(self, facts: Mapping[str, Any], bound_to: str, now: datetime, padded_to: int = 1) -> str:
        """A reference to these facts, which JSON has, until ``lifetime`` from ``now``.

        ``padded_to``: bytes of which its length is a multiple, where the length of a fact tells something.
        """
        until = (now + self.lifetime).timestamp()
        plain = json.dumps({"until": until, **facts}, separators=(",", ":")).encode()
        plain += b" " * (-len(plain) % padded_to)
        nonce = self.random(_NONCE_BYTES)
        sealed = AESGCM(self.key).encrypt(nonce, plain, bound_to.encode())
        return _as_text(nonce + sealed)

    def open(self, reference: str, subject: str, now: datetime) -> Query:
        """The query that was sealed. Raises ReferenceLapsed, the same for every reason."""
        try:
            return _QUERY.validate_python(self.open_facts(reference, subject, now)["query"])
        except ValidationError:  # sealed by another version of the broker
            raise LAPSED from None

    def open_facts(self, reference: str, bound_to: str, now: datetime) -> Mapping[str, Any]:
        """The facts that were sealed. Raises ReferenceLapsed, the same for every reason."""
        try:
            sealed = _as_bytes(reference)
            plain = AESGCM(self.key).decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], bound_to.encode())
        except (ValueError, InvalidTag):
            raise LAPSED from None
        content: Mapping[str, Any] = json.loads(plain)
        if now.timestamp() > content["until"]:
            raise LAPSED
        return content


def _as_text(sealed: bytes) -> str:
    return base64.urlsafe_b64encode(sealed).decode().rstrip("=")


def _as_bytes(reference: str) -> bytes:
    """Raises ValueError, also for another spelling of the same bytes: one reference, one text."""
    sealed = base64.b64decode(reference + "=" * (-len(reference) % 4), altchars=b"-_", validate=True)
    if _as_text(sealed) != reference:
        raise ValueError
    return sealed
