"""What no single line of the file can show to be wrong: references between its parts, and limits that limit
nothing. Each finding has a path into the file and a sentence for its author.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from difflib import get_close_matches

from consent_rules.caps import LEVELS, least
from consent_rules.model import Caps, FamilyAgreement, Purpose, PurposeRules

Path = tuple[str | int, ...]

_NEED_A_CONDITION = {"9(2)(b)", "9(2)(g)", "9(2)(h)", "9(2)(i)", "9(2)(j)"}
"""The articles that hold only with a condition of DPA 2018 Sch. 1 (s.10(2) and (3))."""

_LONGEST_EMERGENCY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Finding:
    """Something wrong. ``path`` leads to it from the top of the file; ``meant`` is what was likely meant."""

    path: Path
    sentence: str
    meant: str | None = None


def findings(rules: PurposeRules) -> tuple[Finding, ...]:
    """All that is wrong between the parts of a file whose every part is well formed."""
    return tuple(
        Finding(("purposes", key, *found.path), found.sentence, found.meant)
        for key, purpose in rules.purposes.items()
        for found in _in_purpose(purpose, rules)
    )


def _in_purpose(purpose: Purpose, rules: PurposeRules) -> Iterator[Finding]:
    yield from _conditions(purpose)
    yield from _roles(purpose, rules)
    yield from _repeated(purpose)
    yield from _agreements(purpose)
    yield from _views(purpose)
    yield from _unlimiting(purpose)
    yield from _sources(purpose)
    yield from _emergency(purpose)


def _conditions(purpose: Purpose) -> Iterator[Finding]:
    for place, ground in enumerate(purpose.special_category):
        if ground.article in _NEED_A_CONDITION and ground.condition is None:
            yield Finding(
                ("special_category", place, "article"),
                f"Article {ground.article} holds only with a condition of DPA 2018 Sch. 1: add condition.",
            )


def _roles(purpose: Purpose, rules: PurposeRules) -> Iterator[Finding]:
    for place, role in enumerate(purpose.who_may_ask):
        if role not in rules.roles:
            near = get_close_matches(role, rules.roles, n=1)
            sentence = f"There is no role {role} under roles."
            yield Finding(("who_may_ask", place), sentence, near[0] if near else None)


def _repeated(purpose: Purpose) -> Iterator[Finding]:
    for key in ("lawful_basis", "who_may_ask", "about", "journeys", "views", "must_record"):
        values: tuple[str, ...] = getattr(purpose, key)
        for value in (value for value, times in Counter(values).items() if times > 1):
            last = len(values) - 1 - values[::-1].index(value)
            yield Finding((key, last), f"Here {value} stands for the second time. Was another one meant?")


def _agreements(purpose: Purpose) -> Iterator[Finding]:
    for key, agreement in _written_agreements(purpose):
        if agreement.needed is None:
            continue
        without, withdrawn = (
            least(agreement.needed.without_agreement.levels()),
            least(agreement.needed.if_withdrawn.levels()),
        )
        if least(without, withdrawn) != withdrawn:
            sentence = "A withdrawal may not show more of anything than no agreement at all does."
            yield Finding((key, "needed", "if_withdrawn"), sentence)


def _written_agreements(purpose: Purpose) -> Iterator[tuple[str, FamilyAgreement]]:
    yield "family_agreement", purpose.family_agreement
    if purpose.family_agreement_for_details is not None:
        yield "family_agreement_for_details", purpose.family_agreement_for_details


def _views(purpose: Purpose) -> Iterator[Finding]:
    if "details_after_flags" not in purpose.views:
        return
    path = ("views", purpose.views.index("details_after_flags"))
    if "flags" not in purpose.views:
        yield Finding(path, "Details can only follow flags where flags are a view too: add flags.")
    if "details" in purpose.views:
        yield Finding(path, "Details at once and details after flags cannot both be meant: keep one.")


def _unlimiting(purpose: Purpose) -> Iterator[Finding]:
    """A cap at the greatest level reads like a permission, and is none: "involved: yes" would leave all the
    other fields open.
    """
    for path, caps in _written_caps(purpose):
        for field, level in caps.levels().items():
            if level == LEVELS[field][-1]:
                sentence = (
                    f"The level {level} is the most there is, so this limits nothing; and a field that is "
                    "not named here is not limited. Write nothing for each field that must not be seen."
                )
                yield Finding((*path, field), sentence)


def _written_caps(purpose: Purpose) -> Iterator[tuple[Path, Caps]]:
    for key, agreement in _written_agreements(purpose):
        if agreement.needed is not None:
            yield (key, "needed", "without_agreement"), agreement.needed.without_agreement
            yield (key, "needed", "if_withdrawn"), agreement.needed.if_withdrawn
    if purpose.case_check is not None:
        yield ("case_check", "unverified"), purpose.case_check.unverified
    yield ("at_most",), purpose.at_most


def _sources(purpose: Purpose) -> Iterator[Finding]:
    if purpose.sources.only and purpose.sources.never:
        yield Finding(
            ("sources", "never"),
            "Name the sources that may be asked (only), or those that may not (never), not both.",
        )
    yield from _opening(purpose, ("about", "journeys", "views"))


def _opening(purpose: Purpose, keys: Iterable[str]) -> Iterator[Finding]:
    """A purpose that asks sources says about whom and how; one that asks none has nothing to say of it."""
    for key in keys:
        if purpose.sources.are_none and getattr(purpose, key):
            yield Finding((key,), "This purpose asks no source, so there is nothing to say here: write [].")
        if not purpose.sources.are_none and not getattr(purpose, key):
            yield Finding((key,), "Nobody could ask while this list is empty: name at least one.")


def _emergency(purpose: Purpose) -> Iterator[Finding]:
    if purpose.emergency is not None and purpose.emergency.ends_after > _LONGEST_EMERGENCY:
        yield Finding(
            ("emergency", "ends_after"), "Emergency access ends within a day: write at most 24 hours."
        )
