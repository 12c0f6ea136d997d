"""What makes an SQLite file durable that was not closed properly, before anything is written behind what it holds.

When a sync fails, Linux takes the pages for written all the same. They are in its memory and not on the disk: who
reads the file sees them, no later sync brings them there, and a power cut loses them. So whoever opens a file
after a broker that was killed may find entries in it that are not on the disk, verify them, and write more behind
them in the write-ahead log (WAL). What they write is synced, and lost all the same: SQLite reads a WAL to the
first page that is not whole. To sync once more would not help; only what is written anew is synced.

A checkpoint writes it anew: every page of the WAL goes into the database's own file, which is synced, and then the
WAL is cut to nothing. It says that a page is there only after the sync, so one that failed is done again, from its
beginning, by whoever opens the file next. Somebody who reads through it may hold it up.
"""

from __future__ import annotations

import time

import apsw

_AGAIN_AFTER = 0.05


def written_anew(connection: apsw.Connection, patience: float = 5.0) -> bool:
    """Write what the WAL holds into the database's file, and sync it; False where somebody reads for too long.

    ``patience``: seconds, and those of the connection's own. Raises apsw.Error.
    """
    until = time.monotonic() + patience
    while True:
        try:
            connection.wal_checkpoint(mode=apsw.SQLITE_CHECKPOINT_TRUNCATE)
        except apsw.BusyError:  # at once, where somebody else's checkpoint runs
            if time.monotonic() >= until:
                return False
            time.sleep(_AGAIN_AFTER)
        else:
            return True
