"""An answer as tables: one a person, a row a service, in the words that pages use."""

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
_DATES = (("started", "from"), ("ended", "to"), ("last_contact", "last contact"))


def answer_tables(answer: Mapping[str, Any], names: Mapping[int, str]) -> Iterator[Table]:
    """The tables of an answer in its JSON form. ``names`` is how each person, by number, is called in them:
    the answer itself names nobody.
    """
    for person in answer["people"]:
        number = person["person"]
        title = Text(names[number], style="bold")
        made = Table(title=title, title_justify="left", show_lines=True, header_style="bold", expand=True)
        made.add_column("Service", ratio=2, overflow="fold")
        made.add_column("What it says", ratio=5, overflow="fold")
        made.add_column("Whom to ring", ratio=4, overflow="fold")
        for service in answer["services"]:
            part = service["people"][number - 1]
            made.add_row(_called(service), _said(part, service), _whom(part, service))
        yield made


def _called(service: Mapping[str, Any]) -> Text:
    """The service, with its system's name beside it; and the day of its rows, where they are not of now."""
    called = Text(service["service"])
    called.append(f"\n{service['system']}", style="dim")
    if service["as_of"] not in (None, "live"):
        called.append(f"\nas of {_written(service['as_of'])}", style="dim")
    return called


def roster_lines(answer: Mapping[str, Any]) -> Text:
    """What the case system said of the case, and whether anyone is missing below."""
    roster = answer["roster"]
    said = Text(f"{roster['service']} ({roster['system']}): ", style="bold")
    said.append(roster["means"], style="default" if roster["state"] == "verified" else "bold yellow")
    if not roster["complete"]:
        said.append("\nMore people are linked to this case than can be asked about at once: name the others.")
    if roster["state"] != "verified":
        said.append(f"\n{roster['desk']['name']}, {roster['desk']['phone']}", style="dim")
    elif not answer["people"]:
        said.append("\nNobody is linked to it about whom you may ask for this purpose.")
    return said


def _said(part: Mapping[str, Any], service: Mapping[str, Any]) -> Text:
    said = Text(part["means"], style=_COLOUR.get(part["outcome"], "dim"))
    if part["hint"]:
        said.append(f"\n{part['hint']}", style="yellow")
    if part["outcome"] == Outcome.NOTHING_TO_SHARE:
        said.append(f"\n{service['nothing_means']}")
    for shown in part["involvements"]:
        said.append(f"\n{_involvement(shown)}", style="not bold default")
    return said


def _involvement(shown: Mapping[str, Any]) -> str:
    """Status and dates in a sentence, then how well the record fits."""
    involvement = shown["involvement"]
    dates = [f"{word} {_written(involvement[name])}" for name, word in _DATES if involvement[name]]
    told = ", ".join(filter(None, [involvement["status"], *dates]))
    return ". ".join(filter(None, [told[:1].upper() + told[1:], _match(shown)]))


def _match(shown: Mapping[str, Any]) -> str:
    """The grade, and why in a sentence."""
    because = shown["because"]
    return f"{shown['grade'].capitalize()} match: {because[:1].lower()}{because[1:]}"


def _written(shown: str) -> str:
    """A date cut to its level, day first: 2024, March 2024 or 12 March 2024."""
    match [int(part) for part in shown.split("-")]:
        case [year, month, day]:
            return f"{day} {date(year, month, 1):%B %Y}"
        case [year, month]:
            return f"{date(year, month, 1):%B %Y}"
        case _:
            return shown


def _whom(part: Mapping[str, Any], service: Mapping[str, Any]) -> Text:
    """The contacts that were shown, each once; the service's desk where there is none."""
    desk = f"{service['desk']['name']}, {service['desk']['phone']}"
    leads = [shown["involvement"]["lead_practitioner"] for shown in part["involvements"]]
    contacts = dict.fromkeys(_contact(lead) or desk for lead in leads)
    return Text("\n".join(contacts)) if contacts else Text(desk, style="dim")


def _contact(lead: Mapping[str, Any] | None) -> str:
    if lead is None:
        return ""
    whom = ", ".join(filter(None, (lead["name"], lead["role"], lead["team"], lead["phone"], lead["email"])))
    if lead["has_left"]:
        return f"{whom} (the practitioner on record has left)"
    given = " and ".join(lead["from_directory"])
    return f"{whom} ({given} from the staff directory)" if given else whom
