"""Of a fault that nobody foresaw its place and kind are told, and never what it says."""

from __future__ import annotations

import asyncio
import gc
import io
import logging
import sys
import threading

import pytest

from broker import unforeseen
from broker.unforeseen import PlacesAlone, of_loop, quote_nothing, where


def chained() -> BaseException:
    """One that came of another, within a group."""
    try:
        try:
            _breaks_by("Ashdown")
        except KeyError as cause:
            raise ValueError("Emma Ashdown") from cause
    except ValueError as fault:
        return ExceptionGroup("about Emma", [fault, OSError("LW1 4AB")])
    raise AssertionError


def _breaks_by(name: str) -> None:
    raise KeyError(name)


@pytest.fixture
def quiet(monkeypatch: pytest.MonkeyPatch) -> None:
    for place, hook in ((sys, "excepthook"), (threading, "excepthook"), (sys, "unraisablehook")):
        monkeypatch.setattr(place, hook, getattr(place, hook))  # so that the test's end restores it
    quote_nothing()


def test_the_places_and_kinds_of_all_that_led_to_it_are_told() -> None:
    told = where(chained())
    assert [one for one in ("ExceptionGroup", "KeyError", "ValueError", "OSError") if one not in told] == []
    assert told.count("test_unforeseen_faults.py:") == 3
    assert "Emma" not in told
    assert "Ashdown" not in told
    assert "LW1" not in told


def test_faults_that_led_to_each_other_have_an_end() -> None:
    one, other = ValueError("Emma"), KeyError("Ashdown")
    one.__cause__, other.__cause__ = other, one
    assert where(one) == "KeyError\nwhich led to:\nValueError"


def test_a_recursion_is_told_in_few_lines() -> None:
    def deeper() -> None:
        deeper()

    with pytest.raises(RecursionError) as fault:
        deeper()
    assert len(where(fault.value).splitlines()) <= unforeseen.MOST_PLACES + 1


def test_a_line_of_the_log_has_places_alone() -> None:
    written = io.StringIO()
    handler = logging.StreamHandler(written)
    handler.setFormatter(PlacesAlone("%(message)s"))
    log = logging.getLogger("tests.apart")
    log.addHandler(handler)
    log.error("it broke", exc_info=chained())
    log.error("nothing did", exc_info=(None, None, None))
    assert "it broke" in written.getvalue()
    assert "test_unforeseen_faults.py:" in written.getvalue()
    assert "Emma" not in written.getvalue()


@pytest.mark.usefixtures("quiet")
def test_a_process_and_a_thread_that_end_quote_nothing(
    capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    fault = chained()
    sys.excepthook(type(fault), fault, None)
    sys.excepthook(KeyboardInterrupt, KeyboardInterrupt("Emma"), None)
    thread = threading.Thread(target=_breaks)
    thread.start()
    thread.join()
    told = capsys.readouterr().err + caplog.text
    assert "The process ended of a fault of ours" in told
    assert "a thread ended after" in told
    assert "Emma" not in told


async def test_a_task_that_nobody_waited_for_is_told_without_its_text(
    caplog: pytest.LogCaptureFixture,
) -> None:
    asyncio.get_running_loop().set_exception_handler(of_loop)
    task = asyncio.ensure_future(_breaks_later())
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    del task
    gc.collect()
    assert "asyncio: Task exception was never retrieved after" in caplog.text
    assert "ValueError" in caplog.text
    assert "Emma" not in caplog.text


def _breaks() -> None:
    raise ValueError("Emma")


async def _breaks_later() -> None:
    raise ValueError("Emma")
