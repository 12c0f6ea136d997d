"""One source, consulted once more because a practitioner said whether a match was right: its levels are kept.

Nothing about a match is stored or travels between the answer and the feedback, so it is made again, on the owner's
side, under the policy of this moment; what is kept are words from closed lists. Nothing is disclosed.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date

from broker.consultation import Consultation
from broker.consulting.matched import Matched, matched_by
from broker.consulting.records import record_of
from broker.consulting.searching import found_by
from broker.consulting.side import OwnersSide
from broker.consulting.unasked import closed_to
from broker.learning.labels import Label
from broker.matching.grades import Hit

Keep = Callable[[Label], None]


async def keep_label(
    consultation: Consultation, same: bool, side: OwnersSide, today: date, keep: Keep
) -> None:
    """Keep a label for everyone of whom exactly one match would be shown. Raises SourceFault."""
    asked = tuple(one for one in consultation.people if closed_to(one, side) is None)
    if not asked:
        return
    consultation = replace(consultation, people=asked)
    found = await found_by(consultation, side)
    for one in matched_by(consultation, side, found):
        shown = [] if one.too_many else [hit for hit in one.shown(side) if _is_disclosed(one, hit, side)]
        if len(shown) == 1:  # of several, nobody can say which was meant
            keep(label_of(shown[0], same, side, today))


def _is_disclosed(one: Matched, hit: Hit, side: OwnersSide) -> bool:
    ask = one.consulted.ask
    return any(side.policy.reduce(ask, record_of(row, one.consulted)) is not None for row in hit.rows)


def label_of(hit: Hit, same: bool, side: OwnersSide, today: date) -> Label:
    return Label(
        month=f"{today:%Y-%m}",
        weights=side.weights.version,
        grade=hit.grade,
        bits=round(max(hit.bits, -100.0), 1),
        levels=hit.levels,
        same=same,
    )
