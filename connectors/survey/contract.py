"""What a survey is: every row of one source, its mapped columns only, a page at a time."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Callable, Coroutine, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Protocol, TypeVar

from connectors.connection import Secrets
from connectors.contract import SourceTimedOut
from connectors.deadline import LeftBehind, within
from connectors.source_file import SourceFile

T = TypeVar("T")
Page = Sequence[Sequence[object]]

PAGE_ROWS = 1_000
"""How many rows are in memory at a time."""


@dataclass(frozen=True, slots=True)
class Bounds:
    """``most``: rows to read, the first that the database gives; None: all. ``seconds``: for all of it."""

    most: int | None
    seconds: float


@dataclass(frozen=True, slots=True)
class Reading:
    """A source that is being read. ``columns`` names what stands where in a row.

    ``expected``: about how many rows will come, None where nobody knows. ``as_of``: the day that an extract is of.
    """

    columns: tuple[str, ...]
    pages: AsyncIterator[Page] = field(repr=False)
    expected: int | None = None
    as_of: date | None = None


class Surveyor(Protocol):
    """Opens a source of one kind for one reading. Raises SourceFault, on entering and with any page.

    Whoever leaves the context, also in the midst of it, leaves no statement running and no connection open.
    """

    def __call__(
        self, source: SourceFile, secrets: Secrets, base: Path, bounds: Bounds
    ) -> AbstractAsyncContextManager[Reading]:
        """``secrets`` and ``base`` are as for ``connectors.registry.connect``."""


class Clock:
    """The time that is left of a reading, held whatever the driver does (see ``connectors.deadline``)."""

    def __init__(self, source: SourceFile, seconds: float) -> None:
        self._source = source
        self._ends = time.monotonic() + seconds
        self._left = LeftBehind()

    @property
    def remaining(self) -> float:
        """Seconds, not below a tenth of one."""
        return max(self._ends - time.monotonic(), 0.1)

    async def within(self, work: Coroutine[object, object, T], cut: Callable[[], None]) -> T:
        """What the work gives in time; else ``cut`` is called. Raises SourceTimedOut."""
        late = False
        try:
            return await within(self.remaining, work, cut, self._left)
        except SourceTimedOut:
            late = time.monotonic() >= self._ends
            if not late:
                raise
        raise SourceTimedOut(
            f"{self._source.source}: the time was over before every row was read."
            " Allow it more with --timeout, or read some of the rows with --sample."
        )
