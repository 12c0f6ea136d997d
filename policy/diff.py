"""What changes between two versions of a sharing policy: exactly, for every question and record there can be.

``diff(old, new)`` names each combination of facts for which more is shown, or less; nothing, when both decide
alike, however differently they are written. Besides, it names what else was reworded.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from policy.compile import CompiledPolicy
from policy.passing import DAYS, Factor, factors_of
from policy.shown import Shown, roster_shown, shown, space_for
from policy.space import Region, Space


@dataclass(frozen=True, slots=True)
class FieldChange:
    """A field that is shown at another level, to the same facts. Levels are numbers; 0 is nothing.

    ``name`` is a field of LEVELS, ROSTER, or SEARCH_WITH and an identifier.
    """

    name: str
    before: int
    after: int
    purposes: tuple[str, ...]
    region: Region = field(hash=False)

    @property
    def widens(self) -> bool:
        return self.after > self.before


@dataclass(frozen=True, slots=True)
class RecordsChange:
    """Records, or questions, that are no longer withheld, or now are: all else being as both versions have it.

    ``values`` of the factor pass one version alone: the new one, when it ``widens``.
    """

    factor: Factor
    values: tuple[object, ...]
    widens: bool


@dataclass(frozen=True, slots=True)
class Reworded:
    """A part of the file that reads otherwise, by its place in it."""

    place: str
    before: str | None
    after: str | None


@dataclass(frozen=True, slots=True)
class TermsChange:
    """Something else that makes more or less be shown: a status, a team, mobiles, the grade that is needed."""

    place: str
    sentence: str
    widens: bool


Change = FieldChange | RecordsChange | TermsChange


@dataclass(frozen=True, slots=True)
class Diff:
    """All changes. ``wider`` and ``narrower`` are both empty when the versions decide alike."""

    wider: tuple[Change, ...]
    narrower: tuple[Change, ...]
    reworded: tuple[Reworded, ...]

    @property
    def widens(self) -> bool:
        """Whether anything at all is shown that was not."""
        return bool(self.wider)


def diff(old: CompiledPolicy, new: CompiledPolicy) -> Diff:
    """What changes from ``old`` to ``new``."""
    changes: list[Change] = [*_of_rules(old, new), *_of_records(old, new), *_of_terms(old, new)]
    return Diff(
        tuple(one for one in changes if one.widens),
        tuple(one for one in changes if not one.widens),
        tuple(_reworded(old, new)),
    )


ShowsOf = Callable[[CompiledPolicy, str | None, Space], Shown]

Found = tuple[str, int, int, tuple[tuple[str, tuple[object, ...]], ...]]
"""A field, its levels before and after, and the region, for one purpose."""


def _of_rules(old: CompiledPolicy, new: CompiledPolicy) -> Iterator[FieldChange]:
    """Of records that both versions let pass. That one ends before the other begins hides nothing of it.

    The roster has no records: neither gates nor dates withhold anybody who is linked to a case.
    """
    factors = (one for one in factors_of((old, new)) if one.kind != DAYS)
    met = all(one.passing(old) & one.passing(new) for one in factors)
    shows: list[ShowsOf] = [shown, roster_shown] if met else [roster_shown]
    purposes: dict[Found, list[str]] = {}
    for purpose in purposes_of(old, new):
        for found in _for_purpose(old, new, purpose, shows):
            purposes.setdefault(found, []).append(purpose)
    for (name, before, after, region), those in purposes.items():
        yield FieldChange(name, before, after, tuple(those), dict(region))


def purposes_of(*policies: CompiledPolicy) -> list[str]:
    """Every purpose that a rule of these policies gives something for, by name."""
    return sorted({name for one in policies for name in _named(one)})


def _named(policy: CompiledPolicy) -> Iterator[str]:
    for steps, name in policy.policy.named_purposes():
        if "tests" not in steps:
            yield name


def _for_purpose(
    old: CompiledPolicy, new: CompiledPolicy, purpose: str, shows: Sequence[ShowsOf]
) -> Iterator[Found]:
    space = space_for((old, new), purpose)
    for show in shows:
        before, after = show(old, purpose, space), show(new, purpose, space)
        for name in dict.fromkeys([*before.at_least, *after.at_least]):
            yield from _of_field(name, _levels(name, before), _levels(name, after), space)


def _levels(name: str, of: Shown) -> list[int]:
    """The cells in which a field is shown at nothing, at its first level, and so on: each cell once."""
    at_least = of.at_least.get(name, ())
    return [cells & ~(*at_least, 0)[level] for level, cells in enumerate((-1, *at_least))]


def _of_field(name: str, before: Sequence[int], after: Sequence[int], space: Space) -> Iterator[Found]:
    for was, cells_before in enumerate(before):
        for now, cells_after in enumerate(after):
            if was != now:
                for region in space.regions(cells_before & cells_after & space.everything):
                    yield name, was, now, tuple(region.items())


def _of_records(old: CompiledPolicy, new: CompiledPolicy) -> Iterator[RecordsChange]:
    for widens, some, others in ((True, new, old), (False, old, new)):
        if not _shows_anything(some):
            continue
        for factor in factors_of((old, new)):
            passing, before = factor.passing(some), factor.passing(others)
            if more := tuple(one for one in factor.values if one in passing and one not in before):
                yield RecordsChange(factor, more, widens)


def _shows_anything(policy: CompiledPolicy) -> bool:
    """To anybody, of records or of a roster."""
    return any(
        any(cells[0] for cells in show(policy, purpose, space_for((policy,), purpose)).at_least.values())
        for purpose in purposes_of(policy)
        for show in (shown, roster_shown)
    )


def _shows(policy: CompiledPolicy, purpose: str, name: str) -> bool:
    return bool(shown(policy, purpose, space_for((policy,), purpose)).at_least[name][0])


def _of_terms(old: CompiledPolicy, new: CompiledPolicy) -> Iterator[TermsChange]:
    if old.sensitive != new.sensitive:
        grade = "certain" if new.sensitive else "probable"
        yield TermsChange("sensitive", f"Records are shown from grade {grade} on.", widens=old.sensitive)
    if _ever_shown((old, new), "status"):
        yield from _of_listed("fields.status.codes", "status", _codes(old), _codes(new))
    if _ever_shown((old, new), "lead_practitioner"):
        yield from _of_contacts(old, new)


def _ever_shown(policies: Iterable[CompiledPolicy], name: str) -> bool:
    """Whether every one of them shows a field to somebody."""
    return all(any(_shows(one, purpose, name) for purpose in purposes_of(one)) for one in policies)


def _codes(policy: CompiledPolicy) -> Mapping[str, str]:
    status = policy.policy.fields.status
    return {code: one.label for code, one in status.codes.items()} if status else {}


def _of_contacts(old: CompiledPolicy, new: CompiledPolicy) -> Iterator[TermsChange]:
    before, after = old.policy.fields.lead_practitioner, new.policy.fields.lead_practitioner
    if before is None or after is None:
        return
    if before.work_mobiles != after.work_mobiles:
        sentence = f"Mobile numbers are {'' if after.work_mobiles else 'not '}shown."
        yield TermsChange("fields.lead_practitioner.work_mobiles", sentence, after.work_mobiles)
    place = "fields.lead_practitioner.teams"
    if before.teams is not None and after.teams is not None:
        yield from _of_listed(place, "team", before.teams, after.teams)
    elif before.teams != after.teams:
        sentence = (
            "Teams are shown as they are recorded."
            if after.teams is None
            else "Listed teams alone are shown."
        )
        yield TermsChange(place, sentence, widens=after.teams is None)


def _of_listed(
    place: str, what: str, before: Mapping[str, str], after: Mapping[str, str]
) -> Iterator[TermsChange]:
    for name in (*after, *(one for one in before if one not in after)):
        if (name in before) != (name in after):
            sentence = f"The {what} {name} is {'' if name in after else 'no longer '}shown."
            yield TermsChange(f"{place}.{name}", sentence, widens=name in after)


_TOLD_ELSEWHERE = (
    "version",
    "effective",
    "people",
    "look_back",
    "record_date",
    "sensitive",
    "discloses",
    "policy",
)


def _reworded(old: CompiledPolicy, new: CompiledPolicy) -> Iterator[Reworded]:
    before, after = (dict(_texts(one.policy.model_dump(by_alias=True, mode="json"))) for one in (old, new))
    for place in dict.fromkeys([*before, *after]):
        if before.get(place) != after.get(place):
            yield Reworded(place, before.get(place), after.get(place))


def _texts(part: object, place: str = "") -> Iterator[tuple[str, str]]:
    """Every text of a policy that is not a rule or a test, and where it stands."""
    if isinstance(part, Mapping):
        for key, value in part.items():
            if place or key not in _TOLD_ELSEWHERE:
                yield from _texts(value, f"{place}.{key}".lstrip("."))
    elif isinstance(part, str | bool | int) and place.rpartition(".")[2] not in ("work_mobiles", "format"):
        yield place, str(part)
