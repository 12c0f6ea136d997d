"""Reading what is signed, strictly: what would be said twice, or in a way of its own, is not read at all."""

from __future__ import annotations

import base64
import json
from collections.abc import Collection, Mapping
from typing import Any

from joserfc import jws
from joserfc.util import urlsafe_b64decode

CLOCKS_DIFFER_BY_SECONDS = 30


def header_of(token: str, words: Collection[str]) -> Mapping[str, Any]:
    """The header of a compact token, not yet believed, if it has these words alone.

    Raises ValueError or JoseError.
    """
    segment = jws.extract_compact(token.encode()).segments["header"]
    header = json.loads(urlsafe_b64decode(segment).decode(), cls=SaidOnce)
    if not isinstance(header, dict) or not header.keys() <= set(words):
        raise ValueError
    return header


class SaidOnce(json.JSONDecoder):
    """Reads JSON in which no object says one thing twice: what checks the one must not be told the other."""

    def __init__(self, **options: Any) -> None:
        super().__init__(object_pairs_hook=_said_once, **options)


def _said_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    said = dict(pairs)
    if len(said) != len(pairs):
        raise ValueError
    return said


def url_safe(content: bytes) -> str:
    """Base64 without the signs that mean something in addresses and cookies (RFC 4648, 5), unpadded."""
    return base64.urlsafe_b64encode(content).decode().rstrip("=")
