"""``broker serve``: run the broker of a partnership."""

from __future__ import annotations

import asyncio
import ssl
from pathlib import Path

import click
from rich.text import Text

from broker import unforeseen
from broker.api.listening import PortTaken, listening
from broker.api.tls import TlsUnusable, tls_context
from broker.app import running
from broker.cli.printing import Exit, as_json, give_up, out, partnership, print_json
from broker.cli.starting import STARTING_FAULTS
from broker.cli.stopping import told_to_stop
from broker.memory import without_core_dumps, without_long_pauses
from broker.open_files import as_many_as_may_be
from broker.settings import Partnership, load_settings


@click.command(short_help="Run the broker of a partnership.")
@partnership
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    help="Listen here instead of where broker.yaml says; 0 takes a free port.",
)
@as_json
def serve(directory: Path, port: int | None, wants_json: bool) -> None:
    """Run the broker of a partnership until it is told to stop (Ctrl-C or SIGTERM).

    \b
    It checks all the partnership's files first, and refuses to start when one of them is wrong.
    A source that is down does not keep it from starting: its part of an answer says so.
    """
    without_core_dumps()
    as_many_as_may_be()
    unforeseen.quote_nothing()
    unforeseen.log_to_standard_error()
    try:
        asyncio.run(_served(load_settings(directory), port, wants_json=wants_json))
    except (*STARTING_FAULTS, TlsUnusable) as fault:
        give_up(str(fault), Exit.WRONG)
    except PortTaken as fault:
        give_up(str(fault), Exit.UNREACHABLE)


async def _served(of: Partnership, port: int | None, *, wants_json: bool) -> None:
    asyncio.get_running_loop().set_exception_handler(unforeseen.of_loop)
    tls = _tls(of)
    async with running(of) as front, listening(front, of.settings.listen, port, tls) as address:
        stop = told_to_stop()
        without_long_pauses()
        if wants_json:
            print_json({"partnership": of.settings.partnership, "address": address})
        else:
            out.print(Text(f"{of.settings.partnership} listens on {address}"), soft_wrap=True)
        await stop.wait()


def _tls(of: Partnership) -> ssl.SSLContext | None:
    """What the socket answers with, where broker.yaml names a certificate. Raises SecretMissing or TlsUnusable."""
    tls = of.settings.listen.tls
    if tls is None:
        return None
    clients = None if tls.clients is None else of.file(tls.clients)
    return tls_context(of.file(tls.certificate), of.file(tls.key), clients)
