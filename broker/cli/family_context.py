"""``broker family-context``: accounts of people who sign in by the form of the old front end."""

from __future__ import annotations

import os
import sys

import click
import yaml

from broker.cli.printing import Exit, give_up
from broker.web.family_context.passwords import LONGEST, SALT_BYTES, SHORTEST, hashed


@click.group(name="family-context", short_help="Accounts for the open Family Context front end.")
def family_context() -> None:
    """The open front end of Family Context, kept as it is: accounts for its own form. They see flags alone.

    \b
      broker family-context account j.smith --name "Jo Smith" --organisation "Council" --role early_help_lead
    """


@family_context.command(short_help="Print an account, with its password hashed.")
@click.argument("userid")
@click.option("--name", required=True, help="Their name, as the audit log will have it.")
@click.option("--organisation", required=True, help="Whom they work for.")
@click.option(
    "--role", "roles", multiple=True, required=True, help="A role of purposes.yaml. May be repeated."
)
@click.password_option(
    help="Asked for, twice, when left out; left in, other users of the machine can read it."
)
def account(userid: str, name: str, organisation: str, roles: tuple[str, ...], password: str) -> None:
    """Print the lines of an account, to put under `accounts:` of the file that broker.yaml names.

    The password itself is kept nowhere. Whoever forgets it gets new lines.
    """
    if not SHORTEST <= len(password) <= LONGEST:
        give_up(f"A password has {SHORTEST} to {LONGEST} characters. Choose another.", Exit.USAGE)
    lines = {
        "name": name,
        "organisation": organisation,
        "roles": list(roles),
        "password": hashed(password, os.urandom(SALT_BYTES)),
    }
    sys.stdout.write(yaml.safe_dump({userid: lines}, sort_keys=False, allow_unicode=True, width=1000))
