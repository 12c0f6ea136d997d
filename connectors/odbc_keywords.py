"""What a connection says, in the keywords of each driver: all but the driver itself and the password."""

from __future__ import annotations

import re
import ssl
from collections.abc import Callable, Mapping
from pathlib import Path, PurePath
from urllib.parse import quote

from connectors.connection import OdbcConnection, options_of, path_below
from connectors.contract import SourceMisfit

APPLICATION = "family-context"
Keywords = Mapping[str, str]

_LOST_AFTER = "60"
"""Seconds after which a driver that can gives up a server of which nothing comes, for want of keep-alives: else a
network that swallows everything would hold its thread for ever."""

_HOST = re.compile(r"[A-Za-z0-9][A-Za-z0-9.-]*|\[[0-9A-Fa-f:]+\]")
_SERVICE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_$#.-]*")
# Its TLS always verifies the certificate, by the machine's wallet; the name in it only where that is said.
_ORACLE_PROTOCOLS: Mapping[str, str] = {
    "disable": "//{}",
    "require": "tcps://{}?ssl_server_dn_match=off",
    "verify-ca": "tcps://{}?ssl_server_dn_match=off",
    "verify-full": "tcps://{}?ssl_server_dn_match=on",
}


def keywords_of(settings: OdbcConnection, base: Path) -> Keywords:
    """All keywords but DRIVER and PWD; the file's own ``options`` can't replace one of them."""
    return {**options_of(settings.options), **family_of(settings)(settings, base)}


def row_by_row(settings: OdbcConnection) -> OdbcConnection:
    """The same connection, whose driver hands rows over as they come: left to itself, it fetches the whole of an
    answer before its first row. Drivers that do so anyway are told nothing.
    """
    told = "; ".join(filter(None, (settings.options, _ROW_BY_ROW.get(family_of(settings)))))
    return settings.model_copy(update={"options": told})


def is_a_file(settings: OdbcConnection) -> bool:
    """Whether the database is a file here, and no server."""
    return family_of(settings) is _sqlite


def ends_at_a_semicolon(settings: OdbcConnection) -> bool:
    """Whether the driver ends every value there, in braces, too: FreeTDS does."""
    return family_of(settings) is _freetds


def _postgresql(settings: OdbcConnection, base: Path) -> Keywords:
    trusted = f" sslrootcert={_libpq_quoted(_authorities(settings, base))}" if _verifies(settings) else ""
    return {
        **_at_a_server(settings, "PORT"),
        "SSLmode": settings.ssl,
        "BoolsAsChar": "0",  # a flag would be a text of one digit
        "ReadOnly": "1",
        # A longer text would be handed over in pieces, and psqlODBC can't cancel a statement that came so.
        "MaxVarcharSize": "1000000",
        "pqopt": f"application_name={APPLICATION} keepalives_idle=30 keepalives_interval=10{trusted}",
    }


def _microsoft(settings: OdbcConnection, base: Path) -> Keywords:  # noqa: ARG001 -- a family
    _no_authorities_of_its_own(settings)
    if settings.ssl == "verify-ca":
        raise SourceMisfit("this driver can't verify the authority alone: write ssl: verify-full")
    server = _needed(settings.server, "server") + (f",{settings.port}" if settings.port else "")
    return {
        "Server": server,
        "Database": settings.database,
        **({"UID": settings.user} if settings.user else {"Trusted_Connection": "yes"}),
        "Encrypt": "no" if settings.ssl == "disable" else "yes",
        "TrustServerCertificate": "no" if settings.ssl == "verify-full" else "yes",
        "ApplicationIntent": "ReadOnly",
        "APP": APPLICATION,
    }


def _freetds(settings: OdbcConnection, base: Path) -> Keywords:  # noqa: ARG001 -- a family
    _no_authorities_of_its_own(settings)
    if _verifies(settings):
        raise SourceMisfit(
            "FreeTDS verifies no certificate of a server that it is told by name and port: use Microsoft's driver,"
            " or write ssl: require, which encrypts without proof of who is at the other end"
        )
    return {
        **_at_a_server(settings, "PORT"),
        "TDS_Version": "7.4",
        "ClientCharset": "UTF-8",
        "Encryption": "off" if settings.ssl == "disable" else "require",
        "ApplicationIntent": "ReadOnly",
        "APP": APPLICATION,
    }


def _mariadb(settings: OdbcConnection, base: Path) -> Keywords:
    ssl_of = {"disable": {}, "require": {"FORCETLS": "1"}}
    verified = {"FORCETLS": "1", "SSLVERIFY": "1", "SSLCA": str(_authorities(settings, base))}
    return {
        **_at_a_server(settings, "PORT"),
        "CHARSET": "utf8mb4",
        "NO_PROMPT": "1",
        "READ_TIMEOUT": _LOST_AFTER,
        **(verified if _verifies(settings) else ssl_of[settings.ssl]),
    }


def _mysql(settings: OdbcConnection, base: Path) -> Keywords:
    modes = {
        "disable": "DISABLED",
        "require": "REQUIRED",
        "verify-ca": "VERIFY_CA",
        "verify-full": "VERIFY_IDENTITY",
    }
    verified = {"SSLCA": str(_authorities(settings, base))} if _verifies(settings) else {}
    return {
        **_at_a_server(settings, "PORT"),
        "CHARSET": "utf8mb4",
        "SSLMODE": modes[settings.ssl],
        **verified,
    }


def _oracle(settings: OdbcConnection, base: Path) -> Keywords:  # noqa: ARG001 -- a family
    """A server and a service, never an alias of tnsnames.ora: that would say by itself whether it is encrypted."""
    _no_authorities_of_its_own(settings)
    server, service = _needed(settings.server, "server"), settings.database
    if not (_HOST.fullmatch(server) and _SERVICE.fullmatch(service)):
        raise SourceMisfit(
            "for Oracle, server is the name of a machine, and database that of a service, no more"
        )
    port = f":{settings.port}" if settings.port else ""
    return {
        "DBQ": _ORACLE_PROTOCOLS[settings.ssl].format(f"{server}{port}/{service}"),
        "UID": _needed(settings.user, "user"),
        "DBA": "R",  # the driver, too, lets no statement through that writes
        "APA": "T",  # called by several threads
        "FEN": "F",  # no failover behind our back: a new session is proved anew
        "FWC": "T",  # texts as Unicode, whatever NLS_LANG says
        "NUM": "US",
        "QTO": "T",  # heeds a statement's time limit
    }


def _sqlite(settings: OdbcConnection, base: Path) -> Keywords:
    """The file by its address, because only there can be said that it is opened for reading."""
    if settings.server or settings.user or settings.password:
        raise SourceMisfit("a SQLite file has no server, user or password")
    path = path_below(base, settings.database)
    return {"Database": f"file:{quote(str(path))}?mode=ro", "NoCreat": "1"}


Family = Callable[[OdbcConnection, Path], Keywords]

_BY_DRIVER: tuple[tuple[str, Family], ...] = (
    ("psqlodbc", _postgresql),
    ("postgres", _postgresql),
    ("freetds", _freetds),
    ("tdsodbc", _freetds),
    ("msodbcsql", _microsoft),
    ("sql server", _microsoft),
    ("maodbc", _mariadb),
    ("mariadb", _mariadb),
    ("mysql", _mysql),
    ("myodbc", _mysql),
    ("sqlite", _sqlite),
    ("oracle", _oracle),
    ("sqora", _oracle),
)
_BY_DIALECT: Mapping[str, Family] = {
    "postgresql": _postgresql,
    "sqlserver": _microsoft,
    "oracle": _oracle,
    "mariadb": _mariadb,
    "sqlite": _sqlite,
}

_ROW_BY_ROW: Mapping[Family, str] = {
    _postgresql: "UseDeclareFetch=1; Fetch=1000",
    _mariadb: "FORWARDONLY=1; NO_CACHE=1",
    _mysql: "FORWARD_CURSOR=1; NO_CACHE=1",
    _sqlite: "StepAPI=1",
}


def family_of(settings: OdbcConnection) -> Family:
    name = PurePath(settings.driver).name.casefold()
    for part, family in _BY_DRIVER:
        if part in name:
            return family
    if settings.dialect is None:
        raise SourceMisfit(
            f"the name of the driver {settings.driver!r} does not tell of which database it is: write dialect"
        )
    return _BY_DIALECT[settings.dialect]


def _at_a_server(settings: OdbcConnection, port: str) -> Keywords:
    return {
        "SERVER": _needed(settings.server, "server"),
        **({port: str(settings.port)} if settings.port else {}),
        "DATABASE": settings.database,
        "UID": _needed(settings.user, "user"),
    }


def _needed(value: str | None, key: str) -> str:
    if not value:
        raise SourceMisfit(f"the connection has to name the {key}")
    return value


def _verifies(settings: OdbcConnection) -> bool:
    return settings.ssl in {"verify-ca", "verify-full"}


def _authorities(settings: OdbcConnection, base: Path) -> Path:
    """The file of those whose certificates are trusted: the connection's, else the machine's own."""
    if settings.ca_file is not None:
        return path_below(base, settings.ca_file)
    known = ssl.get_default_verify_paths()
    return Path(known.cafile or known.openssl_cafile)


def _no_authorities_of_its_own(settings: OdbcConnection) -> None:
    if settings.ca_file is not None:
        raise SourceMisfit(
            "this driver trusts the machine's own authorities (Oracle's, its wallet's): add yours there, not as"
            " ca_file"
        )


def _libpq_quoted(path: Path) -> str:
    return "'" + str(path).replace("\\", "\\\\").replace("'", "\\'") + "'"
