"""What the ``connection`` of a source file says, for each kind that is shipped here."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Annotated, Literal, TypeVar

from pydantic import AfterValidator, BaseModel, Field, ValidationError

from connectors.contract import SourceMisfit
from connectors.source_file import Part, SourceFile

Secrets = Callable[[str], str]
"""Resolves a reference ("file:...", "env:...", "credential:...") to its text."""

_PLACES = ("file:", "env:", "credential:")


def _reference(text: str) -> str:
    if not text.startswith(_PLACES) or text in _PLACES:
        # The text may be a password that somebody wrote here: it is not repeated.
        raise ValueError(
            "name where the secret is (file:..., env:... or credential:...), not the secret itself"
        )
    return text


Reference = Annotated[str, AfterValidator(_reference)]


class PostgresqlConnection(Part):
    """A PostgreSQL database, 13 or later. ``host`` is a name, an address, or the directory of a local socket.

    ``ssl`` is as libpq's sslmode, without the modes that fall back to plain text by themselves; ``ca_file``
    (PEM) is whom to trust instead of the machine's own authorities. ``pool_size``: connections at most.
    """

    host: str
    port: Annotated[int, Field(ge=1, le=65535)] = 5432
    database: str
    user: str
    password: Reference | None = None
    ssl: Literal["disable", "require", "verify-ca", "verify-full"] = "verify-full"
    ca_file: str | None = None
    pool_size: Annotated[int, Field(ge=1, le=100)] = 8


_OPTION = re.compile(r"\s*([A-Za-z][A-Za-z0-9 _-]*?)\s*=\s*([^;={}\x00-\x1f]*?)\s*")
_OWN_KEYWORDS = frozenset(
    """
    driver dsn filedsn savefile server servername address addr port database dbname uid user username pwd
    password sslmode sslrootcert pqopt connsettings initstmt encrypt encryption trustservercertificate
    trusted_connection forcetls sslverify sslca applicationintent readonly app boolsaschar maxvarcharsize
    attach loadext dbq dba tns_admin
    """.split()  # noqa: SIM905 -- fifty quotation marks would hide them
)


def _options(text: str) -> str:
    for one in filter(str.strip, text.split(";")):
        found = _OPTION.fullmatch(one)
        if found is None:
            # Whatever it is may hold a password: it is not repeated.
            raise ValueError("write them as Name=value; Name=value, without braces")
        if found[1].casefold() in _OWN_KEYWORDS:
            raise ValueError(f"{found[1]} is not an option: the connection has keys of its own for it")
    return text


def options_of(text: str) -> dict[str, str]:
    """The keywords and values of the ``options`` of an OdbcConnection."""
    found = (_OPTION.fullmatch(one) for one in text.split(";"))
    return {one[1]: one[2] for one in found if one is not None}


class OdbcConnection(Part):
    """Any database that has an ODBC driver on this machine.

    ``driver`` is a name of odbcinst.ini ("ODBC Driver 18 for SQL Server") or the path of its library. From it
    follows how the rest is written in a connection string; a driver whose name tells nothing needs
    ``dialect``. ``database`` is the file's path for SQLite, absolute or relative to the partnership's
    directory. Without ``user`` a SQL Server is asked as the broker's own account (Kerberos).

    ``ssl`` and ``ca_file`` are as for PostgresqlConnection. ``options`` are more of the driver's keywords, as
    its manual writes them: "MultiSubnetFailover=Yes; KeepAlive=30". ``pool_size``: connections at most, a
    thread each.
    """

    driver: Annotated[str, Field(min_length=1)]
    dialect: Literal["postgresql", "mariadb", "sqlserver", "oracle", "sqlite"] | None = None
    server: str | None = None
    port: Annotated[int, Field(ge=1, le=65535)] | None = None
    database: str
    user: str | None = None
    password: Reference | None = None
    ssl: Literal["disable", "require", "verify-ca", "verify-full"] = "verify-full"
    ca_file: str | None = None
    options: Annotated[str, AfterValidator(_options)] = ""
    pool_size: Annotated[int, Field(ge=1, le=32)] = 4


class SqliteConnection(Part):
    """A SQLite file, absolute or relative to the partnership's directory."""

    path: str


Form = Literal["csv", "excel", "parquet"]


class ExtractConnection(Part):
    """A file that a service gives each night, absolute or relative to the partnership's directory.

    Its first line names the columns. ``fresh_for_hours``: how long after it was written it may still be asked.
    ``windows-1252`` reads latin-1 as well. ``least_rows``: with fewer, the export went wrong. ``sheet`` is for a
    workbook of several; ``delimiter`` and ``encoding`` are of CSV alone.
    """

    path: str
    fresh_for_hours: Annotated[int, Field(ge=1, le=24 * 31)] = 36
    delimiter: Literal[",", ";", "\t", "|"] = ","
    encoding: Literal["utf-8", "windows-1252", "latin-1"] = "utf-8"
    sheet: str | None = None
    least_rows: Annotated[int, Field(ge=1)] = 1

    @property
    def form(self) -> Form:
        """By the ending of the file's name."""
        return _FORMS.get(Path(self.path).suffix.casefold(), "csv")


_FORMS: Mapping[str, Form] = {".xlsx": "excel", ".xlsm": "excel", ".parquet": "parquet"}


class MemoryConnection(Part):
    """Rows in the broker's own memory, for tests and lessons: ``rows`` is a JSON file, a list of objects."""

    rows: str | None = None


Model = TypeVar("Model", bound=BaseModel)


def connection_of(source: SourceFile, model: type[Model]) -> Model:
    """The connection that the file describes. Raises SourceMisfit with everything that is wrong with it."""
    try:
        return model.model_validate(dict(source.connection))
    except ValidationError as fault:
        wrong = [
            f"connection.{'.'.join(map(str, one['loc']))}: {one['msg']}"
            for one in fault.errors(include_input=False, include_context=False, include_url=False)
        ]
        sentence = f"{source.source}: the connection is not one of kind {source.kind}:\n" + "\n".join(wrong)
    raise SourceMisfit(sentence)  # outside the handler: the validation fault holds what was typed


def path_below(base: Path, path: str) -> Path:
    """An absolute path as it is, a relative one below ``base``."""
    return base / path
