"""The command line: ``broker``. One file per command group."""

from __future__ import annotations

from importlib import import_module
from importlib.metadata import EntryPoint, entry_points

import click

import broker

EXIT_CODES = """
\b
Exit codes of every command:
  0  done, and all is well
  1  done, and something is wrong: a fault in a file, a failed test, a log that does not verify
  2  the command was called wrongly, or a file it needs is not there
  3  refused: not signed in, not permitted, or something is missing in the query
  4  not reachable just now: the broker, or what it needs to disclose anything
"""

GROUPS = (
    "agreement",
    "ask",
    "audit",
    "check",
    "family-context",
    "keys",
    "match",
    "policy",
    "serve",
    "shield",
    "source",
)


class Commands(click.Group):
    """Loads a command when it is called, so that ``broker --help`` is quick and needs nothing else."""

    def list_commands(self, _: click.Context) -> list[str]:
        return sorted({*GROUPS, *_from_elsewhere()})

    def get_command(self, _: click.Context, name: str) -> click.Command | None:
        if name in GROUPS:
            word = name.replace("-", "_")
            found = getattr(import_module(f"broker.cli.{word}"), word)
        elif point := _from_elsewhere().get(name):
            found = point.load()
        else:
            return None
        assert isinstance(found, click.Command)  # noqa: S101 -- a command group that is none is our own mistake
        return found


def _from_elsewhere() -> dict[str, EntryPoint]:
    return {point.name: point for point in entry_points(group="broker.commands")}


@click.group(
    cls=Commands,
    epilog=EXIT_CODES,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.version_option(broker.VERSION, prog_name="broker")
def main() -> None:
    """Which services know a child's family, and whom to ring there. Nothing is copied.

    \b
    To see it work on invented people:   broker demo
    To check a partnership's files:      broker check DIRECTORY
    To serve it:                         broker serve DIRECTORY
    To ask a running broker:             broker ask --help
    """
