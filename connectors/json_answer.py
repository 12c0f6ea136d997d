"""The bytes of a web API's answer, made into JSON: bounded before they are taken in.

How long an answer says it is counts for nothing, and neither does how small it was packed.
"""

from __future__ import annotations

import json
import zlib
from typing import Any, NoReturn

import aiohttp

_GZIP = 16 + zlib.MAX_WBITS
_JSON_TYPES = ("application/json", "text/json")


class NoJson(Exception):
    """It is not the JSON that was asked for. The text is for the operator, and quotes nothing."""


class BrokenOff(Exception):
    """It ended before its end."""


async def body_of(reply: aiohttp.ClientResponse, largest: int) -> bytes:
    """The whole body, unpacked. Raises NoJson, BrokenOff, and aiohttp's faults."""
    packing = reply.headers.get("Content-Encoding", "identity").strip().lower()
    if packing == "identity":
        return await _plain(reply.content, largest)
    if packing in ("gzip", "x-gzip"):
        return await _unpacked(reply.content, largest)
    raise NoJson("it is packed in a way that was not asked for")


def json_of(content_type: str, body: bytes) -> Any:
    """The document. A number with a fraction stays the text that it is. Raises NoJson."""
    kind = content_type.partition(";")[0].strip().lower()
    if kind not in _JSON_TYPES and not (kind.startswith("application/") and kind.endswith("+json")):
        raise NoJson("it does not say that it is JSON")
    try:
        return json.loads(body.decode("utf-8-sig"), parse_float=str, parse_constant=_no_number)
    except (ValueError, RecursionError):
        pass
    raise NoJson("it is not JSON in UTF-8, or nested too deeply")  # outside: the cause holds the whole answer


def _no_number(_: str) -> NoReturn:
    raise ValueError("NaN and Infinity are no JSON")


async def _plain(content: aiohttp.StreamReader, largest: int) -> bytes:
    read = bytearray()
    async for piece in content.iter_any():
        read += piece
        _check_size(len(read), largest)
    return bytes(read)


async def _unpacked(content: aiohttp.StreamReader, largest: int) -> bytes:
    read, unpacking = bytearray(), zlib.decompressobj(_GZIP)
    try:
        async for piece in content.iter_any():
            read += unpacking.decompress(piece, largest + 1 - len(read))
            _check_size(len(read) + bool(unpacking.unconsumed_tail), largest)
    except zlib.error:
        raise NoJson("it is not packed as it says") from None
    if not unpacking.eof:
        raise BrokenOff
    return bytes(read)


def _check_size(read: int, largest: int) -> None:
    if read > largest:
        raise NoJson(f"it is larger than {largest >> 20} MB (largest_megabytes)")
