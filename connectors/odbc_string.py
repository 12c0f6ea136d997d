"""The connection string, of which no value can become a keyword.

What is not plainly a name, a number or a path stands in braces, in which only
``}}`` is special (ODBC's own rule). Several drivers take braces as a part of the value, psqlODBC everywhere but
in a password: they then look for a server or database of that odd name, and find none. FreeTDS, of which a brace
ends nothing, is told every value as it is, and no value that it would take for more than one.
"""

from __future__ import annotations

import re
from pathlib import Path

from connectors.connection import OdbcConnection
from connectors.contract import SourceMisfit
from connectors.odbc_keywords import ends_at_a_semicolon, keywords_of

_PLAIN = re.compile(r"[\w.:/\\,%+-]+(?:[ =?@][\w.:/\\,%+-]+)*")
_UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f]")


def connection_string(settings: OdbcConnection, password: str | None, base: Path) -> str:
    """The whole string, password included. Raises SourceMisfit for what this driver can't be told."""
    keywords = keywords_of(settings, base)
    if password is not None:
        keywords = {**keywords, "PWD": password}
    write = bare if ends_at_a_semicolon(settings) else quoted
    # The driver is in braces whatever it is: the driver manager's own rule.
    parts = [
        f"DRIVER={_in_braces(settings.driver)}",
        *(f"{key}={write(value)}" for key, value in keywords.items()),
    ]
    return ";".join(parts)


def quoted(value: str) -> str:
    """A value that ends where it ends, whatever is in it. Raises SourceMisfit for control characters."""
    _printable(value)
    return value if _PLAIN.fullmatch(value) else _in_braces(value)


def bare(value: str) -> str:
    """A value for FreeTDS, where it ends at the first semicolon, in braces too. Raises SourceMisfit."""
    _printable(value)
    if ";" in value or value.startswith("{"):
        raise SourceMisfit(
            "FreeTDS can't be told a password or another value that holds a semicolon or begins with a brace:"
            " choose another one, or use Microsoft's driver"
        )
    return value


def _printable(value: str) -> None:
    if _UNPRINTABLE.search(value):
        raise SourceMisfit("a value of the connection holds a line break or another control character")


def _in_braces(value: str) -> str:
    return "{" + value.replace("}", "}}") + "}"
