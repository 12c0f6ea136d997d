"""Any database with an ODBC driver: the kind ``odbc`` of the registry.

ODBC is an optional extra, because no wheel of it brings the system's driver manager: without either, every
other kind of connector works, and a source of this kind says what to install. So what needs it is imported
here, when a source asks for it.
"""

from __future__ import annotations

from importlib import import_module
from pathlib import Path

from connectors.connection import OdbcConnection, Secrets, connection_of
from connectors.contract import Connector, SourceMisfit
from connectors.source_file import SourceFile


def odbc_connector(source: SourceFile, secrets: Secrets, base: Path) -> Connector:
    """A connector for a source file of kind ``odbc``. Raises SourceMisfit."""
    settings = connection_of(source, OdbcConnection)
    try:
        odbc_source = import_module("connectors.odbc_source")
    except ImportError as fault:
        raise SourceMisfit(
            f"{source.source}: a source of kind odbc needs the driver manager unixODBC (Debian: apt-get install"
            " unixodbc) and the extra odbc (pip install 'family-context-broker[odbc]'), and one is not here."
        ) from fault
    connector: Connector = odbc_source.OdbcConnector(source, settings, secrets, base)
    return connector
