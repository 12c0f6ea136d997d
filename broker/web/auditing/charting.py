"""``/audit/charts``: how many checks there were over time, as drawings without a script, and as tables."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import partial

from aiohttp import web

from broker.api.audit.who_may_read import reader_of, recorded
from broker.api.bodies import Strict, as_model
from broker.api.family_agreements import Day
from broker.api.front import FRONT
from broker.audit.asking.over_time import REFUSED, UNREADABLE, OverTime, over_time
from broker.audit.reader import AuditReader
from broker.errors import Complaint, Incomplete
from broker.surroundings import LONDON
from broker.web.auditing.searching import titles_of
from broker.web.auditing.typed import PARTS_OF_A_DAY, Typed, day_of, filled, on_form
from broker.web.faults import OnPage
from broker.web.page import page, texts_for
from broker.web.texts import Texts

routes = web.RouteTableDef()

USUAL = timedelta(days=27)
LONGEST = timedelta(days=731)
MOST_READ = 200_000
"""Entries that are read for one drawing at most."""
HEIGHT = 60
"""Of a drawing, in the pixels of its own."""

_NOT_IN_ORDER = Complaint("days_not_in_order", "The first day comes after the last. Exchange them.", "/since")
_TOO_LONG = Complaint("time_too_long", "Choose at most two years.", "/since")
_TOO_MUCH = Complaint("too_much_to_read", "That is too much of the log at once. Choose fewer days.", "/since")
_DAYS = ("since", "until")
_FIELDS = [f"{name}-{part}" for name in _DAYS for part in PARTS_OF_A_DAY]


class _TooMuch(Exception):
    """The reading would go on for too long."""


class DaysSearch(Strict):
    """Which days, in London, both included."""

    since: Day | None = None
    until: Day | None = None


@dataclass(frozen=True, slots=True)
class Drawing:
    """One row of bars. ``bars``: where each begins and how wide it is, in per cent, and its height in pixels."""

    name: str
    counts: tuple[int, ...]
    bars: tuple[tuple[float, float, int], ...]

    @property
    def total(self) -> int:
        return sum(self.counts)

    @property
    def most(self) -> int:
        return max(self.counts, default=0)


@routes.get("/audit/charts", name="page_audit_charts")
async def charts(request: web.Request) -> web.Response:
    """The last four weeks, or the days that the address names."""
    front = request.app[FRONT]
    typed = {name: request.query.get(name, "") for name in _FIELDS}
    try:
        async with front.recorded() as whom:
            reader = reader_of(request, whom)
            since, until = _days(typed, front.broker.around.now().astimezone(LONDON).date())
            before = await recorded(front, reader, "audit charts", {"since": since, "until": until})
            counted = await front.readings.read(partial(_counted, before=before, since=since, until=until))
    except Incomplete as wrong:
        return _page(request, typed, None, on_form(wrong.complaints, texts_for(request)))
    return _page(request, typed, counted)


def _page(
    request: web.Request, typed: Typed, counted: OverTime | None, errors: Sequence[OnPage] = ()
) -> web.Response:
    texts, titles = texts_for(request), titles_of(request.app[FRONT].broker.around.catalogue)
    return page(
        request,
        "audit/charts.html",
        422 if errors else 200,
        typed=typed,
        errors=errors,
        step=counted.step if counted else "day",
        days=[texts.day(one.isoformat()) for one in counted.begins] if counted else [],
        parts=list(_parts(counted, titles, texts)) if counted else [],
        height=HEIGHT,
    )


def drawings(by: Mapping[str, Sequence[int]], most: int) -> Iterator[Drawing]:
    """A row of bars for each name, all on one scale: ``most`` fills the height."""
    for name, counts in by.items():
        wide = 100 / len(counts)
        heights = [round(HEIGHT * n / most) if most else 0 for n in counts]
        bars = (
            (round(place * wide, 3), round(wide * 0.8, 3), max(1, height))
            for place, (height, n) in enumerate(zip(heights, counts, strict=True))
            if n
        )
        yield Drawing(name, tuple(counts), tuple(bars))


def _parts(
    counted: OverTime, titles: Mapping[str, str], texts: Texts
) -> Iterator[tuple[str, Sequence[Drawing]]]:
    purposes = {_purpose(name, titles, texts): row for name, row in counted.by_purpose.items()}
    outcomes = {_outcome(name, texts): row for name, row in counted.by_outcome.items()}
    yield "purpose", list(drawings(purposes, counted.most))
    yield "outcome", list(drawings(outcomes, counted.most))


def _purpose(name: str, titles: Mapping[str, str], texts: Texts) -> str:
    return texts("trace.destroyed") if name == UNREADABLE else titles.get(name, name)


def _outcome(name: str, texts: Texts) -> str:
    return texts("kind.refusal") if name == REFUSED else texts.where_known(f"outcome.{name}", name)


def _days(typed: Typed, today: date) -> tuple[date, date]:
    asked = as_model(DaysSearch, filled({name: day_of(typed, name) for name in _DAYS}))
    until = asked.until or today
    since = asked.since or until - min(USUAL, until - date.min)
    if since > until:
        raise Incomplete(_NOT_IN_ORDER)
    if until - since > LONGEST:
        raise Incomplete(_TOO_LONG)
    return since, until


def _counted(log: AuditReader, *, before: int, since: date, until: date) -> OverTime:
    try:
        return over_time(log, before, since, until, _not_too_much)
    except _TooMuch:
        raise Incomplete(_TOO_MUCH) from None


def _not_too_much(read: int, _: int) -> None:
    if read > MOST_READ:
        raise _TooMuch
