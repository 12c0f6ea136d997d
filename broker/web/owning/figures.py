"""``/owners/{source}/figures``: how a source does, what it nearly found, and how often it was asked this month.

How often it was asked is read from the audit log, as ``/v1/audit/owners/{source}`` does: each time is an entry.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Any

from aiohttp import web

from broker.api.audit.owners import MonthsSearch, counts_of
from broker.api.audit.who_may_read import reader_of
from broker.api.front import FRONT, Front
from broker.audit.asking.owner import Dimension, OwnerCounts
from broker.errors import Incomplete, Overloaded
from broker.learning.misses import CountsUnfit, read, summed_up, told
from broker.profile.figures import ROUNDED_TO, SMALL
from broker.web.owning.owned import owner_page, the_owned
from broker.web.owning.services import standing
from broker.web.owning.words import Words, capital, plain
from broker.web.page import texts_for

routes = web.RouteTableDef()

WEEKS = 4
_BY: Sequence[Dimension] = ("purpose", "role", "outcome")


@routes.get("/owners/{source}/figures", name="page_owner_figures")
async def figures(request: web.Request) -> web.Response:
    """Health, close matches that were not shown, and the counts of this month."""
    front = request.app[FRONT]
    async with front.recorded() as whom:
        of = the_owned(request, front, whom)
        today = of.around.today(of.around.now())
        month = today.replace(day=1)
        try:
            this = MonthsSearch.model_validate({"since": f"{month:%Y-%m}", "until": f"{month:%Y-%m}"})
            counts = await counts_of(front, reader_of(request, whom), of.name, this)
        except (Overloaded, Incomplete):  # the rest of the page is worth having
            counts = None
    words = Words(texts_for(request), of.catalogue.purposes.rules)
    guard = of.around.lanes[of.name].guard
    return owner_page(
        request,
        "figures.html",
        of,
        here_in="figures",
        standing=standing(front, of.name),
        late=guard.strays.late,
        shed=guard.shed,
        month=words.texts.day(f"{month:%Y-%m}"),
        counts=None if counts is None else _counts(counts, words),
        weeks=await asyncio.to_thread(_close_matches, front, of.name, today),
        small=SMALL,
        rounded_to=ROUNDED_TO,
    )


def _counts(counts: OwnerCounts, words: Words) -> Mapping[str, Any]:
    return {
        "total": None if counts.total is None else f"{counts.total:,}",
        "by": [(words.texts(f"counted.{name}"), list(_counted(counts, name, words))) for name in _BY],
    }


def _counted(counts: OwnerCounts, name: Dimension, words: Words) -> Iterator[tuple[str, str]]:
    for value, figure in counts.by[name].items():
        yield _called(name, value, words), figure.text()


def _called(name: Dimension, value: str, words: Words) -> str:
    if name == "purpose":
        return words.purpose(value)
    if name == "outcome":
        return words.texts.where_known(f"outcome.{value}", capital(plain(value)))
    return capital(plain(value))


def _close_matches(
    front: Front, source: str, today: date
) -> Sequence[tuple[str, Sequence[tuple[str, str]]]] | None:
    """The last weeks that may be told, as ``broker match misses`` tells them; None where they can't be read."""
    try:
        kept = told(read(front.reloading.of.path(f"state/misses/{source}.json")), today)
    except (OSError, CountsUnfit):
        return None
    return [(week, list(summed_up(counts))) for week, counts in list(kept.items())[:WEEKS]]
