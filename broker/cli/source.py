"""``broker source``: what a service's technical owner does with its source file."""

from __future__ import annotations

import click

from broker.cli.source_check import check
from broker.cli.source_new import new
from broker.cli.source_profile import profile
from broker.cli.source_try import try_


@click.group(short_help="Add a service: draft its files, check and profile its data, try a question.")
def source() -> None:
    """A service's source file against its live database, for its technical owner. No record is ever shown."""


source.add_command(new)
source.add_command(check)
source.add_command(profile)
source.add_command(try_)
