"""A transaction that lets the process's other threads go on while it commits.

apsw's own (``with connection``) keeps the interpreter to itself until the disk has all; a statement does not.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import apsw


@contextmanager
def transaction(db: apsw.Connection) -> Iterator[apsw.Connection]:
    """Nobody else writes meanwhile. It is durable when it ends, or nothing of it is there. Raises apsw.Error."""
    db.execute("BEGIN IMMEDIATE")
    try:
        yield db
        db.execute("COMMIT")
    except BaseException:
        if db.in_transaction:
            db.execute("ROLLBACK")
        raise
