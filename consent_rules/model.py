"""The file of purpose rules, ``purposes.yaml``: what a partnership's data protection officer writes.

What a file leaves out is never guessed to be open: every key that could open something must be written, and a
key without a value is a fault. Cross-checks that need the whole file are in ``checks.py``.
"""

from __future__ import annotations

import re
from datetime import date, timedelta
from typing import Annotated, Any, ClassVar, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    ValidationInfo,
    WithJsonSchema,
    field_validator,
)

from consent_rules.caps import ContactLevel, DateLevel, ShownLevel, StatusLevel
from consent_rules.short_forms import OrEmpty, OrWord, Span, Spell, Wait

_NAME = re.compile(r"[a-z][a-z0-9_]{0,62}", re.ASCII)


def _short_name(text: str) -> str:
    if _NAME.fullmatch(text) is None:
        raise ValueError(
            "a name is written in lower-case letters, digits and underscores, like social_worker"
        )
    return text


Name = Annotated[
    str,
    AfterValidator(_short_name),
    WithJsonSchema({"type": "string", "pattern": f"^{_NAME.pattern}$"}),
]
"""A short name that files and messages use."""

Text = Annotated[str, Field(min_length=1)]

TextOrEmpty = Annotated[Text | None, OrEmpty()]
"""A text that may be written later: the key stands there without a value until then."""

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
"""What a person is to the case."""

LawfulBasis = Literal[
    "consent",
    "contract",
    "legal_obligation",
    "vital_interests",
    "public_task",
    "recognised_legitimate_interest",
    "legitimate_interests",
]
"""UK GDPR Art. 6(1)(a) to (f), with (ea) of the Data (Use and Access) Act 2025 before the last."""

Article9 = Literal[
    "9(2)(a)",
    "9(2)(b)",
    "9(2)(c)",
    "9(2)(d)",
    "9(2)(e)",
    "9(2)(f)",
    "9(2)(g)",
    "9(2)(h)",
    "9(2)(i)",
    "9(2)(j)",
]

Recorded = Literal["reason", "case_reference", "conversation"]
Journey = Literal["people", "case"]
View = Literal["flags", "details", "details_after_flags"]
"""``details_after_flags``: details are opened only from a flags answer, service by service."""


_NO_VALUE = (None, "", "~", "null", "Null", "NULL")
"""How YAML writes that there is no value; where a file is read as text, the text."""


class Part(BaseModel):
    """A part of the file: unknown keys are faults, nothing changes after loading, and a key that is written
    without a value is a fault, because an empty restriction would be none.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)
    may_be_empty: ClassVar[frozenset[str]] = frozenset()

    @field_validator("*", mode="before")
    @classmethod
    def _written_out(cls, value: Any, info: ValidationInfo) -> Any:
        if value not in _NO_VALUE:
            return value
        if info.field_name in cls.may_be_empty:
            return None
        raise ValueError("this has no value: write one")


class Caps(Part):
    """The most that is shown of each field. A field that is not named is not capped here."""

    involved: ShownLevel | None = None
    status: StatusLevel | None = None
    started: DateLevel | None = None
    ended: DateLevel | None = None
    last_contact: DateLevel | None = None
    lead_practitioner: ContactLevel | None = None

    def levels(self) -> dict[str, str]:
        """Field to level name, of the fields that are capped."""
        return self.model_dump(exclude_none=True)


Limit = Annotated[
    Caps,
    OrWord(
        {"nothing": {"involved": "nothing"}},
        "write nothing, or the fields with the most that is shown of each, like {last_contact: year}",
    ),
]
"""``nothing``, or caps."""


class Needed(Part):
    """What may be seen of a person while there is no recorded agreement for that person.

    ``without_agreement`` applies when the register of agreements holds none; ``if_withdrawn`` besides it
    when the family withdrew or refused, and when nobody knows which.
    """

    without_agreement: Limit
    if_withdrawn: Limit


class FamilyAgreement(Part):
    """The family's agreement to be helped. It is not the UK GDPR basis "consent", on which safeguarding
    seldom rests.
    """

    record_conversation: bool = False
    needed: Needed | None = None


AnAgreement = Annotated[
    FamilyAgreement,
    OrWord(
        {"not_needed": {"record_conversation": False}, "record_conversation": {"record_conversation": True}},
        "write not_needed, record_conversation, or {needed: {without_agreement: ..., if_withdrawn: ...}}",
    ),
]


class CaseCheck(Part):
    """What may be seen when it could not be verified that the case is open and the requester's."""

    unverified: Limit


ACaseCheck = Annotated[
    CaseCheck | None,
    OrWord({"not_made": None}, "write not_made, or {unverified: ...} with what may then be seen"),
]


class Sources(Part):
    """Which services may be asked: ``only`` these, or all but ``never``. ``sensitive: false`` leaves out,
    besides, every source that its own file calls sensitive.
    """

    only: tuple[Name, ...] | None = None
    never: tuple[Name, ...] = ()
    sensitive: bool = True

    def permit(self, name: str, sensitive: bool) -> bool:
        """Whether the source of this name, sensitive or not, may be asked."""
        named = self.only is None or name in self.only
        return named and name not in self.never and (self.sensitive or not sensitive)

    @property
    def are_none(self) -> bool:
        """Whether no source at all can be asked."""
        return self.only == ()


SomeSources = Annotated[
    Sources,
    OrWord(
        {"all": {"never": ()}, "none": {"only": ()}},
        "write all, none, {only: [...]}, {never: [...]} or {sensitive: false}",
    ),
]


class SpecialCategory(Part):
    """The requester's condition for special-category data: UK GDPR Art. 9(2), and with it the paragraph and
    limb of DPA 2018 Sch. 1 where the article needs one (s.10(3)).
    """

    article: Article9
    condition: Text | None = None
    limb: Text | None = None


class Emergency(Part):
    """Emergency access (break-glass): how soon each data owner is told, how soon the use is reviewed, and
    when the access ends by itself.
    """

    tell_owner_within: Annotated[timedelta, Span()]
    review_within: Annotated[timedelta, Span()]
    ends_after: Annotated[timedelta, Span()]


class Check(Part):
    """Which data protection officer has checked the text of a purpose, and when."""

    officer: Text
    on: date


ACheck = Annotated[Check | None, OrEmpty()]


class Purpose(Part):
    """Why somebody asks, and what that opens. ``look_back`` is in months; None is unlimited. ``longest_wait``: how
    many seconds an answer may take, where that is less than the broker's own longest.

    ``needs_registration``: whether only those may ask whose sign-in names their number in a professional register.
    ``family_agreement_for_details`` holds besides ``family_agreement`` where details are asked for.
    ``checked_by`` is empty until a data protection officer has checked the text.
    """

    may_be_empty = frozenset({"appropriate_policy_document", "checked_by"})

    title: Text
    duty: Text
    lawful_basis: Annotated[tuple[LawfulBasis, ...], Field(min_length=1)]
    special_category: tuple[SpecialCategory, ...]
    offence_data: tuple[Text, ...]
    appropriate_policy_document: TextOrEmpty = None
    who_may_ask: Annotated[tuple[Name, ...], Field(min_length=1)]
    needs_registration: bool = False
    about: tuple[Relation, ...]
    family_agreement: AnAgreement
    family_agreement_for_details: AnAgreement | None = None
    look_back: Annotated[int | None, Spell()]
    journeys: tuple[Journey, ...]
    views: tuple[View, ...]
    must_record: tuple[Recorded, ...]
    case_check: ACaseCheck
    at_most: Limit = Caps()
    sources: SomeSources
    former_names: Literal["used", "not_used"] = "used"
    emergency: Emergency | None = None
    longest_wait: Annotated[int | None, Wait()] = None
    checked_by: ACheck = None

    @property
    def lacks_policy_document(self) -> bool:
        """Whether the grounds need an appropriate policy document (DPA 2018 Sch. 1 Part 4) and name none."""
        needs_one = bool(self.offence_data) or any(g.article == "9(2)(g)" for g in self.special_category)
        return needs_one and self.appropriate_policy_document is None

    def agreements(self, view: str) -> tuple[FamilyAgreement, ...]:
        """The rules on the family's agreement that hold for a view: all of them apply."""
        for_details = self.family_agreement_for_details
        if for_details is None or view == "flags":
            return (self.family_agreement,)
        return (self.family_agreement, for_details)


class PurposeRules(Part):
    """A partnership's purposes, and the roles that its practitioners hold.

    ``typed_agreements: open_nothing``: a family's agreement counts when it was recorded in the register, and not
    when it is typed into a question; a refusal or withdrawal counts all the same.
    """

    format: Literal["purpose-rules/1"]
    typed_agreements: Literal["count", "open_nothing"] = "count"
    roles: Annotated[dict[Name, Text], Field(min_length=1)]
    purposes: Annotated[dict[Name, Purpose], Field(min_length=1)]

    def unchecked(self) -> tuple[str, ...]:
        """The purposes whose text no data protection officer has signed, in the file's order."""
        return tuple(key for key, purpose in self.purposes.items() if purpose.checked_by is None)
