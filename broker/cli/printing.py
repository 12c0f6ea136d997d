"""How the command line speaks: tables in colour for people, JSON for programs, exit codes for both."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from enum import IntEnum
from pathlib import Path
from typing import Any, NoReturn

import click
from rich.console import Console
from rich.table import Table
from rich.text import Text

out = Console(highlight=False, soft_wrap=False)
err = Console(stderr=True, highlight=False)


class Exit(IntEnum):
    """The exit codes of every command, as ``broker --help`` lists them."""

    WELL = 0
    WRONG = 1
    USAGE = 2
    REFUSED = 3
    UNREACHABLE = 4


as_json = click.option("--json", "wants_json", is_flag=True, help="Print JSON instead of a table.")

partnership = click.argument(
    "directory",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    default=".",
    metavar="[DIRECTORY]",
)
"""The partnership's directory: broker.yaml, sources/, policies/, purposes.yaml. The current one when left out."""

of_partnership = click.option(
    "--partnership",
    "directory",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    default=".",
    help="The partnership's directory; the current one when left out.",
)
"""The same, where the command's argument is something else."""


def print_json(content: Any) -> None:
    sys.stdout.write(json.dumps(content, indent=2, ensure_ascii=False, default=str) + "\n")
    sys.stdout.flush()  # whoever reads a command that goes on running reads it now


def table(title: str | None, headings: Sequence[str], rows: Sequence[Sequence[str | Text]]) -> None:
    made = Table(title=title, title_justify="left", title_style="bold", show_lines=False, header_style="bold")
    for heading in headings:
        made.add_column(heading, overflow="fold")
    for row in rows:
        made.add_row(*row)
    out.print(made)


def tell(sentence: str, style: str) -> None:
    """Say something beside the result. Lines stay whole: an editor or grep reads ``file:line:col`` from them."""
    err.print(Text(sentence, style=style), soft_wrap=True)


def give_up(sentence: str, code: Exit) -> NoReturn:
    """End the command with a sentence that says what to do."""
    tell(sentence, "red")
    raise SystemExit(code)
