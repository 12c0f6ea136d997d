"""How a page is made: a template, its texts, and what every page bears.

Everything that is filled in is escaped. There is no script and no style in a page itself, and the content security
policy allows none: both come from this host, as files.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from aiohttp import web
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from broker.web import sessions
from broker.web.asset_files import ASSETS, Asset, read_assets
from broker.web.face import Face
from broker.web.rooms import rooms_of
from broker.web.texts import Texts, texts_of

TEMPLATES = Path(__file__).parent / "templates"


@dataclass(frozen=True, slots=True)
class Look:
    """What pages are made of."""

    templates: Environment = field(repr=False)
    texts: Texts
    face: Face


LOOK = web.AppKey("look", Look)


def set_up(server: web.Application, face: Face) -> None:
    """Give a server what its pages are made of."""
    server[ASSETS] = assets = read_assets()
    server[LOOK] = look_of(face, assets)


def look_of(face: Face, assets: Mapping[str, Asset]) -> Look:
    """Templates and texts, ready to be filled in."""
    texts = texts_of("en")
    templates = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        auto_reload=False,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    templates.globals |= {"t": texts, "day": texts.day, "face": face, "language": texts.language}
    templates.globals |= {"assets": {name: one.address for name, one in assets.items()}}
    return Look(templates, texts, face)


def page(request: web.Request, template: str, status: int = 200, **content: Any) -> web.Response:
    """A whole page."""
    return web.Response(
        status=status, text=html(request, template, **content), content_type="text/html", charset="utf-8"
    )


def html(request: web.Request, template: str, **content: Any) -> str:
    """A template filled in, with who is signed in, and the rooms that are open to them."""
    session = sessions.of(request)
    signed_in = {
        "who": session.token.requester.name if session else None,
        "csrf": session.csrf if session else "",
        "rooms": rooms_of(request, session.token.requester) if session else (),
    }
    return request.app[LOOK].templates.get_template(template).render(**signed_in, **content)


def texts_for(request: web.Request) -> Texts:
    """The texts in which a request is answered."""
    return request.app[LOOK].texts
