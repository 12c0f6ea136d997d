"""The process's memory: no dump of it comes on a disk, and clearing it up keeps nobody waiting."""

from __future__ import annotations

import ctypes
import gc
import resource
import sys

_PR_SET_DUMPABLE = 4


def without_core_dumps() -> None:
    """No dump of this process is made, whatever it dies of; call it first of all.

    The limit holds for dumps into files, and nothing below can raise it again. Where the kernel gives dumps to a
    program instead, the limit does not hold (core(5)): there the process says that it may not be dumped, after
    which no other process of its user can read its memory either.
    """
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)


def without_long_pauses() -> None:
    """What is there since the start is looked at no more when memory is cleared up; call it once all is set up.

    Python's collector for cycles (``gc``) stops everybody while it goes through every object that has lived for a
    while. Of a broker these are code, policies and registers, which stay: every few seconds nobody was answered
    for .2 to .3 s. What comes after this call is gone through as before.
    """
    gc.collect()
    gc.freeze()
