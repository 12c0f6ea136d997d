"""A thread that takes one job after another, and that a process can end without.

The standard library's pool would do, but the interpreter joins its threads when it exits: one of them in a
driver that waits for a frozen server would keep the broker from stopping for as long.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Executor, Future
from functools import partial
from queue import SimpleQueue
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")

_Job = tuple["Future[object]", Callable[[], object]]


class OneThread(Executor):
    """An executor of one daemon thread, in the order of submission."""

    def __init__(self, name: str) -> None:
        self._jobs: SimpleQueue[_Job | None] = SimpleQueue()
        threading.Thread(target=_work, args=(self._jobs,), name=name, daemon=True).start()

    def submit(self, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        """As ``Executor.submit``."""
        future: Future[T] = Future()
        self._jobs.put((future, partial(fn, *args, **kwargs)))  # type: ignore[arg-type]  # a future of any kind
        return future

    def shutdown(self, wait: bool = False, *, cancel_futures: bool = False) -> None:  # noqa: ARG002 -- an Executor's
        """End after the jobs that were submitted before. Never waits."""
        self._jobs.put(None)


def _work(jobs: SimpleQueue[_Job | None]) -> None:
    while (job := jobs.get()) is not None:
        _do(*job)
        del job  # while it waits for the next one, it holds on to nothing of this one


def _do(future: Future[object], call: Callable[[], object]) -> None:
    if not future.set_running_or_notify_cancel():
        return
    try:
        future.set_result(call())
    except BaseException as fault:  # noqa: BLE001 -- whatever it is belongs to whoever waits for the job
        future.set_exception(fault)
