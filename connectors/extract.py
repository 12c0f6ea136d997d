"""Extracts: a CSV file that a service gives each night, read where it lies by DuckDB, in a thread of its own.

For services that can give nothing better in their first year. It is held to the same promises as a database,
and to one more: what it says is as old as the file, so every answer bears its day, and a file that is too old
is not asked.
"""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from connectors.connection import ExtractConnection, Secrets, connection_of, path_below
from connectors.contract import Candidates, Connector, Search, SourceMisfit, SourceUnavailable
from connectors.one_thread import OneThread
from connectors.source_file import SourceFile

if TYPE_CHECKING:
    from connectors.extract_reading import ExtractReader

log = logging.getLogger(__name__)

OPENING_SECONDS = 10.0


class ExtractConnector:
    """A connector (see ``contract.Connector``) for one CSV file. ``now`` is the time, in seconds since 1970."""

    def __init__(
        self,
        source: SourceFile,
        settings: ExtractConnection,
        path: Path,
        now: Callable[[], float] = time.time,
    ) -> None:
        """Raises SourceMisfit when extracts can't be read on this machine at all."""
        reader = _reader(source)
        self.source = source
        self._logged: str | None = None
        self._thread = OneThread(lambda: reader(source, settings, path, now), "extract-source")

    async def open(self) -> None:
        """As ``contract.Connector.open``."""
        await self._thread.ask(OPENING_SECONDS, lambda extract: extract.ready())

    async def candidates(self, search: Search) -> Candidates:
        """As ``contract.Connector.candidates``. What is wrong with a file is logged, once for each fault."""
        try:
            found = await self._thread.ask(search.seconds, lambda extract: extract.candidates(search))
        except (SourceMisfit, SourceUnavailable) as fault:
            self._log_once(str(fault))
            raise
        self._logged = None
        return found

    async def close(self) -> None:
        """As ``contract.Connector.close``."""
        await self._thread.close()

    def _log_once(self, sentence: str) -> None:
        """Extracts go wrong at night: nobody is there to see them opened. The sentences quote no row."""
        if sentence != self._logged:
            self._logged = sentence
            log.warning("%s", sentence)


def extract_connector(source: SourceFile, secrets: Secrets, base: Path) -> Connector:  # noqa: ARG001 -- a MakeConnector
    """A connector for a source file of kind ``extract``. Raises SourceMisfit."""
    settings = connection_of(source, ExtractConnection)
    return ExtractConnector(source, settings, path_below(base, settings.path))


def _reader(source: SourceFile) -> type[ExtractReader]:
    if not hasattr(os, "memfd_create"):
        raise SourceMisfit(f"{source.source}: extracts can be read on Linux only.")
    try:
        from connectors.extract_reading import ExtractReader  # noqa: PLC0415 -- duckdb is an optional extra
    except ModuleNotFoundError as missing:
        if missing.name != "duckdb":
            raise
        raise SourceMisfit(
            f"{source.source}: extracts are read by DuckDB, which is not installed."
            " Install it with: pip install 'family-context-broker[extract]'"
        ) from missing
    return ExtractReader
