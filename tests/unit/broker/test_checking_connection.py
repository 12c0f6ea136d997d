"""What a check says of a connection that crosses a network, and of a database that keeps no limit."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from broker.owners.checking_connection import encryption, limits
from broker.owners.findings import Finding
from connectors.inspection.on_postgresql import LookAtPostgresql
from connectors.inspection.seen import Encryption, Limits, Rows
from connectors.source_file import SourceFile
from tests.spec.connectors.engines import housing


class Unasked:
    """A session that answers nothing: what was seen is given."""

    database, numbered = "postgresql", True
    source: SourceFile = housing()

    async def rows(self, text: str, *values: object) -> Rows:
        raise AssertionError(text)

    async def query(self) -> None:
        raise AssertionError

    async def close(self) -> None:
        """There is nothing to close."""


class Seen(LookAtPostgresql):
    """A look that has seen this of the connection."""

    def __init__(self, encrypted: Encryption, limit: Limits) -> None:
        super().__init__(Unasked())  # type: ignore[arg-type]  # its query is never asked for
        self._encrypted = encrypted
        self._limit = limit

    async def encryption(self) -> Encryption:
        return self._encrypted

    async def limits(self) -> Limits:
        return self._limit


UNKNOWN = Encryption(None)
HOLDS = Limits(0.3, 0.31, 2.0)


async def told(part: AsyncIterator[Finding]) -> list[tuple[str, bool]]:
    """Levels, and whether something is to do."""
    return [(one.level, one.todo is not None) async for one in part]


@pytest.mark.parametrize(
    ("encrypted", "production", "level"),
    [
        (Encryption(True, "TLSv1.3"), True, "fine"),
        (Encryption(False), False, "warning"),
        (Encryption(False), True, "problem"),
        (Encryption(False, leaves=False), True, "note"),
        (Encryption(None), True, "note"),
    ],
)
async def test_plain_text_over_a_network_is_a_problem_in_production(
    encrypted: Encryption, production: bool, level: str
) -> None:
    ((found, to_do),) = await told(encryption(Seen(encrypted, HOLDS), production))
    assert (found, to_do) == (level, level in ("warning", "problem"))


@pytest.mark.parametrize(
    ("limit", "levels"),
    [
        (HOLDS, ["fine"]),
        (Limits(0.3, None, 2.0), ["warning"]),
        (Limits(0.3, 1.9, 2.0), ["warning"]),
        (Limits(0.3, 0.31, None), ["fine", "warning"]),
        (Limits(0.0, None, None), ["note"]),
    ],
)
async def test_a_database_that_breaks_nothing_off_is_warned_of(limit: Limits, levels: list[str]) -> None:
    assert [level for level, _ in await told(limits(Seen(UNKNOWN, limit)))] == levels
