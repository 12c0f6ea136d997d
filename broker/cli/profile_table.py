"""A profile in the terminal: what was found first, the tables after it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from broker.profile.plain import rows_of
from broker.profile.profile import Profile, Section
from broker.profile.questions import Finding, Weight

_COLOUR: Mapping[Weight, str] = {
    Weight.STOPS: "bold red",
    Weight.HIDES: "bold magenta",
    Weight.WEAKENS: "bold yellow",
    Weight.CONTACT: "bold cyan",
    Weight.CHECK: "bold",
}


def shown(profile: Profile) -> Iterator[RenderableType]:
    """Everything that the terminal shows of a profile, in order."""
    yield Text(f"{profile.service} ({profile.system})", style="bold")
    yield _facts(profile)
    if profile.findings:
        yield Text("\nWhat was found, worst first", style="bold underline")
        yield from map(_finding, profile.findings)
    for section in profile.sections:
        yield Text(f"\n{section.title}", style="bold underline")
        yield _table(section)
    yield Text(
        "\nCounts are rounded to five; fewer than 10 are not told. No value of a person is shown.",
        style="dim",
    )


def _facts(profile: Profile) -> Table:
    made = Table(show_header=False, box=None, pad_edge=False)
    made.add_column(style="dim")
    made.add_column(overflow="fold")
    for fact in profile.facts:
        made.add_row(Text(fact.label), Text(fact.says))
    return made


def _finding(finding: Finding) -> Group:
    return Group(
        Text.assemble((f"\n{finding.weight.value}: ", _COLOUR[finding.weight]), finding.what),
        Text(f"  It means: {finding.means}"),
        Text(f"  What to do: {finding.do}"),
    )


def _table(section: Section) -> Table:
    made = Table(header_style="bold", expand=True)
    made.add_column("Question", overflow="fold", ratio=3)
    made.add_column("Answer", overflow="fold", ratio=5)
    made.add_column("Records", justify="right")
    made.add_column("Share", justify="right", no_wrap=True)
    for table in section.tables:
        for number, row in enumerate(rows_of(table)):
            made.add_row(Text("" if number else table.title), *map(Text, row))
        made.add_section()
    return made
