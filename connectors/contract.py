"""What a connector is: the words it shares with the broker, and the promise it keeps.

A connector reads one service's own database. It opens a read-only session, selects only the columns that
its source file maps, and returns *candidates*: rows that might be one of the people of a query. It decides
nothing: who a row is, and what of it may be seen, is decided by the caller, beside the connector.

Nothing here prints a personal value: every such field is left out of ``repr``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Literal, Protocol

from connectors.source_file import SourceFile

Sex = Literal["female", "male", "other"]


@dataclass(frozen=True, slots=True)
class Identifiers:
    """What is known of one person: typed by a requester, or held in a row.

    Names and addresses are as written, not normalised. ``birth_date`` is a whole date; where only a month, a
    year or an age is known it is None and ``born_between`` holds the earliest and the latest day (inclusive).
    A missing identifier is None (or an empty tuple), never an empty string.
    """

    given_name: str | None = field(default=None, repr=False)
    family_name: str | None = field(default=None, repr=False)
    other_family_names: tuple[str, ...] = field(default=(), repr=False)
    birth_date: date | None = field(default=None, repr=False)
    born_between: tuple[date, date] | None = field(default=None, repr=False)
    sex: Sex | None = field(default=None, repr=False)
    address: str | None = field(default=None, repr=False)
    postcode: str | None = field(default=None, repr=False)
    uprn: str | None = field(default=None, repr=False)
    nhs_number: str | None = field(default=None, repr=False)
    upn: str | None = field(default=None, repr=False)
    case_id: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Contact:
    """Whom to ring, as the service's record has it. ``name`` is None where there is only a desk or a team.

    ``staff_id`` is who that is in the staff directory; it is never shown.
    """

    name: str | None = field(default=None, repr=False)
    role: str | None = field(default=None, repr=False)
    team: str | None = field(default=None, repr=False)
    phone: str | None = field(default=None, repr=False)
    email: str | None = field(default=None, repr=False)
    staff_id: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Candidate:
    """A row that a connector returned: it might be one of the people of a query.

    ``restricted``: of somebody whom the owner shields; ``staff``: of somebody who works with children;
    ``protected_location``: of a household that must not be found.
    """

    local_key: str = field(repr=False)
    identifiers: Identifiers = field(repr=False)
    started: date | None = field(default=None, repr=False)
    ended: date | None = field(default=None, repr=False)
    last_contact: date | None = field(default=None, repr=False)
    status: str | None = field(default=None, repr=False)
    contact: Contact = field(default=Contact(), repr=False)
    gates: Mapping[str, str | None] = field(default_factory=dict, repr=False)
    restricted: bool = field(default=False, repr=False)
    staff: bool = field(default=False, repr=False)
    protected_location: bool = field(default=False, repr=False)


@dataclass(frozen=True, slots=True)
class Search:
    """One question to one source: all people of a query at once, in one round trip.

    ``query_id`` is shown to the source's own administrators (application name or comment); it tells nothing
    of anyone. ``involvement`` names the involvement and contact columns that the grant can need
    ("started", "ended", "last_contact", "status", "contact"): the others are not selected. Identifier, gate
    and restriction columns are always selected. ``seconds`` is how long the source may take, in all.

    ``also_called`` holds, for each of ``people``, other given names that the typed one may stand for (Liz:
    Elizabeth, Beth); empty when nobody worked them out. They widen what is fetched, never what is matched.

    ``gates_only``: the rows' identifiers are not wanted, so their columns are not selected either.

    ``worked_out`` holds how the people may be written in a database. Searches of one query share it, so that six
    sources don't spell a name six times; it knows nothing of any row, and goes with the query.
    """

    query_id: str
    people: tuple[Identifiers, ...] = field(repr=False)
    involvement: frozenset[str]
    seconds: float
    also_called: tuple[tuple[str, ...], ...] = field(default=(), repr=False)
    gates_only: bool = False
    worked_out: dict[Any, Any] = field(default_factory=dict, repr=False, compare=False)

    def __post_init__(self) -> None:
        if self.also_called and len(self.also_called) != len(self.people):
            raise ValueError("also_called has an entry for each of the people, or none at all")


READ_PER_CAP = 4
"""How many rows are read at most, as a multiple of the source's ``row_cap``.

The cap itself is held by whoever withholds rows, on what is left: a source without the rows that a policy
withholds must look the same. This is the limit behind it, so that no question can bring a whole table.
"""


@dataclass(frozen=True, slots=True)
class Candidates:
    """The rows that came back. ``capped``: there were more than READ_PER_CAP allows; these are not the whole.

    ``as_of``: the day (in London) that they are of, where the source is a copy of an earlier day; None where it
    is live. It is a fact about the source as a whole, never about a row.

    ``not_asked``: which of the search's people (by their place in it) the source was not asked about, because it
    takes other identifiers than were typed. Silence about them means nothing.
    """

    rows: tuple[Candidate, ...] = field(repr=False)
    capped: bool = False
    as_of: date | None = None
    not_asked: frozenset[int] = frozenset()


class Connector(Protocol):
    """Reads one source. Made from its source file by ``connectors.registry.connect``."""

    source: SourceFile

    async def open(self) -> None:
        """Connect, and check every mapped column against the live catalogue.

        Raises SourceMisfit when the source file names what the database does not have, SourceUnavailable
        when the database cannot be reached. May be called again after a failure.
        """

    async def candidates(self, search: Search) -> Candidates:
        """The rows that might be one of the people, in no particular order, within ``search.seconds``.

        Opens the source first when it is not open yet.
        Raises SourceTimedOut, SourceUnavailable or SourceMisfit.
        """

    async def close(self) -> None:
        """Let go of every connection, at once. A closed connector may be opened again."""


class SourceFault(Exception):
    """A source could not be read.

    SourceFault
      SourceTimedOut      it took longer than it may
      SourceUnavailable   it could not be reached, or broke off
      SourceMisfit        it is not as its source file says (a lost column, a value of the wrong type)

    ``args`` hold a sentence for the operator. They never hold a driver's own message, because those quote
    values: the cause is chained for a debugger, and is not logged.
    """


class SourceTimedOut(SourceFault):
    """The source took longer than it may."""


class SourceUnavailable(SourceFault):
    """The source could not be reached, or broke off."""


class SourceMisfit(SourceFault):
    """The source is not as its source file says."""
