"""The register of restricted people: who must not be found, or not be located, whatever a policy says.

An owner shields one of their own records by its local key. The partnership shields a person by identifiers, at
every source, wherever the matcher takes a record for that person at ``possible`` or above. Three kinds:

- ``person``: every record is as if it were not there.
- ``location``: records are found; of them nothing tells where the household is: the desk alone is shown.
- ``link``: an old and a new identity (adoption): each is found, and neither by the other.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields, replace
from datetime import date, datetime
from typing import Any, Literal, get_args

from jellyfish import metaphone

from broker.matching.match import match
from broker.matching.normalise import fold, valid_nhs_number, valid_upn
from broker.registers.store import Store
from connectors.contract import Candidate, Identifiers

REGISTER = "restricted"
Kind = Literal["person", "location", "link"]
KINDS: tuple[Kind, ...] = get_args(Kind)


@dataclass(frozen=True, slots=True)
class Shield:
    """One entry in force. By ``local_key`` at one ``source``, or by ``identities`` (one; of a link, two) at all.

    ``review_on``: the day on which whoever wrote it looks at it again; it holds on after that.
    """

    id: str
    kind: Kind
    reason: str = field(repr=False)
    review_on: date
    by: str
    source: str | None = None
    local_key: str | None = field(default=None, repr=False)
    identities: tuple[Identifiers, ...] = field(default=(), repr=False)


@dataclass(frozen=True, slots=True)
class Shields:
    """Every shield in force, ready to be held against rows. Without any, rows are as they were."""

    by_key: Mapping[tuple[str, str], Kind] = field(default_factory=dict, repr=False)
    by_trait: Mapping[tuple[str, str], tuple[Shield, ...]] = field(default_factory=dict, repr=False)
    linked: bool = False

    def marked(self, rows: Sequence[Candidate], source: str, population: int) -> tuple[Candidate, ...]:
        """The rows with what shields say of them: restricted, at a protected location, without former names."""
        if not self.by_key and not self.by_trait:
            return tuple(rows)
        return tuple(self._marked(row, source, population) for row in rows)

    def marked_by_key(self, rows: Sequence[Candidate], source: str) -> tuple[Candidate, ...]:
        """The rows with what the source's own shields say of them, which are by its local keys."""
        return tuple(
            replace(row, restricted=True) if self.by_key.get((source, row.local_key)) == "person" else row
            for row in rows
        )

    def apart(self, typed: Identifiers, found: Identifiers, population: int) -> bool:
        """Whether one is of somebody's old identity, and the other of the new one."""
        if not self.linked:
            return False
        links = (one for one in self._of(found, population) if one.kind == "link")
        return any(
            {_which(one, typed, population), _which(one, found, population)} == {"0", "1"} for one in links
        )

    def _marked(self, row: Candidate, source: str, population: int) -> Candidate:
        kinds = {one.kind for one in self._of(row.identifiers, population)}
        if kept := self.by_key.get((source, row.local_key)):
            kinds.add(kept)
        if "person" in kinds:
            row = replace(row, restricted=True)
        if "location" in kinds:
            row = replace(row, protected_location=True)
        if "link" in kinds:
            row = replace(row, identifiers=replace(row.identifiers, other_family_names=()))
        return row

    def _of(self, found: Identifiers, population: int) -> Iterator[Shield]:
        """The shields of people who may be this one. Each is matched alone: no namesake makes it less likely."""
        near = {one.id: one for trait in _traits(found) for one in self.by_trait.get(trait, ())}
        row = Candidate("row", found)
        for shield in near.values():
            if any(_may_be(identity, row, population) for identity in shield.identities):
                yield shield


def _may_be(identity: Identifiers, row: Candidate, population: int) -> bool:
    """Whether the matcher takes a row for this person, at ``possible`` or above.

    A namesake who was born on quite another day is somebody else, unless a number says otherwise: whoever shares a
    name with a shielded person must not go missing.
    """
    if _same_number(identity, row.identifiers):
        return True
    born, other = identity.birth_date, row.identifiers.birth_date
    if born is not None and other is not None and not _alike(born, other):
        return False
    return bool(match([identity], [row], population)[0])


def _same_number(one: Identifiers, other: Identifiers) -> bool:
    numbers = ((valid_nhs_number, one.nhs_number, other.nhs_number), (valid_upn, one.upn, other.upn))
    return any(
        (known := valid(mine)) is not None and known == valid(theirs) for valid, mine, theirs in numbers
    )


_MOST_OF_THREE = 2


def _alike(born: date, other: date) -> bool:
    """Whether two birth dates may be one with a slip: most parts agree, or day and month are exchanged."""
    agreeing = (born.year == other.year) + (born.month == other.month) + (born.day == other.day)
    exchanged = (born.year, born.month, born.day) == (other.year, other.day, other.month)
    return exchanged or agreeing >= _MOST_OF_THREE


def _which(link: Shield, person: Identifiers, population: int) -> str | None:
    """Which of the identities a person is rather, by number; None: neither. Former names count for nothing."""
    known = replace(person, other_family_names=())
    identities = [Candidate(str(number), one) for number, one in enumerate(link.identities)]
    hits = match([known], identities, population)[0]
    return hits[0].rows[0].local_key if hits else None


def shields_of(entries: Iterable[Shield]) -> Shields:
    """Shields in force, by what they are found by."""
    by_key: dict[tuple[str, str], Kind] = {}
    by_trait: dict[tuple[str, str], list[Shield]] = {}
    for one in entries:
        if one.source is not None and one.local_key is not None:
            at = (one.source, one.local_key)
            by_key[at] = "person" if "person" in (one.kind, by_key.get(at)) else one.kind
        for identity in one.identities:
            for trait in _traits(identity):
                by_trait.setdefault(trait, []).append(one)
    linked = any(one.kind == "link" for those in by_trait.values() for one in those)
    return Shields(by_key, {trait: tuple(those) for trait, those in by_trait.items()}, linked)


def _traits(person: Identifiers) -> set[tuple[str, str]]:
    """What two records of one person share in one thing at least, if they are to be taken for one at all."""
    traits: set[tuple[str, str]] = set()
    if person.birth_date:
        traits.add(("born", person.birth_date.isoformat()))
    for number in (valid_nhs_number(person.nhs_number), valid_upn(person.upn)):
        if number:
            traits.add(("number", number))
    names = (person.given_name, person.family_name, *person.other_family_names)
    traits |= {("name", metaphone(word)) for name in names for word in fold(name or "").split()}
    return traits


def in_force(store: Store) -> list[Shield]:
    """Every shield that was written and not lifted, oldest first. Raises what ``Store.entries`` does."""
    entries = store.entries(REGISTER)
    lifted = {one.facts["lifts"] for one in entries if "lifts" in one.facts}
    return [_read(one.id, one.facts) for one in entries if "lifts" not in one.facts and one.id not in lifted]


def add(store: Store, shield: Shield, now: datetime) -> str:
    """Write a shield; its id."""
    facts = asdict(replace(shield, id=""))
    del facts["id"]
    return store.write(REGISTER, _plain(facts), now)


def lift(store: Store, shield_id: str, reason: str, by: str, now: datetime) -> None:
    """Lift a shield, with why."""
    store.write(REGISTER, {"lifts": shield_id, "reason": reason, "by": by}, now)


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _plain(one) for key, one in value.items() if one not in (None, (), [])}
    if isinstance(value, list | tuple):
        return [_plain(one) for one in value]
    return value.isoformat() if isinstance(value, date) else value


def _read(shield_id: str, facts: Mapping[str, Any]) -> Shield:
    return Shield(
        id=shield_id,
        kind=facts["kind"],
        reason=facts["reason"],
        review_on=date.fromisoformat(facts["review_on"]),
        by=facts["by"],
        source=facts.get("source"),
        local_key=facts.get("local_key"),
        identities=tuple(map(_person, facts.get("identities", ()))),
    )


def _person(facts: Mapping[str, Any]) -> Identifiers:
    known = {one.name for one in fields(Identifiers)}
    held = {name: value for name, value in facts.items() if name in known}
    if "birth_date" in held:
        held["birth_date"] = date.fromisoformat(held["birth_date"])
    if "other_family_names" in held:
        held["other_family_names"] = tuple(held["other_family_names"])
    return Identifiers(**held)
