"""From a source file to its connector. Kinds that are shipped elsewhere register as entry points.

A package adds a kind with the entry point group ``family_context.connectors``: the name is the kind, the
object a ``MakeConnector``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib.metadata import entry_points
from pathlib import Path

from connectors.connection import Secrets
from connectors.contract import Connector, SourceMisfit
from connectors.extract import extract_connector
from connectors.http_source import http_connector
from connectors.live_columns import did_you_mean
from connectors.memory import memory_connector
from connectors.odbc import odbc_connector
from connectors.postgresql import postgresql_connector
from connectors.source_file import SourceFile
from connectors.sqlite import sqlite_connector

MakeConnector = Callable[[SourceFile, Secrets, Path], Connector]

GROUP = "family_context.connectors"

SHIPPED: Mapping[str, MakeConnector] = {
    "extract": extract_connector,
    "http": http_connector,
    "memory": memory_connector,
    "odbc": odbc_connector,
    "postgresql": postgresql_connector,
    "sqlite": sqlite_connector,
}


def connect(source: SourceFile, secrets: Secrets, base: Path) -> Connector:
    """The connector for a source, not yet open.

    ``secrets`` resolves a reference of the file to its text, when a connection is made; paths are absolute or
    relative to ``base``. Raises SourceMisfit: an unknown kind, or a connection that is not of its kind.
    """
    make = SHIPPED.get(source.kind) or _shipped_elsewhere(source.kind)
    if make is None:
        hint = did_you_mean(source.kind, kinds())
        raise SourceMisfit(
            f"{source.source}: there is no kind of connector {source.kind!r}.{hint}"
            f" The kinds are: {', '.join(kinds())}."
        )
    return make(source, secrets, base)


def kinds() -> tuple[str, ...]:
    """Every kind of connector that is installed, sorted."""
    return tuple(sorted({*SHIPPED, *(one.name for one in entry_points(group=GROUP))}))


def _shipped_elsewhere(kind: str) -> MakeConnector | None:
    found = next(iter(entry_points(group=GROUP, name=kind)), None)
    make: MakeConnector | None = None if found is None else found.load()
    return make
