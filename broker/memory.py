"""What the process's memory holds stays there: names, tokens and keys are in no dump on a disk."""

from __future__ import annotations

import ctypes
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
