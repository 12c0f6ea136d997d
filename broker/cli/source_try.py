"""``broker source try``: one question to one source, step by step and timed, without its outcome."""

from __future__ import annotations

import asyncio
from datetime import UTC, date, datetime
from pathlib import Path

import click
from rich.text import Text

import handwritten
from broker.catalogue import read_files
from broker.cli.printing import Exit, as_json, give_up, out, partnership, print_json, tell
from broker.cli.source_files import no_such_source, source_named
from broker.owners.trying import Purposed, Taken, tried
from broker.questions import born_at_age
from broker.settings import Partnership, load_settings
from broker.surroundings import LONDON
from connectors.contract import Identifiers, SourceMisfit
from connectors.registry import connect
from connectors.source_file import SourceFile
from policy.compile import compile_policy

WARNING = (
    "Try an invented person, or one who agreed to it. This is no query: nothing is recorded, so nothing of any"
    " record is shown, and not whether there is one."
)
_SECONDS = 4.0
_OLDEST = 130


@click.command("try", short_help="Put a question to one source, step by step and timed.")
@click.argument("name")
@partnership
@click.option(
    "--person",
    required=True,
    metavar="TEXT",
    help="'FAMILY NAME, GIVEN NAME, BIRTH DATE OR AGE' of an invented person.",
)
@click.option("--purpose", help="Ask as for this purpose: what would be asked at all, and which columns?")
@click.option("--requester-role", default="social_worker", show_default=True, help="Who would ask.")
@click.option("--relation", default="parent", show_default=True, help="The person's relation to the case.")
@click.option(
    "--seconds",
    type=click.FloatRange(0.2, 60),
    default=_SECONDS,
    show_default=True,
    help="How long it may take.",
)
@as_json
def try_(
    name: str,
    directory: Path,
    person: str,
    purpose: str | None,
    requester_role: str,
    relation: str,
    seconds: float,
    wants_json: bool,
) -> None:
    """Put a question about an INVENTED person to one source, and time every step.

    \b
    It tells what would be asked and selected, by which columns rows are looked up, and how long it takes to
    connect and to ask. It does not tell whether anybody was found: that would be a look-up that no log holds.
    Of the rows, only a band is told (fewer than 100, ...), and times are rounded up to 25 ms.

    \b
    Example:
      broker source try housing --person "Quillfeather, Ottoline, 1989-11-17" --purpose section_47_enquiry
    """
    today = datetime.now(UTC).astimezone(LONDON).date()
    typed = _person(person, today)
    try:
        of = load_settings(directory)
        source = source_named(directory, name)
    except handwritten.Faults as faults:
        give_up(str(faults), Exit.WRONG)
    if source is None:
        give_up(no_such_source(directory, name), Exit.USAGE)
    purposed = _purposed(directory, source, purpose, requester_role, relation, today) if purpose else None
    tell(WARNING, "yellow")
    taken = asyncio.run(_steps(of, source, typed, purposed, seconds, told=not wants_json))
    if wants_json:
        print_json({"source": name, "steps": [_as_json(one) for one in taken]})
    raise SystemExit(Exit.WELL if all(one.well for one in taken) else Exit.WRONG)


async def _steps(
    of: Partnership,
    source: SourceFile,
    typed: Identifiers,
    purposed: Purposed | None,
    seconds: float,
    *,
    told: bool,
) -> list[Taken]:
    try:
        connector = connect(source, of.secret, of.directory)
    except (SourceMisfit, ValueError) as fault:
        give_up(str(fault), Exit.WRONG)
    taken = []
    try:
        async for one in tried(connector, typed, purposed, seconds):
            taken.append(one)
            if told:
                _show(one)
    finally:
        await connector.close()
    return taken


def _show(one: Taken) -> None:
    took = f"{one.seconds * 1000:.0f} ms" if one.seconds is not None else ""
    said = Text(f"{one.step:<8}{took:>8}  ", style="dim" if one.well else "bold red")
    said.append("".join(letter for letter in one.says if letter.isprintable()), style="default")
    out.print(said, soft_wrap=True)


def _purposed(
    directory: Path, source: SourceFile, purpose: str, role: str, relation: str, today: date
) -> Purposed:
    files = read_files(directory)
    loaded = next((one for one in files.policies if one.policy.source == source.source), None)
    if files.purposes is None or loaded is None:
        give_up(
            f"A purpose needs purposes.yaml and a policy for {source.source}, both without faults:"
            f" run `broker check {directory} --files-only`.",
            Exit.WRONG,
        )
    return Purposed(files.purposes.rules, compile_policy(loaded), purpose, role, relation, today)


def _person(text: str, today: date) -> Identifiers:
    """'FAMILY NAME, GIVEN NAME, BIRTH DATE OR AGE', the last two left out or not."""
    family, given, born = ([one.strip() or None for one in text.split(",")] + [None] * 3)[:3]
    day, between = None, None
    try:
        if born and born.isdecimal() and int(born) <= _OLDEST:
            between = born_at_age(int(born), today)
        elif born:
            day = date.fromisoformat(born)
    except ValueError:
        # The text is not repeated: it may be somebody's name.
        give_up("Write the person as 'Quillfeather, Ottoline, 1989-11-17', or with an age.", Exit.USAGE)
    return Identifiers(given_name=given, family_name=family, birth_date=day, born_between=between)


def _as_json(one: Taken) -> dict[str, object]:
    milliseconds = None if one.seconds is None else round(one.seconds * 1000)
    return {"step": one.step, "says": one.says, "milliseconds": milliseconds, "well": one.well}
