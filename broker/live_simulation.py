"""Past questions put to the owner's own live source, each answered by two versions of its policy.

What is told are counts (``changed_answers.Tally``). Questions are put one after the other: nobody waits for them,
and the source has its own work to do.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Iterable

from broker.asking_again import Circumstances, asked_again
from broker.both_versions import by_both
from broker.changed_answers import Tally
from broker.consulting.side import OwnersSide
from broker.past_questions import PastQuery
from broker.registers.store import RegisterUnavailable

log = logging.getLogger(__name__)

FAILED_IN_A_ROW = 5
"""So many failures one after the other, and the source is left in peace."""


class SourceGone(Exception):
    """The source failed several times in a row."""


async def put_again(
    past: Iterable[PastQuery], old: OwnersSide, new: OwnersSide, of: Circumstances, tally: Tally
) -> AsyncIterator[None]:
    """Put each question, and count it in the tally, which holds good at every step.

    Raises SourceGone, and RegisterUnavailable: without knowing who is shielded, no question is put.
    """
    failed = 0
    for one in past:
        again = asked_again(one, of)
        if isinstance(again, str):
            tally.not_asked[again] += 1
        else:
            try:
                async with asyncio.timeout(of.seconds):
                    tally.add(await by_both(again, old, new))
                failed = 0
            except RegisterUnavailable:
                raise
            except Exception as fault:  # noqa: BLE001 -- as in an answer: one question that fails takes no other along
                # Only the kind of fault is logged: drivers quote the values that they were given.
                log.warning("simulation %s: a question failed: %s", of.run, type(fault).__name__)
                tally.not_asked["source_failed"] += 1
                failed += 1
        yield
        if failed == FAILED_IN_A_ROW:
            raise SourceGone
