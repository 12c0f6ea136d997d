"""``broker serve``: run the broker of a partnership."""

from __future__ import annotations

import asyncio
import logging
import signal
from pathlib import Path

import click
from aiohttp import web

from broker.api.server import make_server
from broker.app import running
from broker.cli.printing import Exit, as_json, give_up, out, partnership, print_json
from broker.cli.starting import STARTING_FAULTS
from broker.settings import Partnership, load_settings


@click.command(short_help="Run the broker of a partnership.")
@partnership
@click.option("--port", type=int, help="Listen here instead of where broker.yaml says; 0 takes a free port.")
@as_json
def serve(directory: Path, port: int | None, wants_json: bool) -> None:
    """Run the broker of a partnership until it is told to stop (Ctrl-C or SIGTERM).

    \b
    It checks all the partnership's files first, and refuses to start when one of them is wrong.
    A source that is down does not keep it from starting: its part of an answer says so.
    """
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    try:
        asyncio.run(_served(load_settings(directory), port, wants_json=wants_json))
    except STARTING_FAULTS as fault:
        give_up(str(fault), Exit.WRONG)


async def _served(of: Partnership, port: int | None, *, wants_json: bool) -> None:
    async with running(of) as front:
        runner = web.AppRunner(make_server(front), access_log=None)  # an access log would hold who asked when
        await runner.setup()
        try:
            listen = of.settings.listen
            await web.TCPSite(runner, listen.host, listen.port if port is None else port).start()
            host, at = runner.addresses[0][:2]
            if wants_json:
                print_json({"partnership": of.settings.partnership, "address": f"http://{host}:{at}"})
            else:
                out.print(f"{of.settings.partnership} listens on http://{host}:{at}")
            await told_to_stop()
        finally:
            await runner.cleanup()


async def told_to_stop() -> None:
    """Wait for Ctrl-C or SIGTERM."""
    stop = asyncio.Event()
    for told in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(told, stop.set)
    await stop.wait()
