"""``broker source profile``: how good a source's data is, told in counts alone, before anyone is shown anything.

The only place that may read a source whole (``connectors.survey``): an owner's own command, never the broker.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

import click
from rich.console import Group
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn

import handwritten
from broker.catalogue import read_files
from broker.cli.printing import Exit, as_json, err, give_up, out, partnership, print_json
from broker.cli.profile_table import shown
from broker.profile.page import page
from broker.profile.plain import as_plain
from broker.profile.profile import Profile, profile_of
from broker.profile.tally import Tally, questions
from broker.profile.whole import Circumstances
from broker.settings import Partnership, SecretMissing, load_settings
from broker.surroundings import LONDON
from connectors.contract import SourceFault, SourceMisfit
from connectors.live_columns import did_you_mean
from connectors.source_file import SourceFile
from connectors.survey.contract import Bounds
from connectors.survey.kinds import survey
from policy.model import SharingPolicy

_SECONDS = 600
_WHOLE = Bounds(None, _SECONDS)


@click.command(short_help="Tell how good a source's data is, in counts alone.")
@click.argument("name")
@partnership
@click.option(
    "--html", type=click.Path(dir_okay=False, path_type=Path), help="Write the report as one HTML file."
)
@click.option(
    "--sample", type=click.IntRange(min=1), help="Read so many rows, the first that the database gives."
)
@click.option(
    "--timeout",
    type=click.FloatRange(min=1, max=86_400),
    default=_SECONDS,
    show_default=True,
    help="Seconds that the whole reading may take; also told to the database.",
)
@as_json
def profile(
    name: str, directory: Path, html: Path | None, sample: int | None, timeout: float, wants_json: bool
) -> None:
    """Tell the owner of the source NAME how good its data is, and what that means for being found.

    \b
    It reads every row once, read-only, and only the columns that sources/NAME.yaml maps. It tells
      - how many records have a name, a birth date, an address, a number, somebody to ring
      - which dates, codes, postcodes and phone numbers can't be right
      - what each finding means for the people concerned, and what to do
    Counts only, rounded; small ones are not told, and no value of a person is. Nothing is kept.
    Ends with 1 when the source could not answer as it is.
    """
    if html is not None and not html.absolute().parent.is_dir():
        give_up(f"{html} could not be written: there is no such folder.", Exit.USAGE)
    try:
        of, source, policy = files_of(name, directory)
        bounds = Bounds(sample, timeout)
        made = asyncio.run(profiled(of, source, policy, bounds))
    except handwritten.Faults as faults:
        give_up(str(faults), Exit.WRONG)
    except SourceMisfit as fault:
        give_up(str(fault), Exit.WRONG)
    except (SourceFault, SecretMissing) as fault:
        give_up(str(fault), Exit.UNREACHABLE)
    except KeyboardInterrupt:
        give_up("Stopped. Nothing was kept, and nothing runs in the database any more.", Exit.WRONG)
    if html is not None:
        _write(html, page(made))
        err.print(f"The report is in {html}.", style="dim", markup=False)
    if wants_json:
        print_json(as_plain(made))
    else:
        out.print(Group(*shown(made)))
    raise SystemExit(Exit.WRONG if made.stops else Exit.WELL)


def files_of(name: str, directory: Path) -> tuple[Partnership, SourceFile, SharingPolicy | None]:
    """The source, with its policy where there is one already. Other files may still be wrong."""
    files = read_files(directory)
    sources = {one.source.source: one.source for one in files.sources}
    if name not in sources:
        own = tuple(
            one for one in files.faults if one.path.stem == name and one.path.parent.name == "sources"
        )
        if own:
            raise handwritten.Faults(own)
        give_up(
            f"There is no source {name!r} in {directory}.{did_you_mean(name, sources)}"
            f" The sources are: {', '.join(sorted(sources)) or 'none'}.",
            Exit.USAGE,
        )
    policies = {one.policy.source: one.policy for one in files.policies}
    return load_settings(directory), sources[name], policies.get(name)


async def profiled(
    of: Partnership, source: SourceFile, policy: SharingPolicy | None, bounds: Bounds = _WHOLE
) -> Profile:
    """Read a source whole, and tell how good it is, in counts alone."""
    today = datetime.now(LONDON).date()
    async with survey(source, of.secret, of.directory, bounds) as reading:
        tally = Tally(questions(source, policy, reading.columns, today))
        with _progress(source, reading.expected) as bar:
            async for rows in reading.pages:
                tally.add(rows)
                bar.advance(bar.task_ids[0], len(rows))
    sampled = bounds.most is not None and tally.rows + tally.outside >= bounds.most
    return profile_of(source, tally, Circumstances(today, reading.as_of, sampled))


@contextmanager
def _progress(source: SourceFile, expected: int | None) -> Iterator[Progress]:
    """How far the reading is, on a terminal alone; gone when it is over."""
    columns = (
        TextColumn("Reading {task.description}"),
        BarColumn(),
        TaskProgressColumn(show_speed=True),
        TextColumn("{task.completed:,} rows"),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=err, transient=True, disable=not err.is_terminal) as bar:
        bar.add_task(source.source, total=expected)
        yield bar


def _write(path: Path, text: str) -> None:
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as fault:
        give_up(f"{path} could not be written: {fault.strerror}.", Exit.USAGE)
