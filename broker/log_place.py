"""Where a partnership keeps its audit log: a file, or a database that several brokers share."""

from __future__ import annotations

import ssl
from pathlib import Path

from broker.audit.settings import AuditDatabase
from broker.audit.stores.postgresql import PostgresqlDatabase
from broker.audit.stores.postgresql_session import Address
from broker.audit.stores.sqlite import SqliteFile
from broker.settings import Partnership, SecretMissing


def log_place(of: Partnership) -> SqliteFile | PostgresqlDatabase:
    """The place that ``broker.yaml`` names. Raises SecretMissing."""
    settings = of.settings.audit
    if settings.postgresql is None:
        return SqliteFile(of.path(settings.log))
    return PostgresqlDatabase(_address(of, settings.postgresql))


def _address(of: Partnership, settings: AuditDatabase) -> Address:
    return Address(
        host=settings.host,
        port=settings.port,
        database=settings.database,
        user=settings.user,
        password=of.secret(settings.password),
        tls=False if settings.ssl == "disable" else _tls(of, settings.ca_file),
    )


def _tls(of: Partnership, ca_file: str | None) -> ssl.SSLContext:
    """TLS that proves who the server is. Raises SecretMissing where the file of authorities can't be read."""
    trusted: Path | None = of.path(ca_file) if ca_file else None
    try:
        return ssl.create_default_context(cafile=trusted)
    except OSError as fault:
        raise SecretMissing(f"audit, postgresql, ca_file: {fault.strerror} ({trusted})") from None
