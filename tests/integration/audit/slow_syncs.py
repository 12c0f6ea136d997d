"""``broker`` on a disk whose syncs take long, so that an answer that does not wait for them is seen leave early.

With ``too early`` before the command, the log acknowledges what it has not written yet: what may never happen.
"""

from __future__ import annotations

import random
import sys
import time
from collections.abc import Callable
from typing import Any

import apsw

from broker.audit.stores.contract import placed
from broker.audit.stores.sqlite_store import SqliteStore
from broker.cli import main

TOO_EARLY = "too early"
SHORTEST, LONGEST = 0.01, 0.04  # seconds
BEHIND = 3  # a query's last entry is not an answer's


class SlowDisk(apsw.VFS):
    """SQLite's usual way to the disk, with slow syncs."""

    def __init__(self) -> None:
        super().__init__("slow syncs", "unix", makedefault=True)

    def xOpen(self, name: Any, flags: list[int]) -> apsw.VFSFile:  # noqa: N802 -- apsw's name
        return _File("unix", name, flags)


class _File(apsw.VFSFile):
    def xSync(self, flags: int) -> None:  # noqa: N802 -- apsw's name
        time.sleep(random.uniform(SHORTEST, LONGEST))  # noqa: S311 -- a moment, not a secret
        super().xSync(flags)


def acknowledging_too_early(append: Callable[..., Any]) -> Callable[..., Any]:
    """An ``append`` that is a few calls behind in writing what it was given."""
    owed: list[tuple[Any, ...]] = []

    def later(store: SqliteStore, *wanted: Any) -> Any:
        owed.append(wanted)
        if len(owed) > BEHIND:
            append(store, *owed.pop(0))
        return placed(*wanted)

    return later


if __name__ == "__main__":
    if sys.argv[1] == TOO_EARLY:
        del sys.argv[1]
        SqliteStore.append = acknowledging_too_early(SqliteStore.append)  # type: ignore[method-assign]
    disk = SlowDisk()
    main(prog_name="broker")
