"""``broker source new``: draft a service's two files from its live catalogue."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from functools import partial
from pathlib import Path
from typing import Any, NoReturn

import click
from rich.text import Text

import handwritten
from broker.cli.printing import Exit, give_up, out, partnership, table
from broker.cli.source_asking import Answers, Incomplete, connection_from, options_of_a_connection
from broker.owners.draft_policy import policy_text
from broker.owners.draft_source import ALL_PLACES, Service, source_text
from broker.owners.new_files import AlreadyThere, connection_alone, paths_for, purposes_of, write_both
from broker.owners.proposal import TEXT_FORMS, Proposal, likeness, propose
from broker.owners.shapes import about
from broker.settings import Partnership, SecretMissing, load_settings
from broker.surroundings import LONDON
from connectors.contract import SourceFault
from connectors.inspection.opening import look_at
from connectors.inspection.seen import Look, SeenTable

_NAME = re.compile(r"[a-z][a-z0-9_]{0,62}")
_LIKE_PEOPLE = 16
"""The likeness of a table with a given name, a family name and a birth date."""
_LIKE_A_HEADER = 6
"""The likeness of columns of which one at least is a name or a birth date."""
_SHOWN_TABLES = 12


@click.command(short_help="Draft a service's source file and sharing policy from its live catalogue.")
@click.argument("name")
@partnership
@options_of_a_connection
@click.option(
    "--table", "wanted_table", help="The table or view to read. Left out: the one most like people."
)
@click.option(
    "--map",
    "told",
    multiple=True,
    metavar="PLACE=COLUMN",
    help="The column of a place, such as family_name=SNAME, or nothing for none. May be given several times.",
)
@click.option(
    "--dates",
    type=click.Choice(TEXT_FORMS),
    help="How text dates are written, where values don't tell: 2019-03-07, 07/03/2019 or 20190307.",
)
@click.option("--no-values", is_flag=True, help="Look at the catalogue only, at no value.")
@click.option("--service", help="The service's name on pages, such as Probation.")
@click.option("--system", help="What its system is called.")
@click.option("--desk-name", help="Who answers the service's general number.")
@click.option("--desk-phone", help="The service's general number.")
@click.option("--area", help="What the source covers, such as Northshire.")
@click.option("--since", help="The first day that it covers, as 2015-01-01.")
@click.option("--yes", is_flag=True, help="Ask nothing: what is not given has to be certain.")
def new(name: str, directory: Path, told: tuple[str, ...], yes: bool, **said: Any) -> None:
    """Draft sources/NAME.yaml and policies/NAME.yaml.

    \b
    It connects (read only), looks at tables, columns, types and indexes, chooses the table that looks like
    people, and proposes which column is which. It looks at the shape of some hundred values, too: how dates are
    written, which codes there are. No value of a person is shown or written; codes are, from ten rows on.

    \b
    What is not certain becomes a comment in the file. The policy shares nothing until its owner says what.
    Nothing that is there is overwritten.

    \b
    Unattended:
      broker source new probation --kind sqlite --path state/probation.db --service Probation \\
          --system Delius --desk-name "Probation desk" --desk-phone "01632 960061" \\
          --area Northshire --since 2015-01-01 --yes
    """
    answers = Answers(said, attended=not yes)
    if not _NAME.fullmatch(name):
        give_up(
            "Write the name in small letters, digits and underscores, such as adult_social_care.", Exit.USAGE
        )
    try:
        paths_for(directory, name)
        written = asyncio.run(_drafted(load_settings(directory), name, _places(told), answers))
    except (handwritten.Faults, SourceFault, SecretMissing, AlreadyThere) as fault:
        give_up(str(fault), Exit.WRONG)
    except Incomplete as fault:
        give_up(str(fault), Exit.USAGE)
    for path in written:
        out.print(Text(f"Wrote {path}"), soft_wrap=True)
    out.print(
        Text(
            f"Now read both, decide what stands as a comment, and run: broker source check {name} {directory}"
        ),
        soft_wrap=True,
    )


async def _drafted(
    of: Partnership, name: str, told: Mapping[str, list[str]], answers: Answers
) -> tuple[Path, Path]:
    kind, connection = connection_from(answers)
    today = datetime.now(UTC).astimezone(LONDON).date()
    look = await look_at(connection_alone(name, kind, connection), of.secret, of.directory)
    try:
        chosen = await _table(look, answers)
        found = await _complete(look, chosen, told, answers)
    finally:
        await look.close()
    service = _service(name, answers)
    source = source_text(service, kind, connection, found, today)
    policy = policy_text(name, found, purposes_of(of.directory), today)
    return write_both(of.directory, name, source, policy)


async def _table(look: Look, answers: Answers) -> str:
    """The table that was named, or the one that looks most like people."""
    tables = await look.tables()
    named = answers.given("wanted_table")
    if named is not None:
        if not await look.columns(named):
            raise Incomplete(
                f"There is no table or view {named!r}, or the connection's user may not read it."
            )
        return named
    ranked = sorted(
        [(likeness([column.name for column in await look.columns(one.name)]), one) for one in tables],
        key=lambda ranked: (-ranked[0], ranked[1].name),
    )
    if not ranked:
        raise Incomplete("The connection's user may read no table or view at all.")
    _show_tables([one for _, one in ranked[:_SHOWN_TABLES]])
    best = ranked[0]
    others = [score for score, _ in ranked[1:]]
    certain = not others or (best[0] >= _LIKE_PEOPLE and others[0] < best[0])
    return answers.ask("wanted_table", "Which table or view", best[1].name if certain else None)


async def _complete(look: Look, chosen: str, told: Mapping[str, list[str]], answers: Answers) -> Proposal:
    """A proposal with all that a source file needs; a person is asked for what is missing."""
    dates = next((one for one in TEXT_FORMS if one == answers.given("dates")), None)
    propose_with = partial(propose, look, chosen, values=not answers.is_set("no_values"), dates=dates)
    told = dict(told)
    _known_columns(look, [one.name for one in await look.columns(chosen)], told)
    found = await propose_with(told)
    _show(found)
    while missing := found.missing():
        columns = [one.name for one in found.columns]
        for place in missing:
            answer = answers.choose(_asking(place, found), columns, f"--map {place}=COLUMN")
            told[place] = [answer]
        found = await propose_with(told)
        if missing == found.missing():
            raise Incomplete("\n".join(f"{one.column}: {one.why}" for one in found.doubts))
    return found


def _asking(place: str, found: Proposal) -> str:
    doubts = "; ".join(f"{one.column}: {one.why}" for one in found.doubts if one.place == place)
    return f"Which column is {place}" + (f" ({doubts})" if doubts else "")


def _known_columns(look: Look, columns: Sequence[str], told: Mapping[str, list[str]]) -> None:
    """Raises Incomplete for a column that is not there, and for an extract without a header.

    The first line of one may be a person's row: then no column is named to anybody.
    """
    chosen = {column for those in told.values() for column in those}
    if look.database == "duckdb" and likeness(columns) < _LIKE_A_HEADER and not chosen & {*columns}:
        raise Incomplete(
            "The extract's first line names no column that is known here. Is it the header, and is the delimiter"
            " the right one? If so, name one column with --map."
        )
    for one in sorted(chosen - {*columns}):
        raise Incomplete(f"The table has no column {one!r}. It has: {', '.join(columns)}.")


def _service(name: str, answers: Answers) -> Service:
    answers.need("service", "system", "desk_name", "desk_phone", "area", "since")
    return Service(
        name=name,
        service=answers.ask("service", "The service's name on pages", name.replace("_", " ").capitalize()),
        system=answers.ask("system", "What its system is called"),
        desk_name=answers.ask("desk_name", "Who answers its general number"),
        desk_phone=answers.ask("desk_phone", "That number"),
        area=answers.ask("area", "What it covers"),
        since=_day(answers.ask("since", "The first day that it covers, as 2015-01-01")),
    )


def _day(written: str) -> date:
    try:
        return date.fromisoformat(written)
    except ValueError:
        raise Incomplete(f"Write the first day that is covered as 2015-01-01, not as {written!r}.") from None


def _places(told: tuple[str, ...]) -> dict[str, list[str]]:
    """``family_name=SNAME`` by its full place."""
    found: dict[str, list[str]] = {}
    for one in told:
        place, _, column = one.partition("=")
        full = [known for known in ALL_PLACES if known == place or known.endswith(f".{place}")]
        if len(full) != 1:
            _unknown_place(place)
        found.setdefault(full[0], []).extend([column] if column else [])
    return found


def _unknown_place(place: str) -> NoReturn:
    give_up(f"There is no place {place!r}. The places are: {', '.join(ALL_PLACES)}.", Exit.USAGE)


def _show_tables(tables: list[SeenTable]) -> None:
    rows = [
        (one.name, "view" if one.is_view else "table", about(one.rows) if one.rows is not None else "")
        for one in tables
    ]
    table("Tables and views, the one most like people first", ("Name", "", "Rows"), rows)


def _show(found: Proposal) -> None:
    rows: list[tuple[str, str, str]] = [
        (
            one.place,
            one.column,
            ", ".join(filter(None, ("indexed" if one.indexed else "", one.written or ""))),
        )
        for one in found.mapped
    ]
    rows += [(f"{one.place}?", one.column, one.why) for one in found.doubts]
    table(f"Proposed for {found.table}", ("Place", "Column", ""), rows)
