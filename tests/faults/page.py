"""Writes docs/reference/faults.md from the rows that the tests hold to be true: ``make faults-page``."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from tests.faults.rows import AROUND, SOURCE_FAULTS, Row

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "faults.md"

_HEAD = """\
# What happens when something breaks

<!-- Written by `make faults-page` from tests/faults/rows.py. Change it there. -->

Each row is a test (`tests/faults`): a broker with its own log, asked over HTTP, reads a PostgreSQL by asyncpg and
by ODBC, and something is broken on purpose. The test looks at the outcome in the answer and at the entry in the
audit log; it holds that the other services answer, within the deadline, that all recovers without anybody's help,
and that the log verifies after it.

A service that fails is never shown as having nothing. Its desk's number stands beside every outcome.
"""

_FOOT = """\
A connection to PostgreSQL on which something else than PostgreSQL's messages comes (zeros, garbage, a message of
more than 16 MB) is cut off before the driver reads it. With `ssl`, what was decrypted is looked at the same way.
The audit log's own PostgreSQL is not behind this check.

What to do about a source that keeps failing:
[When a service is slow or down](../how-to/when-a-service-is-slow-or-down.md).
"""


def page() -> str:
    """The whole page."""
    return "\n".join(
        [
            _HEAD,
            "## One source breaks\n",
            _table(one.row for one in SOURCE_FAULTS.values()),
            "## What all sources share breaks\n",
            _table(AROUND.values()),
            _FOOT,
        ]
    )


def _table(rows: Iterable[Row]) -> str:
    lines = [
        "| what is broken | the requester sees | the auditor sees | how it recovers |",
        "|---|---|---|---|",
    ]
    lines += [f"| {one.broken} | {one.requester} | {one.auditor} | {one.recovers} |" for one in rows]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
