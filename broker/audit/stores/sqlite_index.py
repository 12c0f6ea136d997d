"""Whether the index in an SQLite file, and the subtrees kept there, are those of the entries."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import islice

import apsw

from broker.audit.stores.contract import IndexRows

_QUERIES = "SELECT idx, query_id, kind, at FROM query WHERE idx BETWEEN ? AND ?"
_TAGS = """
SELECT tag.tag, tag.idx FROM carray(?1) AS wanted CROSS JOIN tag ON tag.tag = wanted.value
 WHERE tag.idx BETWEEN ?2 AND ?3"""
_QUERIES_IN_ORDER = "SELECT idx, query_id, kind, at FROM query WHERE idx >= ? AND idx < ? ORDER BY idx"
_TAGS_IN_ORDER = "SELECT tag, idx FROM tag WHERE idx >= ? AND idx < ? ORDER BY idx, tag"


def lists(db: apsw.Connection, rows: IndexRows) -> bool:
    """Whether all of these rows are there. Raises apsw.Error."""
    return (
        _has_queries(db, rows.queries)
        and set(rows.tags) <= _tags(db, rows.tags)
        and _has_subtrees(db, rows.subtrees)
    )


def in_order(db: apsw.Connection, start: int, end: int) -> Callable[[IndexRows], bool]:
    """Whether the next rows, from those of entry ``start`` on, are these and no others. Raises apsw.Error."""
    tags = db.execute(_TAGS_IN_ORDER, (start, end))
    queries = db.execute(_QUERIES_IN_ORDER, (start, end))

    def are_next(rows: IndexRows) -> bool:
        return (
            list(islice(queries, len(rows.queries))) == rows.queries
            and sorted(islice(tags, len(rows.tags))) == sorted(rows.tags)
            and _has_subtrees(db, rows.subtrees)
        )

    return are_next


def listed(db: apsw.Connection) -> int:
    """How many rows there are in all. Raises apsw.Error."""
    return int(
        db.execute(
            "SELECT (SELECT count(*) FROM tag) + (SELECT count(*) FROM query) + (SELECT count(*) FROM subtree)"
        ).get
    )


def _has_queries(db: apsw.Connection, rows: Sequence[tuple[int, str, str, str]]) -> bool:
    indexes = [index for index, *_ in rows]
    found = db.execute(_QUERIES, (min(indexes), max(indexes))).fetchall() if rows else []
    return found == rows or set(rows) <= set(found)


def _tags(db: apsw.Connection, rows: Sequence[tuple[bytes, int]]) -> set[tuple[bytes, int]]:
    """All rows of the same tags between the same entries."""
    if not rows:
        return set()
    tags, indexes = {tag for tag, _ in rows}, [index for _, index in rows]
    wanted = apsw.carray(tuple(sorted(tags)))  # in the order in which they lie on the disk
    return set(db.execute(_TAGS, (wanted, min(indexes), max(indexes))))


def _has_subtrees(db: apsw.Connection, rows: Sequence[tuple[int, int, bytes]]) -> bool:
    sql = "SELECT 1 FROM subtree WHERE height = ? AND number = ? AND root = ?"
    return all(db.execute(sql, row).get for row in rows)
