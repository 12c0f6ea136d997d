"""A page of one heading and a few sentences: for what went wrong, and where to go on."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

from aiohttp import web

PROBLEM = "application/problem+json"
_NOT_SIGNED_IN = 401


def page(
    status: int,
    heading: str,
    sentences: Sequence[str],
    desks: Sequence[Mapping[str, Any]] = (),
    link: tuple[str, str] | None = None,
) -> web.Response:
    """The page. ``desks``: whom to ring meanwhile; ``link``: an address of ours, and what it is called."""
    rung = [f"<li>{escape(one['name'])}: {escape(one['phone'])}</li>" for one in desks]
    body = [
        "<!doctype html>",
        '<html lang="en"><head><meta charset="utf-8">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        f"<title>{escape(heading)}</title></head><body><main>",
        f"<h1>{escape(heading)}</h1>",
        *(f"<p>{escape(one)}</p>" for one in sentences),
        *(["<ul>", *rung, "</ul>"] if rung else []),
        *([f'<p><a href="{escape(link[0])}">{escape(link[1])}</a></p>'] if link else []),
        "</main></body></html>",
    ]
    return web.Response(status=status, text="\n".join(body), content_type="text/html")


def of_problem(response: web.Response, desks: Sequence[Mapping[str, Any]]) -> web.Response:
    """A problem (RFC 9457) as a page: the same status, title and sentences, and whom to ring meanwhile."""
    assert isinstance(response.body, bytes)  # noqa: S101 -- problems are made of bytes
    told = json.loads(response.body)
    sentences = list(dict.fromkeys([told["detail"], *(one["detail"] for one in told.get("errors", ()))]))
    link = ("/sign-in", "Sign in") if response.status == _NOT_SIGNED_IN else ("/", "Go to the first page")
    made = page(response.status, told["title"], sentences, desks, link)
    made.headers.update({name: response.headers[name] for name in _KEPT if name in response.headers})
    return made


_KEPT = ("Retry-After", "WWW-Authenticate", "Allow")
