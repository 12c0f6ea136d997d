"""``broker match explain``: why records are or are not taken for a person, weight by weight."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click
from rich.table import Table
from rich.text import Text

import handwritten
from broker.cli.printing import Exit, as_json, give_up, of_partnership, out, print_json
from broker.cli.source_files import no_such_source, source_named
from broker.explaining import words
from broker.explaining.page import page
from broker.explaining.reading import read_case
from broker.explaining.report import Report, report_on
from broker.explaining.report import as_json as report_as_json
from broker.learning.weights_file import WeightsFile, weights_of
from broker.matching.explain import Account, Weight
from broker.matching.weights import DEFAULT_WEIGHTS, Weights
from broker.surroundings import LONDON


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What a record is judged by, beside what stands in it."""

    population: int
    relatives: bool
    weights: Weights


@click.command(short_help="Say why records are taken for a person, weight by weight.")
@click.argument("case", type=click.Path(exists=True, dir_okay=False, path_type=Path), metavar="FILE")
@click.option("--source", help="Judge as for this source: its population, its relatives, its weights.")
@of_partnership
@click.option("--population", type=click.IntRange(min=1), help="How many people the source holds.")
@click.option(
    "--relatives/--no-relatives",
    default=None,
    help="Whether several people of a household are in the source. They are, unless the source file says no.",
)
@click.option(
    "--weights",
    "weights_file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="A weights file that `broker match learn` wrote. Left out: the source's own, or the default.",
)
@click.option("--show-values", is_flag=True, help="Show names, dates and addresses too. They are personal.")
@click.option(
    "--html", type=click.Path(dir_okay=False, path_type=Path), help="Write a report with charts here."
)
@as_json
def explain(case: Path, show_values: bool, html: Path | None, wants_json: bool, **judged_by: Any) -> None:
    """Explain to the analyst of a source why records are taken for a person, or are not.

    \b
    FILE has the person as typed, and records that you copied from your own system:
      typed: {given_name: Maisie, family_name: Ashdown, birth_date: 2019-03-07}
      records:
        - {given_name: Maisy, family_name: Ashdown, birth_date: 2019-07-03}
    as YAML or JSON; or as CSV, where the column "record" says "typed" in the person's row.

    No database is read, and nothing is kept. Without --show-values no value of a person is printed.
    """
    circumstances = _circumstances(**judged_by)
    try:
        read = read_case(case)
    except handwritten.Faults as faults:
        give_up(str(faults), Exit.WRONG)
    report = report_on(
        read,
        circumstances.population,
        relatives=circumstances.relatives,
        weights=circumstances.weights,
        today=datetime.now(UTC).astimezone(LONDON).date(),
        values=show_values,
    )
    if html:
        _write(html, page(report))
    if wants_json:
        print_json(report_as_json(report))
        return
    for one in shown(report):
        out.print(one)


def _circumstances(
    directory: Path,
    source: str | None,
    population: int | None,
    relatives: bool | None,
    weights_file: Path | None,
) -> Circumstances:
    """Those of the source, where one is named, and what the options say instead."""
    try:
        named = source_named(directory, source) if source else None
        if source and named is None:
            give_up(no_such_source(directory, source), Exit.USAGE)
        weights = weights_of(directory, source) if source else DEFAULT_WEIGHTS
        if weights_file:
            weights = handwritten.read(weights_file, WeightsFile).weights()
    except handwritten.Faults as faults:
        give_up(str(faults), Exit.WRONG)
    people = population or (named.population if named else None)
    if people is None:
        give_up(
            "Say how many people the source holds, with --population; or name it, with --source.", Exit.USAGE
        )
    if relatives is None:
        relatives = named.holds_relatives if named else True
    return Circumstances(people, relatives, weights)


def _write(path: Path, html: str) -> None:
    try:
        path.write_text(html, encoding="utf-8")
    except OSError as fault:
        give_up(f"{path} could not be written: {fault.strerror}.", Exit.USAGE)


def shown(report: Report) -> Iterator[Table | Text]:
    """Everything that the terminal shows: how the records compete, then each, likeliest first."""
    told = report.told
    yield _together(report)
    for account in told.accounts:
        yield _weights(report, account)
    with_relatives = "with" if told.relatives else "without"
    yield Text(
        f"Weights {told.version}; {told.population:,} people, {with_relatives} their relatives."
        " m: how often records of one person compare so; u: those of two strangers.",
        style="dim",
    )


def _together(report: Report) -> Table:
    made = _table("How they compete: the person is one of these, or nobody of them")
    for heading in ("Who", "Grade"):
        made.add_column(heading, overflow="fold")
    for heading in ("Odds", "Chance"):
        made.add_column(heading, justify="right")
    made.add_column("Why", overflow="fold")
    for one in report.told.accounts:
        figures = (words.odds(one.bits), words.percent(one.chance))
        made.add_row(_called(report, one), one.grade.value, *figures, words.why(one))
    made.add_row("Nobody of these", "", "", words.percent(report.told.nobody), "")
    return made


def _weights(report: Report, account: Account) -> Table:
    values = ("Typed", "Record") if report.values else ()
    made = _table(_called(report, account))
    for heading in ("Identifier", *values, "Comparison"):
        made.add_column(heading, overflow="fold")
    for heading in ("m", "u", "Bits"):
        made.add_column(heading, justify="right", no_wrap=True)
    for one in account.weights:
        written = report.written(account, one.identifier) if values else ()
        made.add_row(words.IDENTIFIERS[one.identifier], *map(_line, written), *_compared(one))
    made.add_section()
    for terms in (words.terms(account), words.verdict(account)):
        for name, says, bits in terms:
            said = (*("",) * len(values), says, "", "")
            made.add_row(name, *said, "" if bits is None else words.bits(bits))
        made.add_section()
    return made


def _compared(one: Weight) -> tuple[str, ...]:
    chances = (words.share(one.m), words.share(one.u)) if one.level and one.counts else ("", "")
    return words.level(one), *chances, words.bits(one.bits)


def _called(report: Report, account: Account) -> Text:
    keys = [key for place in account.records if (key := report.keys[place])] if report.values else []
    return _line(words.names_of(account.records) + (f" ({', '.join(keys)})" if keys else ""))


def _line(text: str) -> Text:
    """Plain text: what a record holds can't paint the terminal."""
    return Text("".join(letter for letter in text if letter.isprintable()))


def _table(title: str | Text) -> Table:
    return Table(title=title, title_justify="left", title_style="bold", header_style="bold")
