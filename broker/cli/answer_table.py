"""An answer as a table: a row per person and service, in the words that pages use."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

from rich.table import Table
from rich.text import Text

from broker.answers import Outcome

_COLOUR: Mapping[str, str] = {
    Outcome.INVOLVED: "bold green",
    Outcome.AMBIGUOUS: "yellow",
    Outcome.TIMED_OUT: "bold red",
    Outcome.UNAVAILABLE: "bold red",
    Outcome.BY_REQUEST: "cyan",
}


def answer_table(answer: Mapping[str, Any], names: Mapping[int, str]) -> Table:
    """The table of an answer in its JSON form. ``names`` is how each person, by number, is called in it:
    the answer itself names nobody.
    """
    made = Table(show_lines=True, header_style="bold", expand=False)
    for heading in ("Person", "Service", "What it says", "Dates", "Whom to ring"):
        made.add_column(heading, overflow="fold")
    for person in answer["people"]:
        for service in answer["services"]:
            part = service["people"][person["person"] - 1]
            made.add_row(names[person["person"]], service["service"], *_cells(part, service))
    return made


def _cells(part: Mapping[str, Any], service: Mapping[str, Any]) -> tuple[Text, Text, Text]:
    desk = f"{service['desk']['name']}\n{service['desk']['phone']}"
    said = Text(part["means"], style=_COLOUR.get(part["outcome"], "dim"))
    if part["hint"]:
        said.append(f"\n{part['hint']}", style="yellow")
    if not part["involvements"]:
        return said, Text(""), Text(desk, style="dim")
    dates, contacts = Text(""), Text("")
    for number, shown in enumerate(part["involvements"]):
        gap = "\n\n" if number else ""
        involvement = shown["involvement"]
        said.append(f"\n{_status(involvement, shown)}", style="not bold")
        dates.append(gap + "\n".join(_dates(involvement)))
        contacts.append(gap + (_contact(involvement["lead_practitioner"]) or desk))
    return said, dates, contacts


def _status(involvement: Mapping[str, Any], shown: Mapping[str, Any]) -> str:
    match = ", ".join(f"{name.replace('_', ' ')} {reason}" for name, reason in shown["match"].items())
    status = f"{involvement['status']}. " if involvement["status"] else ""
    return f"{status}Match: {shown['grade']} ({match})"


def _dates(involvement: Mapping[str, Any]) -> Iterator[str]:
    for name, word in (("started", "from"), ("ended", "to"), ("last_contact", "last contact")):
        if involvement[name]:
            yield f"{word} {_written(involvement[name])}"


def _written(shown: str) -> str:
    """A date cut to its level, day first: 2024, March 2024 or 12 March 2024."""
    parts = [int(part) for part in shown.split("-")]
    if len(parts) == 1:
        return shown
    day = date(parts[0], parts[1], parts[2] if len(parts) > 2 else 1)  # noqa: PLR2004 -- year, month, day
    return f"{day.day} {day:%B %Y}" if len(parts) > 2 else f"{day:%B %Y}"  # noqa: PLR2004


def _contact(lead: Mapping[str, Any] | None) -> str:
    if lead is None:
        return ""
    return "\n".join(filter(None, (lead["name"], lead["role"], lead["team"], lead["phone"], lead["email"])))
