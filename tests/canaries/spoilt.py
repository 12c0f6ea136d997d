"""Requests that are right but for one thing, and in that thing stands a word of ``people``."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from copy import deepcopy
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qsl, quote, urlencode

from broker.api.bodies import LARGEST_BODY
from tests.canaries.calls import JSON, URLENCODED, Sent
from tests.canaries.people import FORM, STRAY, TYPED

WORD = f"{STRAY} {TYPED['given_name']}"
ASCII_WORD = quote(WORD)
_COOKIES = ("FCSESSIONID", "__Host-session", "session", "sign-in")
_HEADERS: Sequence[Mapping[str, str]] = (
    {"Authorization": f"Bearer {STRAY}.{ASCII_WORD}.{FORM}"},
    {"Cookie": "; ".join(f"{name}={ASCII_WORD}" for name in _COOKIES)},
    {"DPoP": f"{STRAY}.{FORM}.{STRAY}"},
    {"Origin": f"https://{STRAY}.example"},
    {"Sec-Fetch-Site": STRAY},
    {"Host": f"{STRAY}.example"},
    {"Expect": STRAY},
    {"Upgrade": STRAY},
    {
        "Accept": f"{STRAY}/{FORM}",
        "Accept-Language": STRAY,
        "If-None-Match": f'"{STRAY}"',
        "Last-Event-ID": STRAY,
        "Prefer": f"wait={STRAY}",
        "Range": f"{STRAY}=0-1",
        "Referer": f"https://case.example/{ASCII_WORD}",
        "User-Agent": f"{STRAY}/{FORM}",
        "X-Forwarded-For": STRAY,
        "X-Request-ID": ASCII_WORD,
        "baggage": f"person={ASCII_WORD}",
        "traceparent": f"00-{STRAY}-{FORM}-01",
        "tracestate": f"{STRAY}={FORM}",
    },
)
"""Those that a request may be refused for, each for itself; and all others."""


def spoilt(right: Sent) -> Iterator[Sent]:
    """Every way in which a right request is spoilt."""
    yield from _addresses(right)
    yield from (right.bearing(**headers) for headers in _HEADERS)
    for method in ("DELETE", STRAY.upper()):
        yield replace(right, method=method, payload=WORD.encode())
    if right.payload is not None:
        yield from _payloads(right, right.payload)
        yield from _types(right)


def _addresses(right: Sent) -> Iterator[Sent]:
    path, _, search = right.address.partition("?")
    yield replace(right, address=f"{path}?{search}&{FORM}={ASCII_WORD}&given_name={ASCII_WORD}")
    yield replace(right, address=f"{path}?limit={STRAY}&since={STRAY}&purpose={ASCII_WORD}&to={ASCII_WORD}")
    yield replace(right, address=f"{path}/{ASCII_WORD}")
    yield replace(right, address=f"{path}?%ff{STRAY}=%00{STRAY}")
    parts = path.split("/")
    for at in range(2, len(parts)):
        yield replace(right, address="/".join([*parts[:at], ASCII_WORD, *parts[at + 1 :]]))
        yield replace(right, address="/".join([*parts[:at], f"{STRAY}%ff%00%0d%0a{FORM}", *parts[at + 1 :]]))


def _types(right: Sent) -> Iterator[Sent]:
    boundary = (
        f'--{FORM}\r\nContent-Disposition: form-data; name="{STRAY}"; filename="{STRAY}"\r\n\r\n{WORD}\r\n'
    )
    for kind in ("text/plain", f"application/{STRAY}", f"{JSON}; charset={STRAY}", JSON, URLENCODED, STRAY):
        yield right.bearing(Content_Type=kind)
    yield right.bearing(Content_Encoding=STRAY)
    yield right.bearing(Content_Encoding="gzip")
    whole = f"{boundary}--{FORM}--\r\n".encode()
    yield replace(right.bearing(Content_Type=f"multipart/form-data; boundary={FORM}"), payload=whole)
    yield replace(right.bearing(Content_Type="multipart/form-data"), payload=boundary.encode())


def _payloads(right: Sent, payload: bytes) -> Iterator[Sent]:
    if right.headers["Content-Type"] == JSON:
        wrong = _json(json.loads(payload))
    else:
        wrong = _forms(dict(parse_qsl(payload.decode(), keep_blank_values=True)))
    for one in wrong:
        yield replace(right, payload=one)
    for raw in (
        payload[: len(payload) // 2],
        payload + WORD.encode(),
        b"\xff\xfe" + payload,
        WORD.encode(),
        f'{{"{WORD}": 1, "{WORD}": 2}}'.encode(),
        f'{{"{WORD}": NaN, "b": "\\ud800{STRAY}"}}'.encode(),
        b'{"a":' * 3000 + f'"{STRAY}"'.encode(),
        json.dumps(WORD).encode(),
        json.dumps([WORD]).encode(),
        payload + b" " * LARGEST_BODY + WORD.encode(),
    ):
        yield replace(right, payload=raw)


def _json(body: Any) -> Iterator[bytes]:
    """The body with something else at each of its places, and with a key that it doesn't have."""
    for place in _places(body):
        for other in ({WORD: WORD}, f"{WORD}\x00", WORD * 200, 1937112300):
            yield json.dumps(_with(body, place, other)).encode()
    if isinstance(body, Mapping):
        yield json.dumps({**body, WORD: WORD}).encode()


def _places(body: Any) -> Iterator[tuple[Any, ...]]:
    inner = body.items() if isinstance(body, Mapping) else enumerate(body) if isinstance(body, list) else ()
    for key, value in inner:
        yield (key,)
        yield from ((key, *rest) for rest in _places(value))


def _with(body: Any, place: tuple[Any, ...], other: Any) -> Any:
    changed = deepcopy(body)
    inside = changed
    for key in place[:-1]:
        inside = inside[key]
    inside[place[-1]] = other
    return changed


def _forms(fields: Mapping[str, str]) -> Iterator[bytes]:
    for name in fields:
        for other in (WORD, f"{WORD}\x00", WORD * 200):
            yield urlencode({**fields, name: other}).encode()
    yield urlencode({**fields, WORD: WORD}).encode()
    yield urlencode({name: text for name, text in fields.items() if name != "csrf"}).encode()
