"""The words and rules that a sharing policy is made of: names, look-backs, conditions, and rules with levels."""

from __future__ import annotations

import re
from datetime import time
from typing import Annotated, Any, Generic, Literal, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, WithJsonSchema, model_validator

from policy.levels import ShownName

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
_MINUTE = re.compile(r"([01]\d|2[0-3]):([0-5]\d)", re.ASCII)
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


def _minute(value: Any) -> Any:
    """A time of day, as 08:00."""
    if isinstance(value, time):
        return value
    found = _MINUTE.fullmatch(value) if isinstance(value, str) else None
    if found is None:
        raise ValueError("write a time of day as 08:00")
    return time(int(found[1]), int(found[2]))


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
Minute = Annotated[
    time,
    BeforeValidator(_minute, json_schema_input_type=Annotated[str, Field(pattern=f"^{_MINUTE.pattern}$")]),
]
"""``08:00``, on a clock of 24 hours."""

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


class Hours(Part):
    """Hours of a day in London: from this minute, until before that; past midnight where ``to`` is earlier."""

    from_: Annotated[Minute, Field(alias="from")]
    to: Minute

    @model_validator(mode="after")
    def _some_of_the_day(self) -> Hours:
        if self.from_ == self.to:
            raise ValueError("the time to is the time from: write the hours of a part of the day")
        return self

    def hold(self, at: time | None) -> bool | None:
        """Whether a time of day lies within; None when it is not known."""
        if at is None:
            return None
        if self.from_ < self.to:
            return self.from_ <= at < self.to
        return at >= self.from_ or at < self.to


class When(Part):
    """A condition: all that it names must hold. ``age`` is the subject's, by the record.

    ``time`` is when it is asked. ``restriction`` is what the record is marked with: ``staff`` for people who work
    with children, ``location`` for a household whose whereabouts are protected.
    """

    relation: OneOrMoreRelations | None = None
    case: Literal["verified", "unverified"] | None = None
    family_agreement: Literal["given", "refused", "withdrawn"] | None = None
    age: Ages | None = None
    time: Hours | None = None
    restriction: Literal["staff", "location"] | None = None

    @model_validator(mode="after")
    def _says_something(self) -> When:
        if not self.model_fields_set:
            raise ValueError(
                "a condition has to name something: relation, case, family_agreement, age, time or restriction"
            )
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
