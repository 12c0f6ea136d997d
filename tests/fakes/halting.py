"""Halting a real server: it stays connected and answers nothing."""

from __future__ import annotations

import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_AT_MOST = 5.0  # seconds


@contextmanager
def halted(server: subprocess.Popen[bytes]) -> Iterator[None]:
    """Halted (SIGSTOP) for as long as the context lasts: every thread of it, from the first moment on."""
    server.send_signal(signal.SIGSTOP)
    try:
        _until_stopped(server.pid)
        yield
    finally:
        server.send_signal(signal.SIGCONT)


def _until_stopped(pid: int) -> None:
    """The signal takes effect a little later than it is sent, thread by thread: one may still answer meanwhile."""
    until = time.monotonic() + _AT_MOST
    while not all(map(_is_stopped, Path(f"/proc/{pid}/task").glob("*/stat"))):
        if time.monotonic() > until:
            raise TimeoutError(f"process {pid} does not stop")
        time.sleep(0.001)


def _is_stopped(thread: Path) -> bool:
    """By the state behind the name in brackets (proc(5)): T is stopped."""
    try:
        return thread.read_text(encoding="utf-8").rpartition(")")[2].split()[0] == "T"
    except OSError:  # ended meanwhile
        return True
