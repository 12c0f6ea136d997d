"""The source file: how one service's own tables map to the words of the broker.

It is written by the service's technical owner. ``handwritten.read(path, SourceFile)`` loads it and says, with
file, line and column, what is wrong with it.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Annotated, Any, Literal, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from connectors.asking import Asking
from connectors.request_file import Request

Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,62}$")]
"""A short name that files and messages use: lower-case letters, digits and underscores."""


class Part(BaseModel):
    """A part of a source file: unknown keys are faults, and nothing changes after loading."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Column(Part):
    """One column, and how dates stand in it: ``date`` (a date type), ``iso_text`` (2019-03-07), ``dmy_text``
    (07/03/2019) or ``compact_text`` (20190307). Texts are read day first, never month first.
    """

    column: str
    indexed: bool = False
    format: Literal["date", "iso_text", "dmy_text", "compact_text"] = "date"


def _column(value: Any) -> Any:
    return {"column": value} if isinstance(value, str) else value


AColumn = Annotated[Column, BeforeValidator(_column)]
"""``forename`` is short for ``{column: forename}``."""


class IdentifierColumns(Part):
    given_name: AColumn
    family_name: AColumn
    other_family_names: tuple[AColumn, ...] = ()
    birth_date: AColumn | None = None
    sex: AColumn | None = None
    address: AColumn | None = None
    postcode: AColumn | None = None
    uprn: AColumn | None = None
    nhs_number: AColumn | None = None
    upn: AColumn | None = None
    case_id: AColumn | None = None


class InvolvementColumns(Part):
    started: AColumn | None = None
    ended: AColumn | None = None
    last_contact: AColumn | None = None
    status: AColumn | None = None


class DeskWhen(Part):
    """Which rows name no person but a desk or a pool ("Duty team"), by the values of one column."""

    column: str
    values: Annotated[tuple[str, ...], Field(min_length=1)]


class ContactColumns(Part):
    """Whom to ring. ``complete_from_directory``: what is missing here is completed from the partnership's staff
    directory, in which ``staff_id`` is who that is. For services whose staff stand in it.
    """

    name: AColumn | None = None
    role: AColumn | None = None
    team: AColumn | None = None
    phone: AColumn | None = None
    email: AColumn | None = None
    staff_id: AColumn | None = None
    desk_when: DeskWhen | None = None
    complete_from_directory: bool = False


class Desk(Part):
    """The service's general number: shown with every outcome, also when nothing else can be.

    ``requests_to``: who is told there when a requester asks to be rung back: a recipient of ``notices`` in
    ``broker.yaml``. Without it the service takes no such requests.
    """

    name: str
    phone: Annotated[str, Field(pattern=r"^[0-9 +()]{5,24}$")]
    hours: str | None = None
    requests_to: Name | None = None


class Coverage(Part):
    """What the source covers. ``since`` is the first day that it holds; it runs to today."""

    area: str
    since: date


class Cohort(Part):
    """Which rows are in scope at all, by the values of one column: ``only`` these, or all but ``never``."""

    column: str
    only: tuple[str, ...] = ()
    never: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _one_of_them(self) -> Cohort:
        if bool(self.only) == bool(self.never):
            raise ValueError(
                "a cohort names the values that are in scope (only) or that are not (never), one of the two"
            )
        return self


class Restricted(Part):
    """Which rows are of people whom the owner shields: the column, and the values that say so.

    A missing value counts as restricted when ``missing`` says so. Which rows are of ``staff``, or of a household
    with a ``protected_location``, is told in the same way.
    """

    column: str
    values: Annotated[tuple[str, ...], Field(min_length=1)]
    missing: bool = False


class CaseState(Part):
    """Which cases are open, by the values of one column."""

    column: str
    open: Annotated[tuple[str, ...], Field(min_length=1)]


class LinkedAs(Part):
    """How a person is linked to a case: the column, and its codes as relations (``child``, ``parent``, ...).

    A link whose code is not listed is as if it were not there.
    """

    column: str
    codes: Annotated[dict[str, Name], Field(min_length=1)]


class CaseSystem(Part):
    """Where the requesters' own cases are kept: which are open, who holds them, and who is linked to them.

    Its rows are those of a ``table`` or view, or of one vetted ``query``, in the source's own database; or of a
    ``request`` to the source's web API, which names ``{case_id}``. There is one for each person linked to a case
    and each worker who holds it. A case without people, or without a worker, has a row all the same, with nothing
    in those columns. ``allocated_to`` holds what the requester's token calls them (``identity.worker_claim`` of
    ``broker.yaml``).
    """

    table: str | None = None
    query: str | None = None
    request: Request | None = None
    case_id: AColumn
    state: CaseState
    allocated_to: str
    person_key: str
    linked_as: LinkedAs
    identifiers: IdentifierColumns
    restricted: Restricted | None = None

    @model_validator(mode="after")
    def _one_place_to_read(self) -> CaseSystem:
        return _with_one_place_to_read(self)


class SourceFile(Part):
    """One service's data, and where it is.

    Its rows are those of a ``table`` or view ("schema.table"), or of one vetted SELECT, the ``query``; of a web
    API (kind ``http``), those of a ``request``, and its columns are JSON pointers into a row.
    ``population`` is about how many people the source holds (it sets how surprising a coincidence of names
    is). ``row_cap`` is how many rows one query may bring back before they are too many to tell apart.
    ``holds_relatives``: whether people of one household stand in it, as they mostly do. Say no where nobody's
    relatives can (a register of one kind of professional, say): then relatives and twins are not reckoned with.
    ``restricted`` people are never found. Records of ``staff`` who work with children are shown by rules of the
    sharing policy that name staff, and by no other; of a household with a ``protected_location``, the desk alone.
    ``asking``: how many questions it takes, when it is left alone, and when it is down as planned.
    ``as_of``: ``live``, or ``extract`` where the rows are of an earlier day, which every answer then says.
    """

    format: Literal["source/1"]
    source: Name
    service: str
    system: str
    kind: str
    connection: dict[str, str | int | float | bool]
    table: str | None = None
    query: str | None = None
    request: Request | None = None
    local_key: str
    identifiers: IdentifierColumns
    sex_codes: dict[str, Literal["female", "male", "other"]] = {}
    involvement: InvolvementColumns
    status_codes: dict[str, Name] = {}
    contact: ContactColumns = ContactColumns()
    gates: dict[Name, str] = {}
    cohort: Cohort | None = None
    restricted: Restricted | None = None
    staff: Restricted | None = None
    protected_location: Restricted | None = None
    stored_case: Literal["as_written", "upper", "lower", "title"] = "as_written"
    sensitive: bool = False
    desk: Desk
    coverage: Coverage
    as_of: Literal["live", "extract"] = "live"
    population: Annotated[int, Field(ge=1)]
    row_cap: Annotated[int, Field(ge=100, le=100_000)] = 5_000
    holds_relatives: bool = True
    case_system: CaseSystem | None = None
    asking: Asking = Asking()

    def guards(self) -> Mapping[str, Cohort | Restricted]:
        """What keeps rows from being shown, by its place in the file: a column that is lost would show them."""
        named = {
            name: getattr(self, name) for name in ("cohort", "restricted", "staff", "protected_location")
        }
        return {name: one for name, one in named.items() if one is not None}

    @model_validator(mode="after")
    def _one_place_to_read(self) -> SourceFile:
        return _with_one_place_to_read(self)

    @model_validator(mode="after")
    def _a_web_api_has_a_request(self) -> SourceFile:
        requests = [self.request] + ([self.case_system.request] if self.case_system else [])
        for one in requests:
            if (one is not None) != (self.kind == "http"):
                raise ValueError("a source of kind http has a request, and no other kind has one")
        return self

    @model_validator(mode="after")
    def _an_extract_says_so(self) -> SourceFile:
        if self.kind == "extract" and self.as_of != "extract":
            raise ValueError(
                "an extract is never live: say as_of: extract, so that every answer bears its day"
            )
        return self


Reads = TypeVar("Reads", CaseSystem, SourceFile)


def _with_one_place_to_read(part: Reads) -> Reads:
    if [part.table, part.query, part.request].count(None) != 2:  # noqa: PLR2004 -- one of the three is there
        raise ValueError("name the table to read, or the query, one of the two (for kind http: the request)")
    return part
