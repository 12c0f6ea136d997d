"""``broker source``: the files of sources, and the data behind them."""

from __future__ import annotations

import click

from broker.cli.source_profile import profile


@click.group(short_help="Profile a source's data.")
def source() -> None:
    """Services' databases: the files in sources/."""


source.add_command(profile)
