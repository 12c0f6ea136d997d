"""A thread that takes one job after another."""

from __future__ import annotations

import gc
import threading
import weakref
from concurrent.futures import CancelledError

import pytest

from connectors.odbc_thread import OneThread


def test_jobs_are_done_in_turn_and_in_one_thread() -> None:
    thread = OneThread("in-turn")
    done: list[tuple[int, str]] = []

    def job(number: int) -> None:
        done.append((number, threading.current_thread().name))

    for one in [thread.submit(job, number) for number in range(5)]:
        one.result(1.0)
    assert done == [(number, "in-turn") for number in range(5)]
    thread.shutdown()


def test_whatever_a_job_raises_belongs_to_who_asked_for_it() -> None:
    thread = OneThread("raising")
    with pytest.raises(ZeroDivisionError):
        thread.submit(lambda: 1 / 0).result(1.0)
    assert thread.submit(lambda: "goes on").result(1.0) == "goes on"
    thread.shutdown()


def test_a_job_that_nobody_waits_for_is_not_begun() -> None:
    thread, go_on = OneThread("waiting"), threading.Event()
    first = thread.submit(go_on.wait, 1.0)
    second = thread.submit(lambda: "begun")
    assert second.cancel()
    go_on.set()
    assert first.result(1.0)
    with pytest.raises(CancelledError):
        second.result(1.0)
    thread.shutdown()


def test_a_thread_ends_after_its_last_job_and_holds_up_no_exit() -> None:
    thread = OneThread("ending")
    (running,) = (one for one in threading.enumerate() if one.name == "ending")
    assert running.daemon
    last = thread.submit(lambda: "last")
    thread.shutdown()
    assert last.result(1.0) == "last"
    running.join(1.0)
    assert not running.is_alive()


def test_a_waiting_thread_holds_on_to_nothing() -> None:
    class Connection:
        def asked(self) -> None:
            """Nothing to answer."""

    thread, connection = OneThread("holding"), Connection()
    gone = weakref.ref(connection)
    thread.submit(connection.asked).result(1.0)
    thread.submit(lambda: None).result(1.0)
    del connection
    gc.collect()
    assert gone() is None
    thread.shutdown()
