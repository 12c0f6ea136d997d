"""The roster's part of a sharing policy: who is linked to a case, as far as the case system's owner shows it."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

from pydantic import Field

from policy.levels import RosterName
from policy.parts import FieldRules, Identifier, Minute, Name, OneOrMore, Part, Relation, Text, When


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
    time: Minute | None = None


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
