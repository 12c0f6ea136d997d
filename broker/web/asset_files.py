"""What pages are made with besides their words: a style, a script, an icon. Nothing comes from another host.

They hold nothing personal, so a browser may keep them: each address bears the digest of what is there.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path

from aiohttp import web

FOLDER = Path(__file__).parent / "assets"
_TYPES: Mapping[str, str] = {
    "pages.css": "text/css",
    "pages.js": "text/javascript",
    "icon.svg": "image/svg+xml",
}
_A_YEAR = "public, max-age=31536000, immutable"

routes = web.RouteTableDef()


@dataclass(frozen=True, slots=True)
class Asset:
    """One file, and the address that it has as long as it is the same."""

    content: bytes
    content_type: str
    address: str


def read_assets() -> Mapping[str, Asset]:
    """The files by their names."""
    return {name: _read(name, content_type) for name, content_type in _TYPES.items()}


def _read(name: str, content_type: str) -> Asset:
    content = (FOLDER / name).read_bytes()
    digest = hashlib.sha256(content).hexdigest()[:16]
    return Asset(content, content_type, f"/assets/{digest}/{name}")


ASSETS = web.AppKey("assets", Mapping[str, Asset])


@routes.get("/assets/{digest}/{name}", name="page_asset")
async def asset(request: web.Request) -> web.Response:
    """A file of the pages."""
    found = request.app[ASSETS].get(request.match_info["name"])
    if found is None or found.address != request.path:
        raise web.HTTPNotFound
    return web.Response(
        body=found.content,
        content_type=found.content_type,
        charset="utf-8",
    )


def kept(request: web.Request, status: int) -> Mapping[str, str]:
    """What a browser is told of an answer that it may keep; of all others, nothing. That there is no such file is
    kept by nobody: another broker beside this one may have it.
    """
    found = request.match_info.route.name == "page_asset" and status == HTTPStatus.OK
    return {"Cache-Control": _A_YEAR} if found else {}
