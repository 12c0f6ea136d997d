"""Queries that are turned away at the door: while there is too much to do, nothing looks at them any more.

To read a request, to find its route and to refuse it costs a millisecond or two; at three times what the broker
can do, that is what keeps it from answering the others. So while the door is shut a query gets ready-made bytes,
before aiohttp sees any of it. That takes a request that is plain: its header whole in one piece and written as
RFC 9112 has it, its body of a length that is said. Whatever else comes is left to aiohttp, for as long as the
connection lasts: two readers of one connection must never differ about where a request ends.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from broker.api.bodies import LARGEST_BODY

_HEAD = re.compile(
    rb"((?:GET|POST|PUT|DELETE|HEAD|OPTIONS) [!-~]+) HTTP/1\.1\r\n"
    rb"((?:[!#$%&'*+.^_`|~0-9A-Za-z-]+:[\t -~\x80-\xff]*\r\n)+)\r\n"
)
_NAME, _VALUE = rb"[!#$%&'*+.^_`|~0-9A-Za-z-]+", rb"[\t -~\x80-\xff]*"
_BEGUN = re.compile(
    rb"[A-Z]{1,16}(?: [!-~]*(?: [HTP/1.]{0,8})?)?"
    rb"|[A-Z]{1,16} [!-~]+ HTTP/1\.1\r(?:\n(?:%b:%b\r\n)*(?:%b(?::%b\r?)?)?)?"
    % (_NAME, _VALUE, _NAME, _VALUE)
)
_LONGEST_BEGINNING = 2048
_LENGTH = re.compile(rb"^content-length:[\t ]*([0-9]{1,9})[\t ]*\r$", re.IGNORECASE | re.MULTILINE)
_ASKS_MORE = re.compile(
    rb"^(?:transfer-encoding|expect|upgrade|connection(?!:[\t ]*keep-alive[\t ]*\r$)"
    rb"|content-length(?!:[\t ]*[0-9]{1,9}[\t ]*\r$))",
    re.IGNORECASE | re.MULTILINE,
)
_QUERIES = frozenset([b"POST /v1/queries", b"POST /v1/details"])


@dataclass(frozen=True, slots=True)
class Head:
    """A header: how many bytes it and the body after it have, and whether it is a query's."""

    size: int
    body: int
    asks: bool


def has_only_begun(held: bytes) -> bool:
    """Whether these first bytes are a plain header that goes on; empty lines may stand before it.

    Of a long one it says no, for it reads all of them again whenever a byte is added.
    """
    header = held.lstrip(b"\r\n")
    return not header or (len(header) <= _LONGEST_BEGINNING and _BEGUN.fullmatch(header) is not None)


def head_of(piece: bytes, longest: int) -> Head | None:
    """The header with which a piece begins; None for one that is not whole and plain."""
    found = _HEAD.match(piece, 0, longest)
    if found is None or _ASKS_MORE.search(found[2]):
        return None
    lengths = _LENGTH.findall(found[2])
    if len(lengths) > 1:
        return None
    body = int(lengths[0]) if lengths else 0
    return Head(found.end(), body, found[1] in _QUERIES and 0 < body <= LARGEST_BODY)


Turned = Literal["no", "not yet", "now"]


class Turnstile:
    """One connection's requests, told apart by their bytes alone, as long as that is plain.

    ``shut`` gives what a query is told just now; None while the door is open. ``ends``: more came than was said,
    so the connection ends with what is told.
    """

    def __init__(self, shut: Callable[[], bytes | None], longest: int) -> None:
        self._shut, self._longest = shut, longest
        self._plain, self._between, self._to_come = True, True, 0
        self.told: bytes | None = None
        self.ends = False

    @property
    def awaits_header(self) -> bool:
        """Whether what comes next begins a request."""
        return self._between

    def turns(self, piece: bytes) -> Turned:
        """Whether a piece is of a query that is turned away: with it (``now``), or once its body is there.

        ``no``: it is for aiohttp.
        """
        if not self._plain:
            return "no"
        if self._between:
            self._begins(piece)
        elif self._to_come:
            self._goes_on(len(piece))
        else:
            self._plain = False  # more came before the answer
        if self.told is None:
            return "no"
        self._between = not self._to_come
        return "now" if self._between else "not yet"

    def answered(self) -> None:
        """aiohttp has written its answer."""
        self._plain = self._plain and not self._to_come
        self._between = True

    def _begins(self, piece: bytes) -> None:
        head = head_of(piece, self._longest)
        self._between, self.told = False, None
        self._plain = head is not None and len(piece) <= head.size + head.body
        if head is not None and self._plain:
            self._to_come = head.size + head.body - len(piece)
            self.told = self._shut() if head.asks else None

    def _goes_on(self, size: int) -> None:
        if size <= self._to_come:
            self._to_come -= size
        elif self.told is None:
            self._plain = False
        else:
            self._to_come, self.ends, self._plain = 0, True, False


def ready(head: tuple[str, ...], body: bytes) -> Callable[[float], bytes]:
    """The whole answer to who is turned away, by the seconds after which to come back. ``head``: its lines."""
    lines = "\r\n".join(
        ["HTTP/1.1 503 Service Unavailable", *head, f"Content-Length: {len(body)}", ""]
    ).encode()

    def answer(seconds: float) -> bytes:
        return lines + b"Retry-After: %d\r\n\r\n" % max(1, math.ceil(seconds)) + body

    return answer
