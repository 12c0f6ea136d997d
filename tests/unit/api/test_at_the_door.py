"""Queries that are turned away at the door: by their bytes alone, and never so that two readers could differ."""

from __future__ import annotations

import pytest

from broker.api.at_the_door import Turnstile, has_only_begun, head_of, ready

LONGEST = 4096
FULL = b"HTTP/1.1 503 Service Unavailable\r\n\r\n"


def request(*lines: str, first: str = "POST /v1/queries HTTP/1.1", body: bytes = b'{"a": 1}') -> bytes:
    """A request with these lines and, unless they say so, the length of its body."""
    said = (
        [*lines]
        if any("ength" in one or "ncoding" in one for one in lines)
        else [
            *lines,
            f"Content-Length: {len(body)}",
        ]
    )
    return "\r\n".join([first, "Host: littleworth", *said, "", ""]).encode() + body


def turnstile(shut: bool = True) -> Turnstile:
    return Turnstile(lambda: FULL if shut else None, LONGEST)


@pytest.mark.parametrize("first", ["POST /v1/queries HTTP/1.1", "POST /v1/details HTTP/1.1"])
def test_a_query_in_one_piece_is_turned_away_while_the_door_is_shut(first: str) -> None:
    gate = turnstile()
    assert (gate.turns(request(first=first)), gate.told, gate.ends) == ("now", FULL, False)
    assert gate.turns(request(first=first)) == "now", "the connection goes on"


def test_a_query_is_let_through_while_the_door_is_open() -> None:
    assert turnstile(shut=False).turns(request()) == "no"


@pytest.mark.parametrize("at", [1, 5])
def test_a_body_that_comes_later_is_waited_for(at: int) -> None:
    whole, gate = request(), turnstile()
    assert [gate.turns(whole[:-at]), gate.turns(whole[-at:]), gate.turns(whole)] == ["not yet", "now", "now"]


@pytest.mark.parametrize(
    "first", ["GET /healthz HTTP/1.1", "POST /v1/sign-out HTTP/1.1", "GET /v1/queries HTTP/1.1"]
)
def test_nothing_but_queries_is_turned_away(first: str) -> None:
    assert turnstile().turns(request(first=first)) == "no"


def test_whoever_was_answered_by_aiohttp_is_turned_away_with_the_next_query() -> None:
    gate = turnstile()
    assert gate.turns(request(first="GET /healthz HTTP/1.1", body=b"")) == "no"
    gate.answered()
    assert gate.turns(request()) == "now"


@pytest.mark.parametrize(
    "odd",
    [
        request("Transfer-Encoding: chunked", body=b"0\r\n\r\n"),
        request("Expect: 100-continue"),
        request("Connection: close"),
        request("Connection: Upgrade", "Upgrade: websocket"),
        request("Content-Length: 8", "Content-Length: 8"),
        request("Content-Length: +8"),
        request("Content-Length: 8, 8"),
        request("Content-Length: 0000000000008"),
        request("Content-Length : 8"),
        request("Folded: one\r\n two"),
        request("Bare: a\rb"),
        request("Bare: a\nb"),
        request("Nul: a\0b"),
        request(first="POST /v1/queries HTTP/1.0"),
        request(first="POST  /v1/queries HTTP/1.1"),
        request(first="CONNECT littleworth:1 HTTP/1.1"),
        b"\r\n" + request(),
        request("Long: " + "x" * LONGEST),
        request() + request(),
        request()[:20],
    ],
)
def test_what_is_not_plain_is_for_aiohttp_as_long_as_the_connection_lasts(odd: bytes) -> None:
    gate = turnstile()
    assert gate.turns(odd) == "no"
    gate.answered()
    assert gate.turns(request()) == "no"


def test_what_comes_before_the_answer_is_for_aiohttp() -> None:
    gate = turnstile()
    assert [gate.turns(request(first="GET /healthz HTTP/1.1", body=b"")), gate.turns(request())] == [
        "no",
        "no",
    ]
    gate.answered()
    assert gate.turns(request()) == "no"


def test_a_request_whose_answer_came_before_its_body_leaves_the_connection_to_aiohttp() -> None:
    gate, asked = turnstile(), request(first="POST /v1/sign-out HTTP/1.1", body=request())
    assert gate.turns(asked[: -len(request())]) == "no"
    gate.answered()
    assert gate.turns(request()) == "no", "it is the body of the request before"


def test_more_than_was_said_ends_the_connection() -> None:
    whole, gate = request(), turnstile()
    assert gate.turns(whole[:-2]) == "not yet"
    assert (gate.turns(whole[-2:] + whole), gate.ends) == ("now", True)
    assert gate.turns(whole) == "no"


def test_a_body_that_is_too_large_is_for_aiohttp_to_refuse() -> None:
    head = head_of(request("Content-Length: 99999999", body=b""), LONGEST)
    assert head is not None
    assert not head.asks


def test_the_answer_says_when_to_come_back_in_whole_seconds() -> None:
    answer = ready(("X: y",), b"{}")
    assert (
        answer(1.2)
        == b"HTTP/1.1 503 Service Unavailable\r\nX: y\r\nContent-Length: 2\r\nRetry-After: 2\r\n\r\n{}"
    )
    assert b"Retry-After: 1\r\n" in answer(0)


WHOLE = b"POST /v1/queries HTTP/1.1\r\nHost: littleworth\r\nContent-Length: 8\r\n\r\n"


@pytest.mark.parametrize("before", [b"", b"\r\n", b"\r\n\r\n"])
def test_every_beginning_of_a_plain_header_has_only_begun_and_the_whole_one_has_not(before: bytes) -> None:
    begun = [has_only_begun(before + WHOLE[:end]) for end in range(len(WHOLE) - 1)]
    assert all(begun[:-1]), "but for the last empty line, which may be read at once"
    assert not has_only_begun(before + WHOLE)


@pytest.mark.parametrize(
    "sent",
    [
        b"\x16\x03\x01",
        b"get /healthz",
        b"GET /healthz HTTP/1.1\n",
        b"GET /healthz HTTP/1.1\r\nHost: a\n",
        b"GET /healthz HTTP/1.1\r\n Host: a",
        b"GET /healthz HTTP/1.1\r\nHo st: a",
        b"GET /healthz HTTP/1.1\r\nX: \x00",
        b"GET /healthz HTTP/9.9\r\n",
        b"GET /healthz HTTP/1.1\r\nX: " + b"x" * 2048,
    ],
)
def test_what_is_odd_or_long_is_read_at_once(sent: bytes) -> None:
    assert not has_only_begun(sent)
