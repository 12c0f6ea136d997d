"""``broker audit witness``, the witness's side: making one, running it, and what it refused.

It needs nothing of a broker, so it starts quickly.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

import click
from aiohttp import web
from rich.text import Text

import handwritten
from broker.api.listening import PortTaken
from broker.audit.witness.files import WitnessFiles, WitnessUnfit, create_witness, open_witness
from broker.audit.witness.server import make_witness
from broker.cli.printing import Exit, as_json, give_up, out, print_json
from broker.cli.stopping import told_to_stop

_place = click.argument("directory", type=click.Path(file_okay=False, path_type=Path))


@click.group(short_help="Cosign other parties' logs; see who cosigned one's own.")
def witness() -> None:
    """Witnesses: other parties who cosign an audit log, so that its history can't be changed and signed again.

    \b
    Who is a witness:       broker audit witness init DIRECTORY --name NAME, then run DIRECTORY
    Whose log is witnessed: name the witness in broker.yaml, under audit: witnesses
    Both sides, step by step: docs/how-to/witness-a-log.md
    """


@witness.command(short_help="Make a witness, and print its public key.")
@_place
@click.option(
    "--name",
    required=True,
    help="What the witness is called for ever: a schema-less URL, such as police.northshire.example/witness.",
)
@as_json
def init(directory: Path, name: str, wants_json: bool) -> None:
    """Make a witness in DIRECTORY: its key, its memory, and witness.yaml to name the logs in.

    It prints the public key. Send that to whoever runs the log, and read it to them over the telephone.
    """
    try:
        key = create_witness(directory, name).text()
    except WitnessUnfit as fault:
        give_up(str(fault), Exit.WRONG)
    if wants_json:
        print_json({"directory": str(directory), "name": name, "key": key})
        return
    out.print(
        f"Made a witness in {directory}. Now name the logs in {directory / 'witness.yaml'}.", soft_wrap=True
    )
    out.print(f"Its public key, for the others' broker.yaml:\n{key}", markup=False, soft_wrap=True)


@witness.command(short_help="Run a witness.")
@_place
@click.option("--port", type=click.IntRange(0, 65535), help="Listen here instead; 0 takes a free port.")
@as_json
def run(directory: Path, port: int | None, wants_json: bool) -> None:
    """Run the witness in DIRECTORY until it is told to stop (Ctrl-C or SIGTERM).

    It cosigns each checkpoint that follows from what it cosigned before, and nothing else. It learns of a log how
    many entries it has, and nothing of what they say.
    """
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    try:
        asyncio.run(_served(_opened(directory), port, wants_json=wants_json))
    except PortTaken as fault:
        give_up(str(fault), Exit.UNREACHABLE)


@witness.command(short_help="Show the evidence against logs that contradict themselves.")
@_place
@as_json
def contradictions(directory: Path, wants_json: bool) -> None:
    """Show what the witness in DIRECTORY refused because it contradicts what it had cosigned. Ends with 1 if any.

    Each is a pair of checkpoints, both signed by one log, that can't both be true: keep them as evidence.
    """
    files = _opened(directory)
    found = list(files.memory.contradictions())
    files.memory.close()
    if wants_json:
        print_json(
            [
                {
                    "at": one.at.isoformat(),
                    "origin": one.origin,
                    "cosigned": one.known,
                    "refused": one.refused,
                }
                for one in found
            ]
        )
    elif not found:
        out.print("Nothing was refused that contradicts what was cosigned.")
    for one in () if wants_json else found:
        out.print(f"{one.at:%d %B %Y %H:%M:%S} UTC  {one.origin}", markup=False)
        out.print(f"Cosigned:\n{one.known}\nRefused:\n{one.refused}", markup=False, soft_wrap=True)
    raise SystemExit(Exit.WRONG if found else Exit.WELL)


def _opened(directory: Path) -> WitnessFiles:
    try:
        return open_witness(directory)
    except (handwritten.Faults, WitnessUnfit) as fault:
        give_up(str(fault), Exit.WRONG)


async def _served(files: WitnessFiles, port: int | None, *, wants_json: bool) -> None:
    async with _listening(files, port) as address:
        stop = told_to_stop()
        if wants_json:
            print_json({"witness": files.witness.name, "address": address})
        else:
            count = len(files.witness.logs)
            out.print(
                Text(f"{files.witness.name} listens on {address}, and witnesses {count} log(s)."),
                soft_wrap=True,
            )
        await stop.wait()


@asynccontextmanager
async def _listening(files: WitnessFiles, port: int | None) -> AsyncIterator[str]:
    """The witness over HTTP until the context ends, and its address. Raises PortTaken."""
    made = make_witness(files.witness, files.memory, lambda: datetime.now(UTC))
    runner = web.AppRunner(made, access_log=None)
    await runner.setup()
    try:
        listen = files.settings.listen
        wanted = listen.port if port is None else port
        try:
            await web.TCPSite(runner, listen.host, wanted, ssl_context=files.tls).start()
        except OSError:
            raise PortTaken(
                f"Port {wanted} of {listen.host} is taken. Name another with --port; 0 takes a free one."
            ) from None
        host, at = runner.addresses[0][:2]
        yield f"{'https' if files.tls else 'http'}://{host}:{at}"
    finally:
        await runner.cleanup()
