"""``broker demo``: Northshire, an invented council on real databases, and one referral put to it."""

from __future__ import annotations

import asyncio
import os
import shutil
import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import aiohttp
import click
from aiohttp import web
from rich.text import Text

from broker.api.front import Front
from broker.api.server import make_server
from broker.app import running
from broker.audit.keys import load_keys
from broker.audit.reader import AuditReader
from broker.cli.answer_table import answer_tables
from broker.cli.ask import called
from broker.cli.printing import Exit, give_up, out
from broker.cli.serve import told_to_stop
from broker.cli.starting import STARTING_FAULTS
from broker.cli.trace_table import trace_table
from broker.settings import Partnership, load_settings
from broker.surroundings import LONDON
from deploy.demo import referral
from deploy.demo.northshire import PEOPLE, Northshire, started
from deploy.demo.postgres_binaries import PostgresFault
from deploy.demo.sign_in import PERSONAS

STATE = Path(".state/demo")


@click.command(short_help="See it work on an invented council.")
@click.option("--once", is_flag=True, help="End after the answers instead of staying up.")
@click.option("--seed", type=int, default=1, show_default=True, help="Another number makes other people.")
@click.option(
    "--people", type=click.IntRange(4, 100_000), default=PEOPLE, show_default=True, help="How many."
)
@click.option(
    "--state",
    type=click.Path(file_okay=False, path_type=Path),
    default=STATE,
    show_default=True,
    help="Where databases and log are kept.",
)
def demo(once: bool, seed: int, people: int, state: Path) -> None:
    """Start Northshire, an invented council with real databases, and put a referral to it.

    \b
    It starts three PostgreSQL servers and fills them and an SQLite file with invented people,
    starts the broker on this machine only, and shows
      1. what a social worker is told about a child, the mother, her partner and a sibling,
      2. what an early-help worker is told about the same family,
      3. what the audit log holds of the first query.
    Then it stays up until Ctrl-C, so that you can ask it yourself.
    """
    try:
        asyncio.run(_shown(state.resolve(), seed, people, once))
    except (*STARTING_FAULTS, PostgresFault) as fault:
        give_up(f"{fault}\nTo begin anew, delete {state} and start again.", Exit.UNREACHABLE)
    except KeyboardInterrupt:
        raise SystemExit(Exit.WELL) from None


async def _shown(directory: Path, seed: int, people: int, once: bool) -> None:
    today = datetime.now(LONDON).date()
    town = await started(directory, seed, people, today, _said)
    try:
        of = load_settings(directory)
        async with running(of) as front:
            await _served(town, of, front, once)
    finally:
        _said("Stopping the databases")
        town.databases.stop()


async def _served(town: Northshire, of: Partnership, front: Front, once: bool) -> None:
    runner = web.AppRunner(make_server(front), access_log=None)
    await runner.setup()
    try:
        address = await _listen(runner, of)
        _said(f"The broker listens on {address}")
        await _story(town, of, address)
        if not once:
            _what_to_try(town, address)
            await told_to_stop()
    finally:
        await runner.cleanup()


async def _listen(runner: web.AppRunner, of: Partnership) -> str:
    """Listen where broker.yaml says, or on any free port when that one is taken."""
    listen = of.settings.listen
    try:
        await web.TCPSite(runner, listen.host, listen.port).start()
    except OSError:
        await web.TCPSite(runner, listen.host, 0).start()
    host, port = runner.addresses[0][:2]
    return f"http://{host}:{port}"


async def _story(town: Northshire, of: Partnership, address: str) -> None:
    social_worker, early_help = PERSONAS["social_worker"], PERSONAS["early_help_lead"]
    query = referral.section_47(town.truth)
    _heading(f"1. {social_worker.name}, social worker, asks for a section 47 enquiry")
    answer = await ask(town, address, "social_worker", query)
    _show(answer, query)
    query_id = answer["query_id"]

    query = referral.early_help(town.truth)
    _heading(f"2. {early_help.name}, early help, asks about the same family, with the mother's agreement")
    _show(await ask(town, address, "early_help_lead", query), query)

    _heading(f"3. What the audit log holds of the first query ({query_id})")
    audit = of.settings.audit
    with AuditReader.open(of.path(audit.log), load_keys(of.path(audit.keys)), audit.origin) as reader:
        out.print(trace_table(reader.trace(query_id)))
        found = reader.verify()
    out.print(
        Text(
            f"{found.size} entries of the log verify." if found.good else f"The log is broken: {found.fault}"
        )
    )


async def ask(town: Northshire, address: str, persona: str, query: Mapping[str, Any]) -> Mapping[str, Any]:
    """Put a query to the running broker, over HTTP, as one of the personas."""
    token = town.sign_in.token(PERSONAS[persona], datetime.now(UTC))
    headers = {"Authorization": f"Bearer {token}"}
    async with (
        aiohttp.ClientSession(headers=headers) as session,
        session.post(f"{address}/v1/queries", json=query) as reply,
    ):
        reply.raise_for_status()
        answer: Mapping[str, Any] = await reply.json()
        return answer


def _show(answer: Mapping[str, Any], query: Mapping[str, Any]) -> None:
    for one in answer_tables(
        answer, {n: called(person) for n, person in enumerate(query["people"], start=1)}
    ):
        out.print(one)


def _what_to_try(town: Northshire, address: str) -> None:
    _heading("Ask it yourself, in another terminal; Ctrl-C here ends everything")
    child = town.truth.story("child")
    for persona in PERSONAS.values():
        token = town.sign_in.token(persona, datetime.now(UTC))
        out.print(Text(f"{persona.name}, for {persona.may_try}:\n", style="bold"))
        out.print(f"export BROKER_SERVER={address} BROKER_TOKEN={token}\n", soft_wrap=True)
    program = Path(sys.argv[0]).name if shutil.which("broker") else os.path.relpath(sys.argv[0])
    out.print(
        f"{program} ask --purpose section_47_enquiry --reason 'Trying it' --case NS-1 "
        f"--person 'child: {child.family_name}, {child.given_name}, {child.birth_date}'",
        soft_wrap=True,
    )
    out.print(f'curl -s {address}/v1/sources -H "Authorization: Bearer $BROKER_TOKEN"', soft_wrap=True)
    out.print(f"{program} audit verify --partnership {town.directory}\n", soft_wrap=True)


def _heading(text: str) -> None:
    out.print()
    out.print(Text(text, style="bold underline"))


def _said(sentence: str) -> None:
    out.print(Text(f"- {sentence}", style="dim"))
