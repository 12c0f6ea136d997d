"""``broker policy docs``: the tables that data protection paperwork needs."""

from __future__ import annotations

import re
from collections.abc import Iterable
from html import escape
from pathlib import Path

import click

import handwritten
from broker.activation import write_whole
from broker.catalogue import load_catalogue
from broker.cli.printing import Exit, give_up, out, partnership
from broker.html_report import document
from broker.owners.documents import Sheet, sheets
from broker.owners.may_ask import who_may_ask
from broker.spreadsheet import csv_line

_FORMS = ("html", "markdown", "csv")


@click.command(
    "docs", short_help="Write the tables for the DPIA, sharing agreement, record of processing, notice."
)
@partnership
@click.option(
    "--as", "form", type=click.Choice(_FORMS), default="html", show_default=True, help="How to write them."
)
@click.option(
    "--out",
    "where",
    type=click.Path(file_okay=False, path_type=Path),
    required=True,
    help="Write them into this folder.",
)
def docs_command(directory: Path, form: str, where: Path) -> None:
    """Write what data protection paperwork needs, from the partnership's own policies and purposes.

    \b
    controllers           who is controller of what, on which ground
    sharing-agreement     all that can leave each service, for whom and what for
    impact-assessment     why each field is needed, and what limits it
    record-of-processing  why it is asked (UK GDPR Art. 30)
    privacy-notice        which services tell others, and what for
    """
    try:
        catalogue = load_catalogue(directory)
    except handwritten.Faults as faults:
        give_up(str(faults), Exit.WRONG)
    policies = [service.policy for service in catalogue.services.values()]
    where.mkdir(parents=True, exist_ok=True)
    for sheet in sheets(policies, catalogue.purposes.rules, who_may_ask(catalogue.purposes)):
        path = where / f"{sheet.name}.{'md' if form == 'markdown' else form}"
        write_whole(path, {"html": _html, "markdown": _markdown, "csv": _csv}[form](sheet).encode())
        out.print(f"Written to {path}.", soft_wrap=True)


def _html(sheet: Sheet) -> str:
    """One table a row: seven columns don't fit a phone."""
    body = [f"<h1>{escape(sheet.title)}</h1>", f'<p class="soft">{escape(sheet.purpose)}</p>']
    for row in sheet.rows:
        first, *rest = zip(sheet.headings, row, strict=True)
        lines = (
            f'<tr><th scope="row">{escape(heading)}</th><td>{escape(cell)}</td></tr>'
            for heading, cell in rest
        )
        body += [f"<table><caption>{escape(first[1])}</caption><tbody>", *lines, "</tbody></table>"]
    return document(sheet.title, body, style="tbody th { width: 10rem; }")


def _markdown(sheet: Sheet) -> str:
    lines = [_line(sheet.headings), _line(["---"] * len(sheet.headings)), *map(_line, sheet.rows)]
    return "\n".join([f"# {sheet.title}", "", sheet.purpose, "", *lines, ""])


def _line(cells: Iterable[str]) -> str:
    return "| " + " | ".join(map(_as_it_reads, cells)) + " |"


def _as_it_reads(cell: str) -> str:
    """A cell in which nothing is markup: neither Markdown's nor HTML's, which Markdown lets through."""
    return re.sub(r"([\\|`\[\]*_~])", r"\\\1", escape(cell, quote=False)).replace("\n", " ")


def _csv(sheet: Sheet) -> str:
    return "".join(map(csv_line, [sheet.headings, *sheet.rows]))
