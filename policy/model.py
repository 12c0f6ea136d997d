"""The sharing policy: a data owner's file, and nothing that is not in it.

It reads like the data-sharing agreement that stands behind it. What a policy leaves out is not shared. The
fields are those of ``Involvement``: a policy cannot add one.
"""

from __future__ import annotations

import base64
from collections.abc import Iterable, Iterator
from datetime import date
from typing import Annotated, Any, Literal

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from pydantic import Field, field_validator, model_validator

from policy.levels import ContactName, DateName, ShownName, StatusName
from policy.parts import (
    Ages,
    AtMost,
    FieldRules,
    LookBack,
    Name,
    Part,
    ShareInvolved,
    Steps,
    Text,
    Value,
    spelt_alike,
)
from policy.roster_model import RosterRules, RosterTest, TestAsk


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


class Gate(Part):
    """Values that decide whether a record exists for anyone: ``only`` these, and ``never`` those, with why.

    A value that ``only`` does not list, and a missing one, withhold the record. Without ``only``, so does a
    value that differs from one of ``never`` in blanks or in large and small letters alone.
    """

    only: Annotated[tuple[Value, ...], Field(min_length=1)] | None = None
    never: dict[str, Text] = Field(default={})

    @model_validator(mode="after")
    def _says_something(self) -> Gate:
        if self.only is None and not self.never:
            raise ValueError("a gate lists the values that pass (only), those that don't (never), or both")
        never = {spelt_alike(code) for code in self.never}
        if both := [code for code in self.only or () if spelt_alike(code) in never]:
            raise ValueError(f"{min(both)} stands in only and in never: take one out")
        return self


class Owner(Part):
    """``alert_key``: the public key under which alerts are sealed, so that nobody but the owner reads them."""

    organisation: Text
    contact: Text
    alert_key: Annotated[str, Field(pattern=r"^[A-Za-z0-9+/]{43}=$")] | None = None

    @field_validator("alert_key")
    @classmethod
    def _opens_something(cls, written: str | None) -> str | None:
        try:
            if written is not None:
                key = X25519PublicKey.from_public_bytes(base64.b64decode(written, validate=True))
                X25519PrivateKey.generate().exchange(key)
        except ValueError:
            raise ValueError("this is no key for alerts: broker policy key --for alerts makes one") from None
        return written


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

    def hold(self, today: date) -> bool:
        """Whether this is one of the days."""
        return self.from_ <= today <= self.until


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
    record: dict[Name, Value | None] = Field(default={})
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
    gates: dict[Name, Gate] = Field(default={})
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

    def written_rules(self) -> Iterator[tuple[Steps, Any]]:
        """Every rule, of fields and of the roster, and the way to it."""
        parts: list[tuple[Steps, Any]] = [(("fields", name), rules) for name, rules in self.rules()]
        for steps, rules in [*parts, (("roster",), self.roster)]:
            for kind in ("share", "at_most", "search_with"):
                for place, rule in enumerate(getattr(rules, kind, ())):
                    yield (*steps, kind, place), rule

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
        for steps, rule in self.written_rules():
            yield from (((*steps, what), name) for name in getattr(rule, what) or ())
        tests: tuple[tuple[Steps, Iterable[PolicyTest | RosterTest]], ...] = (
            (("tests",), self.tests),
            (("roster", "tests"), self.roster_tests()),
        )
        for steps, those in tests:
            for place, test in enumerate(those):
                named = test.ask.role if what == "roles" else test.ask.purpose
                yield (*steps, place, "ask", what.rstrip("s")), named
