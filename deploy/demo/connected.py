"""Northshire's broker connected to Northshire's identity provider: address, files, and everybody's tokens."""

from __future__ import annotations

import re
import secrets
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

from deploy.demo.browsing import command_line_tokens
from deploy.demo.northshire import Northshire
from deploy.demo.provider import (
    PAGES,
    Provider,
    ProviderMissing,
    command_line_client,
    pages_client,
)
from deploy.demo.sign_in import ISSUER, PERSONAS

_PORT = 8765
_PAGES = """\
pages:
  address: {address}
  client_id: {client}
  client_secret: "file:state/pages.key"
  authorization_endpoint: {issuer}/auth
  token_endpoint: {issuer}/token
  end_session_endpoint: {issuer}/session/end
"""


@asynccontextmanager
async def connected(town: Northshire, said: Callable[[str], None]) -> AsyncIterator[Northshire]:
    """The town with its provider running, and tokens of it; or as it was, where there can be no provider."""
    broker, port = town.directory / "broker.yaml", _free_port()
    _change(broker, f"port: {_PORT}", f"port: {port}")
    address, secret = f"http://127.0.0.1:{port}", secrets.token_hex(32)
    provider = Provider([pages_client(address, secret), command_line_client(secrets.token_hex(32))])
    try:
        provider.start()
    except ProviderMissing as fault:
        said(f"{fault} Without it the demo signs its tokens itself, and has no pages.")
        yield town
        return
    try:
        said(f"The identity provider listens on {provider.issuer}")
        _believe(broker, provider, address, secret)
        tokens = await command_line_tokens(provider, list(PERSONAS.values()))
        yield replace(town, issued=dict(zip(PERSONAS, tokens, strict=True)))
    finally:
        provider.stop()


def _believe(broker: Path, provider: Provider, address: str, secret: str) -> None:
    """Have ``broker.yaml`` believe the provider, and sign people in there."""
    _change(broker, f"issuer: {ISSUER}", f"issuer: {provider.issuer}")
    _change(broker, "jwks: file:state/jwks.json", f"jwks: {provider.issuer}/jwks")
    text = _PAGES.format(address=address, client=PAGES, issuer=provider.issuer)
    broker.write_text(broker.read_text(encoding="utf-8") + text, encoding="utf-8")
    key = broker.parent / "state" / "pages.key"
    key.touch(mode=0o600)
    key.write_text(secret, encoding="ascii")


def _change(path: Path, old: str, new: str) -> None:
    text, times = re.subn(re.escape(old), new, path.read_text(encoding="utf-8"))
    assert times == 1, old  # noqa: S101 -- the file is our own
    path.write_text(text, encoding="utf-8")


def _free_port() -> int:
    """The port of ``broker.yaml``, or any free one where that is taken: the provider has to know it beforehand."""
    with socket.socket() as trying:
        trying.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            trying.bind(("127.0.0.1", _PORT))
        except OSError:
            trying.bind(("127.0.0.1", 0))
        return int(trying.getsockname()[1])
