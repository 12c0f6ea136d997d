"""What is told of a fault that nobody foresaw: of which kind it is and where it came up, never what it says.

The text of an exception may quote a name, a row or a token, and Python writes it wherever nothing catches it: when
the process ends, when a thread or a destructor fails, when a task fails that nobody waits for, and in every line
of the log that has a traceback. Places in our own code are about nobody.
"""

from __future__ import annotations

import asyncio
import logging
import sys
import threading
import traceback
from collections.abc import Iterator, Mapping
from types import TracebackType
from typing import Any

_log = logging.getLogger(__name__)
_FORMAT = "%(asctime)s %(levelname)s %(name)s: %(message)s"
MOST_PLACES = 40
"""Of one fault, the innermost: a recursion has a thousand."""


def where(fault: BaseException) -> str:
    """The kind of a fault with the places that it passed, the innermost last; before it, what it came of."""
    return "\n".join(_lines(fault, set()))


def _lines(fault: BaseException, told: set[int]) -> Iterator[str]:
    told.add(id(fault))
    cause = fault.__cause__ or (None if fault.__suppress_context__ else fault.__context__)
    if cause is not None and id(cause) not in told:
        yield from _lines(cause, told)
        yield "which led to:"
    places = traceback.extract_tb(fault.__traceback__)[-MOST_PLACES:]
    yield from (f"  {one.filename}:{one.lineno} in {one.name}" for one in places)
    yield type(fault).__qualname__
    if isinstance(fault, BaseExceptionGroup):
        for one in fault.exceptions:
            yield "  of which one is:"
            yield from (f"  {line}" for line in _lines(one, told))


class PlacesAlone(logging.Formatter):
    """Writes of an exception where it came up, and not what it says."""

    def formatException(  # noqa: N802 -- logging's own name
        self,
        ei: tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None],
    ) -> str:
        return where(ei[1]) if ei[1] is not None else ""


def log_to_standard_error() -> None:
    """The log of a service: on standard error, from INFO on, without the text of any exception."""
    writes = logging.StreamHandler()
    writes.setFormatter(PlacesAlone(_FORMAT))
    logging.basicConfig(level=logging.INFO, handlers=[writes])


def quote_nothing() -> None:
    """From now on the interpreter writes no exception's text, whatever the process or a thread of it dies of."""
    sys.excepthook = _ended
    threading.excepthook = _thread_ended
    sys.unraisablehook = _unraisable


def of_loop(_: asyncio.AbstractEventLoop, context: Mapping[str, Any]) -> None:
    """An event loop's exception handler: asyncio's own one shows the task, and with it the exception's text."""
    _log.error("asyncio: %s%s", context["message"].partition("\n")[0], _after(context.get("exception")))


def _ended(kind: type[BaseException], fault: BaseException, _: TracebackType | None) -> None:
    if issubclass(kind, KeyboardInterrupt):
        return
    sys.stderr.write(f"The process ended of a fault of ours:\n{where(fault)}\n")


def _thread_ended(told: threading.ExceptHookArgs) -> None:
    _log.error("a thread ended%s", _after(told.exc_value))


def _unraisable(told: sys.UnraisableHookArgs) -> None:
    _log.error("where nothing can be raised%s", _after(told.exc_value))


def _after(fault: object) -> str:
    return f" after\n{where(fault)}" if isinstance(fault, BaseException) else ""
