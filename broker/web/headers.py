"""What a browser is told of a page beside what it is told of every answer."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urlsplit

from broker.web.signing_in import Pages


def of_page(pages: Pages | None) -> Mapping[str, str]:
    """The headers of a page: it shows, runs and sends nothing that is not ours.

    Forms may lead to the provider, because signing in and out does. The referrer stays with us: without any,
    browsers would not say either (``Origin``) that a form is ours.
    """
    return {
        "Content-Security-Policy": (
            "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; font-src 'self';"
            f" connect-src 'self'; base-uri 'none'; frame-ancestors 'none'; form-action 'self'{_provider(pages)}"
        ),
        "Referrer-Policy": "same-origin",
        "Cross-Origin-Opener-Policy": "same-origin",
    }


def _provider(pages: Pages | None) -> str:
    if pages is None:
        return ""
    settings = pages.settings
    asked = (settings.authorization_endpoint, settings.end_session_endpoint)
    origins = {f"{one.scheme}://{one.netloc}" for one in map(urlsplit, filter(None, asked))}
    return "".join(f" {one}" for one in sorted(origins))
