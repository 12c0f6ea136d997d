"""``production: true`` in ``broker.yaml``: a source whose user may write to its database is not asked at all, and
a broker whose audit log has no witness does not start.

Sessions are read-only in any case. A right that is not there can't be misused even where something else goes
wrong: so beyond a trial, the user has to lack it. Files (SQLite, extracts) have no users, and are opened for
reading alone.
"""

from __future__ import annotations

import asyncio
from pathlib import Path

from broker.settings import Partnership
from connectors.connection import Secrets
from connectors.contract import Candidates, Connector, Search, SourceMisfit, SourceTimedOut
from connectors.inspection.opening import look_at
from connectors.registry import connect
from connectors.source_file import SourceFile
from handwritten import Fault

WITH_USERS = ("postgresql", "odbc")
"""The kinds of connector whose databases have users with rights."""

NO_WITNESS = (
    "In production the audit log needs a witness: without one, whoever runs the broker could change its history"
    " and sign it again. Have another party run one, and name it under audit: witnesses"
    " (docs/how-to/witness-a-log.md)."
)
_OPENING_SECONDS = 10.0


def unwitnessed(partnership: Partnership) -> Fault | None:
    """Why a partnership may not go into production as its audit log stands; None when it may, or is a trial."""
    if not partnership.settings.production or partnership.settings.audit.witnesses:
        return None
    return Fault(partnership.directory / "broker.yaml", 1, 1, NO_WITNESS)


def connector_of(partnership: Partnership, source: SourceFile) -> Connector:
    """The connector that reads a source, not yet open; in production one that asks for readers alone.

    Raises SourceMisfit.
    """
    made = connect(source, secrets=partnership.secret, base=partnership.directory)
    if partnership.settings.production and source.kind in WITH_USERS:
        return OnlyReaders(made, partnership.secret, partnership.directory)
    return made


class OnlyReaders:
    """A connector (see ``contract.Connector``) that asks nothing before its user was seen to lack rights to write.

    Seen at each opening, and by the first question where the source was down then. Raises SourceMisfit.
    """

    def __init__(self, connector: Connector, secrets: Secrets, base: Path) -> None:
        self.source = connector.source
        self._connector = connector
        self._secrets = secrets
        self._base = base
        self._seen = False

    async def open(self) -> None:
        """As ``contract.Connector.open``."""
        self._seen = False
        await self._look(_OPENING_SECONDS)
        await self._connector.open()

    async def candidates(self, search: Search) -> Candidates:
        """As ``contract.Connector.candidates``."""
        if not self._seen:
            await self._look(search.seconds)
        return await self._connector.candidates(search)

    async def close(self) -> None:
        """As ``contract.Connector.close``."""
        await self._connector.close()

    async def _look(self, seconds: float) -> None:
        looking = asyncio.get_running_loop().create_task(self._rights())
        looking.add_done_callback(_looked_at)
        await asyncio.wait({looking}, timeout=seconds)  # not beyond it, even where a driver does not let go
        if not looking.done():
            looking.cancel()
            raise SourceTimedOut(f"{self.source.source}: its user's rights were not told in time.")
        if rights := looking.result():
            raise SourceMisfit(
                f"{self.source.source}: the connection's user {', '.join(rights)}. In production it is not asked:"
                " give it a user who may only read."
            )
        self._seen = True

    async def _rights(self) -> tuple[str, ...]:
        look = await look_at(self.source, self._secrets, self._base)
        try:
            return () if look.database == "sqlite" else await look.may_write()
        finally:
            await look.close()


def _looked_at(looking: asyncio.Task[tuple[str, ...]]) -> None:
    if not looking.cancelled():
        looking.exception()  # raised to whoever waited for it; asyncio need not report it as well
