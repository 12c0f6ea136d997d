"""What is so of a source as a whole: how many, how recent, and whether its file says the same."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date

from broker.profile.figures import SMALL, Figure, lone, percent
from broker.profile.questions import FURTHER, MISSING, UNREADABLE, Finding, Table, Weight
from broker.profile.scope import cohort_said
from broker.profile.tally import Tally
from connectors.source_file import SourceFile

_POPULATION_OFF = 2.0
_STALE_MONTHS = 3
_ALL_CURRENT = 0.97


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What is known besides the rows. ``as_of``: the day of an extract. ``sample``: not all rows were read."""

    today: date
    as_of: date | None = None
    sample: bool = False


@dataclass(frozen=True, slots=True)
class Fact:
    """One figure about the source as a whole, in words."""

    label: str
    says: str


@dataclass(frozen=True, slots=True)
class Whole:
    """A source with its published tables by their keys. ``cohort``: the published figures in and out of scope."""

    source: SourceFile
    tally: Tally = field(repr=False)
    circumstances: Circumstances
    tables: Mapping[str, Table]
    cohort: Mapping[str, Figure]

    def facts(self) -> Iterator[Fact]:
        """What is so of the source as a whole."""
        read = "read as a sample: the first that the database gave, not drawn at random"
        yield Fact(
            "Records in scope",
            f"{self.cohort['in'].text()}" + (f", {read}" if self.circumstances.sample else ""),
        )
        if self.source.cohort is not None:
            yield Fact(
                "Out of scope", f"{self.cohort['out'].text()} (in scope: {cohort_said(self.source.cohort)})"
            )
        if self.circumstances.as_of is not None:
            yield Fact("An extract of", f"{self.circumstances.as_of:%d.%m.%Y}")
        yield from self._people()
        yield from self._staff()
        yield from self._current()
        yield from self._months()

    def _people(self) -> Iterator[Fact]:
        if people := self._counted_people():
            told = self._told_apart()
            stated = self.source.population
            yield Fact("People, by name and birth date", f"about {people:,}; the source file says {stated:,}")
            yield Fact("Records of a person, on average", f"{told / people:.1f}")

    def _told_apart(self) -> int:
        """The records that tell of whom they are, by what is published of birth dates."""
        born = self.tables.get("birth_date")
        return 0 if born is None else born.total - born.count(MISSING, UNREADABLE)

    def _counted_people(self) -> int:
        """From published figures alone; 0 where nobody can be told apart."""
        return (
            max(self._told_apart() - self.tables["people"].count(FURTHER), 0)
            if "people" in self.tables
            else 0
        )

    def _current(self) -> Iterator[Fact]:
        ended = self.tables.get("ended")
        if ended is not None and ended.total:
            current, historic = ended.count(MISSING, "future"), ended.count("day", "before_1900", "default")
            yield Fact(
                "Current and historic, by the end",
                f"{percent(current, ended.total)} have not ended, {percent(historic, ended.total)} have",
            )

    def _staff(self) -> Iterator[Fact]:
        practitioners, teams = self.tally.distinct("practitioners"), self.tally.distinct("teams")
        if "teams" in self.tally.asked.of_staff:
            shown, of = lone(practitioners), lone(teams)
            each = f", {shown.count / of.count:.1f} a team" if shown.count and of.count else ""
            yield Fact("Practitioners and teams", f"{shown.text()} in {of.text()} teams{each}")

    def _months(self) -> Iterator[Fact]:
        if (newest := _newest(self.tally.months("last_contact"))) is not None:
            yield Fact("Newest month of last contact", f"{newest} (with at least {SMALL} records)")
        if (earliest := _earliest(self.tally.months("started"))) is not None:
            since = f"the source file covers from {self.source.coverage.since:%d.%m.%Y} on"
            yield Fact("Earliest year of a start", f"{earliest} (with at least {SMALL} records); {since}")

    def findings(self) -> Iterator[Finding]:
        """What of it is worth the owner's time."""
        if not self.circumstances.sample:
            yield from self._population()
            yield from self._coverage()
            yield from self._stale()
        yield from self._never_ended()

    def _population(self) -> Iterator[Finding]:
        people, stated = self._counted_people(), self.source.population
        if not people:
            return
        if not 1 / _POPULATION_OFF <= people / stated <= _POPULATION_OFF:
            yield Finding(
                Weight.CHECK,
                f"The source file says population: {stated:,}, but about {people:,} people were counted.",
                "The population sets how surprising it is that names agree: too small, and strangers look alike;"
                " too large, and people are missed.",
                f"Say population: {people} in the source file.",
            )

    def _coverage(self) -> Iterator[Finding]:
        earliest, since = _earliest(self.tally.months("started")), self.source.coverage.since
        if earliest is not None and earliest > since.year + 1:
            yield Finding(
                Weight.CHECK,
                f"The source file says that it covers from {since.year} on, but hardly a record starts before"
                f" {earliest}.",
                "A requester reads the coverage, and takes silence about the years before for an answer.",
                "Say in coverage since when the records are really complete.",
            )
        started = self.tables.get("started")
        if started is not None and started.notable("before"):
            yield Finding(
                Weight.CHECK,
                f"{started.words('before')} starts before the first day that the source file covers.",
                "Nothing is missed by it; the requester is told of a shorter time than there is.",
                "Say an earlier day in coverage, if the records of that time are complete.",
            )

    def _never_ended(self) -> Iterator[Finding]:
        ended = self.tables.get("ended")
        if ended is not None and ended.notable(MISSING, least=_ALL_CURRENT):
            yield Finding(
                Weight.CHECK,
                f"{ended.words(MISSING)} of the involvements have no end.",
                "Perhaps ends are not recorded. An involvement that is long over then looks like one of today.",
                "Check whether the end is written when the service stops working with somebody.",
            )

    def _stale(self) -> Iterator[Finding]:
        newest = _newest(self.tally.months("last_contact"))
        if newest is None:
            return
        today = self.circumstances.today
        months = (today.year - int(newest[:4])) * 12 + today.month - int(newest[5:])
        if months > _STALE_MONTHS:
            yield Finding(
                Weight.HIDES,
                f"Hardly any last contact is newer than {newest}.",
                "The data seem not to be kept up: families whom the service has met since then look forgotten.",
                "Find out when the table or the extract was last filled, and from where.",
            )


def _newest(months: Mapping[str, int]) -> str | None:
    return max((month for month, count in months.items() if count >= SMALL), default=None)


def _earliest(months: Mapping[str, int]) -> int | None:
    """The earliest year in which enough records start."""
    years: dict[int, int] = {}
    for month, count in months.items():
        years[int(month[:4])] = years.get(int(month[:4]), 0) + count
    return min((year for year, count in years.items() if count >= SMALL), default=None)
