"""The sharing policy: a data owner's file, and nothing that is not in it.

It reads like the data-sharing agreement that stands behind it. What a policy leaves out is not shared. The
fields are those of ``Involvement``: a policy cannot add one.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import date
from typing import Annotated, Any, Generic, Literal, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, WithJsonSchema, model_validator

from policy.levels import ContactName, DateName, RosterName, ShownName, StatusName

Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,62}$")]
Text = Annotated[str, Field(min_length=1)]
Steps = tuple[str | int, ...]
Relation = Literal[
    "child",
    "unborn_child",
    "other_child",
    "parent",
    "carer",
    "sibling",
    "household_adult",
    "other_adult",
    "adult_at_risk",
]
_SPELL = re.compile(r"([1-9]\d{0,2}) (month|year)s?", re.ASCII)


def _list_of_one(value: Any) -> Any:
    return [value] if isinstance(value, str) else value


def _months(value: Any) -> Any:
    """Months of "24 months" or "5 years"; None of "unlimited"."""
    if value == "unlimited" or isinstance(value, int):
        return None if value == "unlimited" else value
    found = _SPELL.fullmatch(value) if isinstance(value, str) else None
    if found is None:
        raise ValueError("write how far back records count, such as 24 months, 5 years or unlimited")
    return int(found[1]) * (12 if found[2] == "year" else 1)


def spelt_alike(code: str) -> str:
    """A code without what tells its spellings apart: large and small letters, and blanks."""
    return "".join(code.split()).casefold()


Several = Annotated[tuple[Name, ...], Field(min_length=1)]
OneOrMore = Annotated[Several, BeforeValidator(_list_of_one, json_schema_input_type=Several | Name)]
"""``section_47_enquiry`` is short for ``[section_47_enquiry]``."""

Relations = Annotated[tuple[Relation, ...], Field(min_length=1)]
OneOrMoreRelations = Annotated[
    Relations, BeforeValidator(_list_of_one, json_schema_input_type=Relations | Relation)
]
LookBack = Annotated[
    int | None,
    BeforeValidator(
        _months, json_schema_input_type=Annotated[str, Field(pattern=f"^({_SPELL.pattern}|unlimited)$")]
    ),
]
Identifier = Literal[
    "given_name",
    "family_name",
    "other_family_names",
    "birth_date",
    "sex",
    "address",
    "postcode",
    "uprn",
    "nhs_number",
    "upn",
]
Value = Annotated[Text, WithJsonSchema({"type": ["string", "number", "boolean"]})]
"""A value as it stands in a database: a text here, though an editor may take it for a number."""


class Part(BaseModel):
    """A part of a policy: unknown keys are faults, and nothing changes after loading."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Ages(Part):
    """From this age to that, both included; either may be left out."""

    from_: Annotated[int | None, Field(alias="from", ge=0, le=120)] = None
    to: Annotated[int | None, Field(ge=0, le=120)] = None

    @model_validator(mode="after")
    def _bounded(self) -> Ages:
        if self.from_ is None and self.to is None:
            raise ValueError("say from which age, to which age, or both")
        if self.from_ is not None and self.to is not None and self.from_ > self.to:
            raise ValueError("the age to is below the age from")
        return self

    def hold(self, age: int | None) -> bool | None:
        """Whether an age lies within; None when it is not known."""
        if age is None:
            return None
        return (self.from_ is None or age >= self.from_) and (self.to is None or age <= self.to)


class When(Part):
    """A condition: all that it names must hold. ``age`` is the subject's, by the record."""

    relation: OneOrMoreRelations | None = None
    case: Literal["verified", "unverified"] | None = None
    family_agreement: Literal["given", "refused", "withdrawn"] | None = None
    age: Ages | None = None

    @model_validator(mode="after")
    def _says_something(self) -> When:
        if not self.model_fields_set:
            raise ValueError("a condition has to name something: relation, case, family_agreement or age")
        return self


LevelName = TypeVar("LevelName")


class Share(Part, Generic[LevelName]):
    """A rule that gives. ``roles`` narrows whom the purpose lets ask; it never adds."""

    purpose: OneOrMore
    roles: OneOrMore | None = None
    when: When | None = None
    show: LevelName


class ShareInvolved(Part):
    """A rule that says to whom it is told that there is an involvement at all."""

    purpose: OneOrMore
    roles: OneOrMore | None = None
    when: When | None = None
    show: ShownName = "yes"


class AtMost(Part, Generic[LevelName]):
    """A rule that limits, whatever others give. Without a condition it always does."""

    purpose: OneOrMore | None = None
    roles: OneOrMore | None = None
    when: When | None = None
    show: LevelName
    why: Text


class FieldRules(Part, Generic[LevelName]):
    """One field: what it means, why it is shared, with whom, and how much of it at most."""

    meaning: Text | None = None
    justification: Text
    share: tuple[Share[LevelName], ...] = ()
    at_most: tuple[AtMost[LevelName], ...] = ()


class InvolvedRules(Part):
    meaning: Text | None = None
    justification: Text
    share: tuple[ShareInvolved, ...] = ()
    at_most: tuple[AtMost[ShownName], ...] = ()


class Code(Part):
    """A status as it is shown, and what it means and does not mean."""

    label: Text
    meaning: Text


class StatusRules(FieldRules[StatusName]):
    codes: Annotated[dict[str, Code], Field(min_length=1)]


class ContactRules(FieldRules[ContactName]):
    """``teams``: the team names that may be shown, and how; without it, names stand as recorded.

    A team's name can tell a diagnosis or a refuge: list them where it might. ``work_mobiles``: mobile numbers
    in the records are the service's own, so they may be shown; otherwise none is.
    """

    teams: dict[str, Text] | None = None
    work_mobiles: bool = False


class Fields(Part):
    """The fields that may leave. There are no others."""

    involved: InvolvedRules
    status: StatusRules | None = None
    started: FieldRules[DateName] | None = None
    ended: FieldRules[DateName] | None = None
    last_contact: FieldRules[DateName] | None = None
    lead_practitioner: ContactRules | None = None


class TestAsk(Part):
    """Who asks, in a test. ``age`` is the subject's."""

    __test__ = False

    purpose: Name
    role: Name
    relation: Relation
    today: date
    age: Annotated[int | None, Field(ge=0, le=120)] = None
    case: Literal["verified", "unverified"] | None = None
    family_agreement: Literal["given", "refused", "withdrawn"] | None = None


class SearchWith(Part):
    """Which identifiers of people linked to a case may travel, in memory, to search with. None is shown by it."""

    purpose: OneOrMore
    roles: OneOrMore | None = None
    when: When | None = None
    identifiers: Annotated[tuple[Identifier, ...], Field(min_length=1)]


class RosterTest(Part):
    """A test of the roster's rules in the file itself."""

    name: Text
    ask: TestAsk
    show: RosterName
    search_with: tuple[Identifier, ...] = ()


class RosterRules(FieldRules[RosterName]):
    """Who is linked to a case: as far as it is shown to the worker who holds the open case, and to nobody else."""

    search_with: tuple[SearchWith, ...] = ()
    tests: tuple[RosterTest, ...] = ()


class Gate(Part):
    """Values that decide whether a record exists for anyone: ``only`` these, and ``never`` those, with why.

    A value that ``only`` does not list, and a missing one, withhold the record. Without ``only``, so does a
    value that differs from one of ``never`` in blanks or in large and small letters alone.
    """

    only: Annotated[tuple[Value, ...], Field(min_length=1)] | None = None
    never: dict[str, Text] = {}

    @model_validator(mode="after")
    def _says_something(self) -> Gate:
        if self.only is None and not self.never:
            raise ValueError("a gate lists the values that pass (only), those that don't (never), or both")
        never = {spelt_alike(code) for code in self.never}
        if both := [code for code in self.only or () if spelt_alike(code) in never]:
            raise ValueError(f"{min(both)} stands in only and in never: take one out")
        return self


class Owner(Part):
    organisation: Text
    contact: Text


class SpecialCategory(Part):
    article: Text
    condition: Text | None = None


class Grounds(Part):
    """The discloser's own ground in law, not the requester's."""

    gateway: Text
    lawful_basis: Text
    special_category: SpecialCategory | None = None
    offence_data: Text | None = None


class Effective(Part):
    """Outside these days nothing is shared. Both are included."""

    from_: Annotated[date, Field(alias="from")]
    until: date

    @model_validator(mode="after")
    def _in_order(self) -> Effective:
        if self.until < self.from_:
            raise ValueError("the last day (until) is before the first (from)")
        return self


class Agreement(Part):
    """The signed documents behind the policy."""

    dsa: Text
    dpia: Text
    agreed: date


class People(Part):
    age: Ages


class Levels(Part):
    """What a test expects: a field that is not named is expected to show nothing."""

    involved: ShownName
    status: StatusName = "nothing"
    started: DateName = "nothing"
    ended: DateName = "nothing"
    last_contact: DateName = "nothing"
    lead_practitioner: ContactName = "nothing"


class PolicyTest(Part):
    """A test in the file itself. ``record`` has gates and involvement fields, by name.

    ``expect`` is the levels; ``nothing``: as if there were no record; ``withheld``: not even asked.
    """

    name: Text
    ask: TestAsk
    record: dict[Name, Value | None] = {}
    expect: Literal["nothing", "withheld"] | Levels


class SharingPolicy(Part):
    """The whole file."""

    format: Literal["sharing-policy/1"]
    policy: Name
    source: Name
    owner: Owner
    controller: Text
    discloses_under: Grounds
    version: Annotated[int, Field(ge=1)]
    effective: Effective
    sharing_agreement: Agreement
    sensitive: bool = False
    discloses: Literal["records", "by_request"] = "records"
    look_back: LookBack
    record_date: Literal["started", "ended", "last_contact"]
    nothing_means: Text
    people: People | None = None
    gates: dict[Name, Gate] = {}
    alert_owner_when_withheld: bool = False
    fields: Fields
    roster: RosterRules | None = None
    tests: tuple[PolicyTest, ...] = ()

    def rules(self) -> Iterator[tuple[str, Any]]:
        """Every field that has rules, by name."""
        return ((name, rules) for name, rules in self.fields if rules is not None)

    def shared_fields(self) -> Iterator[str]:
        """The fields that some rule shares."""
        return (name for name, rules in self.rules() if rules.share)

    def status_codes(self) -> tuple[str, ...]:
        """The statuses that may be shown."""
        return tuple(self.fields.status.codes) if self.fields.status else ()

    def roster_tests(self) -> tuple[RosterTest, ...]:
        """The tests of the roster's rules, if there are any."""
        return self.roster.tests if self.roster else ()

    def named_purposes(self) -> Iterator[tuple[Steps, str]]:
        """Every purpose that a rule or a test names, and where."""
        yield from self._named("purpose")

    def named_roles(self) -> Iterator[tuple[Steps, str]]:
        """Every role that a rule or a test names, and where."""
        yield from self._named("roles")

    def _named(self, what: Literal["purpose", "roles"]) -> Iterator[tuple[Steps, str]]:
        for field, rules in self.rules():
            for kind in ("share", "at_most"):
                for place, rule in enumerate(getattr(rules, kind)):
                    for name in getattr(rule, what) or ():
                        yield ("fields", field, kind, place, what), name
        yield from self._named_by_roster(what)
        tests: tuple[tuple[Steps, Iterable[PolicyTest | RosterTest]], ...] = (
            (("tests",), self.tests),
            (("roster", "tests"), self.roster_tests()),
        )
        for steps, those in tests:
            for place, test in enumerate(those):
                named = test.ask.role if what == "roles" else test.ask.purpose
                yield (*steps, place, "ask", what.rstrip("s")), named

    def _named_by_roster(self, what: Literal["purpose", "roles"]) -> Iterator[tuple[Steps, str]]:
        for kind in ("share", "at_most", "search_with") if self.roster else ():
            for place, rule in enumerate(getattr(self.roster, kind)):
                yield from ((("roster", kind, place, what), name) for name in getattr(rule, what) or ())
