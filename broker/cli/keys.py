"""``broker keys``: the audit log's keys."""

from __future__ import annotations

from pathlib import Path

import click

import handwritten
from broker.audit.keys import KeysExist, create_keys
from broker.cli.printing import Exit, as_json, give_up, out, partnership, print_json
from broker.settings import load_settings


@click.group(short_help="The audit log's keys.")
def keys() -> None:
    """The keys that sign the audit log, and that encrypt what is personal in it."""


@keys.command()
@partnership
@as_json
def init(directory: Path, wants_json: bool) -> None:
    """Make the keys of a new partnership, where broker.yaml says.

    Keep a copy of them apart from the log: without them nobody can read the log's encrypted parts, and with
    them anyone can.
    """
    try:
        of = load_settings(directory)
        where = of.path(of.settings.audit.keys)
        create_keys(where)
    except (handwritten.Faults, KeysExist) as fault:
        give_up(str(fault), Exit.WRONG)
    if wants_json:
        print_json({"keys": str(where)})
        return
    out.print(f"Made the keys of {of.settings.partnership} in {where}.")
