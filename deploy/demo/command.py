"""``broker demo``: Northshire, an invented council on real databases, and one referral put to it."""

from __future__ import annotations

import asyncio
import os
import shutil
import sys
from datetime import UTC, datetime
from pathlib import Path

import click
from rich.text import Text

from broker.api.listening import PortTaken, listening
from broker.app import running
from broker.cli.printing import Exit, as_json, err, give_up, out, print_json
from broker.cli.starting import STARTING_FAULTS
from broker.cli.stopping import told_to_stop
from broker.settings import load_settings
from broker.surroundings import LONDON
from deploy.demo.browsing import SignInStuck
from deploy.demo.connected import connected
from deploy.demo.northshire import PEOPLE, Northshire, started
from deploy.demo.performance import shown, told
from deploy.demo.postgres_binaries import PostgresFault
from deploy.demo.sign_in import PERSONAS
from deploy.demo.story import CASE

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
@as_json
def demo(once: bool, seed: int, people: int, state: Path, wants_json: bool) -> None:
    """Start Northshire, an invented council with real databases, and put a referral to it.

    \b
    It makes 20,000 people, fills four PostgreSQL servers, an SQLite file and a nightly CSV extract
    with what six services hold of them, starts an identity provider and the broker on this machine
    only, and shows
      1. what a social worker is told about a child, the mother, her partner and a sibling,
      2. what the number of their case alone leads to,
      3. what an early-help worker is told about the same family,
      4. what the audit log holds of the second query.
    Then it lists who can sign in and what each may try, and stays up until Ctrl-C.
    """
    try:
        asyncio.run(_shown(state.resolve(), seed, people, once=once, wants_json=wants_json))
    except (*STARTING_FAULTS, PostgresFault, PortTaken, SignInStuck) as fault:
        give_up(f"{fault}\nTo begin anew, delete {state} and start again.", Exit.UNREACHABLE)
    except KeyboardInterrupt:
        raise SystemExit(Exit.WELL) from None


async def _shown(directory: Path, seed: int, people: int, *, once: bool, wants_json: bool) -> None:
    today = datetime.now(LONDON).date()
    town = await started(directory, seed, people, today, _said)
    try:
        async with connected(town, _said) as signed_in:
            await _performed(signed_in, once=once, wants_json=wants_json)
    finally:
        _said("Stopping the databases")
        town.databases.stop()


async def _performed(town: Northshire, *, once: bool, wants_json: bool) -> None:
    of = load_settings(town.directory)
    async with running(of) as front, listening(front, of.settings.listen) as address:
        _said(f"The broker listens on {address}")
        story = await told(town, of, address)
        if wants_json:
            print_json(story.as_json())
        else:
            out.print(*shown(story), sep="\n")
        if not once:
            stop = told_to_stop()
            _what_to_try(town, address)
            await stop.wait()


def _what_to_try(town: Northshire, address: str) -> None:
    out.print(
        Text("\nAsk it yourself, in another terminal; Ctrl-C here ends everything", style="bold underline")
    )
    child = town.truth.story("child")
    if town.issued:
        out.print(Text("In a browser", style="bold"), Text(f"  {address}"), sep="\n", soft_wrap=True)
        out.print(
            f"  Choose {PERSONAS['social_worker'].name} to sign in, and ask about {child.family_name}, "
            f"{child.given_name}, born {child.birth_date}, for case {CASE}.\n",
            soft_wrap=True,
        )
    out.print(f"export BROKER_SERVER={address}\n", soft_wrap=True)
    for name, persona in PERSONAS.items():
        path = town.write_token(name, datetime.now(UTC))
        out.print(
            Text(f"{persona.name}, {name.replace('_', ' ')}", style="bold"),
            Text(f"  {persona.may_try}"),
            sep="\n",
        )
        out.print(f"  export BROKER_TOKEN=$(cat {path})\n", soft_wrap=True)
    program = Path(sys.argv[0]).name if shutil.which("broker") else os.path.relpath(sys.argv[0])
    asking = f"{program} ask --purpose section_47_enquiry --reason 'Trying it' --case {CASE}"
    out.print(f"{asking} --linked", soft_wrap=True)
    out.print(
        f"{asking} --view details --person 'child: {child.family_name}, {child.given_name}, {child.birth_date}'",
        soft_wrap=True,
    )
    out.print(f'curl -s {address}/v1/sources -H "Authorization: Bearer $BROKER_TOKEN"', soft_wrap=True)
    out.print(f"{program} audit verify --partnership {town.directory}\n", soft_wrap=True)


def _said(sentence: str) -> None:
    err.print(Text(f"- {sentence}", style="dim"))
