"""What a match is explained from: a person as typed, and the records that might be theirs."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from broker.api.query_body import days_meant
from broker.questions import born_at_age
from connectors.contract import Identifiers

_LONGEST = 500
MOST_RECORDS = 200
Text = Annotated[str, Field(max_length=_LONGEST)]


class Someone(BaseModel):
    """A person, as typed or as a record has it. What is not known is left out."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    given_name: Text | None = Field(default=None, repr=False)
    family_name: Text | None = Field(default=None, repr=False)
    other_family_names: Annotated[tuple[Text, ...], Field(max_length=10, repr=False)] = ()
    birth_date: Text | None = Field(default=None, repr=False)
    age: Annotated[int | None, Field(ge=0, le=120, repr=False)] = None
    sex: Literal["female", "male", "other"] | None = Field(default=None, repr=False)
    address: Text | None = Field(default=None, repr=False)
    postcode: Text | None = Field(default=None, repr=False)
    uprn: Text | None = Field(default=None, repr=False)
    nhs_number: Text | None = Field(default=None, repr=False)
    upn: Text | None = Field(default=None, repr=False)

    @model_validator(mode="after")
    def _one_birth_date(self) -> Someone:
        if self.birth_date and self.age is not None:
            raise ValueError("Give a birth date or an age, not both.")
        try:
            if self.birth_date:
                days_meant(self.birth_date.strip())
        except PydanticCustomError as fault:
            raise ValueError(fault.message()) from None
        return self

    def identifiers(self, today: date) -> Identifiers:
        """What matching compares; ``today`` is what an age is reckoned from."""
        born, between = self._born(today)
        return Identifiers(
            given_name=self.given_name,
            family_name=self.family_name,
            other_family_names=self.other_family_names,
            birth_date=born,
            born_between=between,
            sex=self.sex,
            address=self.address,
            postcode=self.postcode,
            uprn=self.uprn,
            nhs_number=self.nhs_number,
            upn=self.upn,
        )

    def _born(self, today: date) -> tuple[date | None, tuple[date, date] | None]:
        if self.age is not None:
            return None, born_at_age(self.age, today)
        if not self.birth_date:
            return None, None
        first, last = days_meant(self.birth_date.strip())
        return (first, None) if first == last else (None, (first, last))


class Record(Someone):
    """A record. ``key`` is its local key; records of one key and one name are one person's."""

    key: Text | None = Field(default=None, repr=False)


class Case(BaseModel):
    """The whole file. ``asked_with`` are the other people of the query, who compete for the records."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    typed: Someone = Field(repr=False)
    asked_with: Annotated[tuple[Someone, ...], Field(max_length=11, repr=False)] = ()
    records: Annotated[tuple[Record, ...], Field(min_length=1, max_length=MOST_RECORDS, repr=False)]

    def keys(self) -> tuple[str, ...]:
        """The records' local keys; one of its own for each that has none."""
        return tuple(one.key or f"record {place} has none" for place, one in enumerate(self.records))
