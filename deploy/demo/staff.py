"""Whom to ring at the services of Northshire: invented schools, workers and teams."""

from __future__ import annotations

import random
from collections.abc import Iterable, Mapping, Sequence

from deploy.demo.clerks import plain_letters
from deploy.demo.names import BRITISH, IRISH, NIGERIAN, PAKISTANI, POLISH, WELSH
from deploy.demo.records import Listed, Record, Row, Worker

_WORKERS_OF_A_SERVICE = 12
_HAS_LEFT = 10
"""Whose records name nobody any more, only the team and its number."""
_HAS_JUST_LEFT = 7
"""Whose records still name them: the staff directory alone knows."""
OF_THE_COUNCIL = ("adult_social_care", "childrens_cases")
TEAM_NUMBERS: Mapping[str, str] = {
    "North locality team": "01632 960270", "South locality team": "01632 960271", "Hospital team": "01632 960272",
    "Assessment team": "01632 960670", "Child in need team": "01632 960671",
    "Child protection team": "01632 960672",
}  # fmt: skip
"""As ``broker.yaml`` has them."""
_TEAMS: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "adult_social_care": ("Social worker", ("North locality team", "South locality team", "Hospital team")),
    "housing": ("Neighbourhood officer", ("Tannery patch", "Moss Side patch", "Canal patch")),
    "housing_asb": ("Anti-social behaviour officer", ("Community safety team", "Estates team")),
    "police": ("Officer in charge", ("Public protection unit", "Neighbourhood policing team")),
    "childrens_cases": ("Social worker", ("Assessment team", "Child in need team", "Child protection team")),
}
_NUMBERS: Mapping[str, int] = {
    "adult_social_care": 200,
    "housing": 300,
    "police": 400,
    "housing_asb": 500,
    "childrens_cases": 600,
}
OF_THE_STORY = Worker(
    "Sam Okafor",
    "Social worker",
    "Assessment team",
    "01632 960641",
    "sam.okafor@childrens-cases.northshire.example",
    "s.okafor",
    Listed("sam.okafor@childrens-cases.northshire.example", "07700 900641"),
)
"""Who holds the case of the story family, and asks."""
_PRIMARY = ("Weir", "Ropewalk", "Priory", "Larch", "Canalside", "Harebell", "Mossford", "St Wystan's")
_SECONDARY = ("Viaduct", "Tannerley", "Quarrybank", "Foundry")


class Staff:
    """The schools, and the workers of every other service."""

    def __init__(self, chance: random.Random) -> None:
        self._chance = chance
        self._taken = {OF_THE_STORY.name}
        # As in the real product, many schools have only an office number.
        self.primary_schools = [
            self._school(place, "Primary School", n, desk_only=n % 3 == 2) for n, place in enumerate(_PRIMARY)
        ]
        self.secondary_schools = [
            self._school(place, "Academy", n + 50, desk_only=n % 2 == 0) for n, place in enumerate(_SECONDARY)
        ]
        self.workers: Mapping[str, Sequence[Worker]] = {
            "school": [*self.primary_schools, *self.secondary_schools],
            **{
                service: [self._worker(service, number) for number in range(_WORKERS_OF_A_SERVICE)]
                for service in _TEAMS
            },
        }

    def _school(self, place: str, kind: str, number: int, *, desk_only: bool) -> Worker:
        lead = self._name()
        return Worker(
            name=None if desk_only else lead,
            role="School office" if desk_only else "Designated safeguarding lead",
            team=f"{place} {kind}",
            phone=f"01632 960{100 + number}",
            email=None if desk_only else f"safeguarding@{_slug(place, '-')}.northshire.example",
        )

    def _worker(self, service: str, number: int) -> Worker:
        role, teams = _TEAMS[service]
        phone, team = f"01632 960{_NUMBERS[service] + number}", teams[number % len(teams)]
        if number == _HAS_LEFT:
            return Worker(None, role, team, phone, None)
        name = self._another_name()
        address = f"{_slug(name)}@{service.replace('_', '-')}.northshire.example"
        email = address if number % 2 else None  # half of the records lack one, as a council found
        login = f"{_slug(name)}.{number}" if service == "childrens_cases" else None
        if service not in OF_THE_COUNCIL:
            return Worker(name, role, team, phone, email, login)
        mobile = f"07700 900{_NUMBERS[service] + number}"
        return Worker(
            name, role, team, phone, email, login, Listed(address, mobile, number == _HAS_JUST_LEFT)
        )

    def _another_name(self) -> str:
        """That nobody else has: two of one name would not be told apart in the staff directory."""
        while (name := self._name()) in self._taken:
            pass
        self._taken.add(name)
        return name

    def _name(self) -> str:
        naming = self._chance.choice((BRITISH, BRITISH, WELSH, IRISH, NIGERIAN, PAKISTANI, POLISH))
        names = (naming.before or (naming.girls, naming.boys))[self._chance.randrange(2)]
        return f"{self._chance.choice(names)} {self._chance.choice(naming.families)}"


DIRECTORY_COLUMNS = ("Name", "JobTitle", "Team", "WorkPhone", "Email", "PrivateMobile", "Status")


def directory_of(records: Iterable[Record]) -> list[Row]:
    """The council's staff directory, as its export has it: everyone whom a record of the council names."""
    return [
        (one.name, one.role, one.team, one.phone, one.listed.email, one.listed.mobile,
         "Left" if one.listed.has_left else "Active")
        for one in dict.fromkeys(record.worker for record in records)
        if one.listed is not None
    ]  # fmt: skip


def _slug(name: str, between: str = ".") -> str:
    """A name as it stands in an email address."""
    return plain_letters(name).lower().replace("'", "").replace(" ", between)
