"""What a driver reports, as the source's fault, by its SQLSTATE and the database's own number.

A driver's message quotes values, and is not repeated.
"""

from __future__ import annotations

import re

import pyodbc

from connectors.contract import SourceFault, SourceMisfit, SourceTimedOut, SourceUnavailable
from connectors.login_faults import BY_NUMBER, IN_WORDS, Refusal, refused

Fault = type[SourceFault]

_TIMED_OUT = frozenset(["HYT00", "HYT01", "HY008", "57014", "55P03", "70100"])
_MISFIT_CLASSES = frozenset(["07", "0A", "21", "22", "24", "25", "37", "3D", "3F", "42", "HV", "S0"])
_NO_DRIVER = frozenset(["IM002", "IM003", "IM004", "01000"])

# SQLSTATE HY000 or 42000 says little: then the number that the database gave.
_BY_NUMBER: dict[tuple[str, int], Fault] = {
    ("mariadb", 1205): SourceTimedOut,  # lock wait timeout
    ("mariadb", 1317): SourceTimedOut,  # interrupted
    ("mariadb", 1969): SourceTimedOut,  # max_statement_time
    ("mariadb", 3024): SourceTimedOut,  # MySQL's max_execution_time
    ("mariadb", 1290): SourceMisfit,
    ("mariadb", 1792): SourceMisfit,  # read-only transaction
    ("mariadb", 1356): SourceMisfit,  # a view of what is gone
    ("sqlserver", 1222): SourceTimedOut,  # lock request timeout
    ("sqlserver", 596): SourceUnavailable,  # the session was killed
    ("sqlserver", 6005): SourceUnavailable,  # it is shutting down
    ("sqlserver", 701): SourceUnavailable,  # out of memory
    ("sqlserver", 976): SourceUnavailable,  # a replica that is not to be read just now
    ("sqlserver", 983): SourceUnavailable,
    ("oracle", 54): SourceTimedOut,  # resource busy
    ("oracle", 1013): SourceTimedOut,  # the user's cancel, which the driver says in their place
    ("oracle", 4021): SourceTimedOut,  # waiting to lock the object
    ("oracle", 904): SourceMisfit,  # no such column
    ("oracle", 942): SourceMisfit,  # no such table, or no right to it
    ("oracle", 1031): SourceMisfit,  # insufficient privileges
    ("oracle", 1456): SourceMisfit,  # read-only transaction
    ("oracle", 1722): SourceMisfit,  # no number
    ("oracle", 4063): SourceMisfit,  # a view of what is gone
    ("oracle", 16000): SourceMisfit,  # open for reading only
    ("sqlite", 1): SourceMisfit,  # SQLITE_ERROR: no such column, no such table
    ("sqlite", 5): SourceTimedOut,  # SQLITE_BUSY
    ("sqlite", 6): SourceTimedOut,  # SQLITE_LOCKED
    ("sqlite", 8): SourceMisfit,  # SQLITE_READONLY
    ("sqlite", 9): SourceTimedOut,  # SQLITE_INTERRUPT
    ("sqlite", 17): SourceMisfit,  # SQLITE_SCHEMA
}
_NUMBER = re.compile(r"\((-?\d+)\) \(SQL\w+\)")


def fault_of(source: str, dialect: str | None, fault: Exception) -> SourceFault:
    """The fault of a statement. ``dialect``: None before the database has said what it is."""
    name = _name(fault)
    kind = _kind(dialect, fault)
    if kind is SourceTimedOut:
        return SourceTimedOut(f"{source}: the database broke off the statement ({name}).")
    if kind is SourceMisfit:
        return SourceMisfit(f"{source}: the database does not take the statement ({name}).")
    return SourceUnavailable(f"{source}: the database could not be reached ({name}).")


def fault_of_connecting(source: str, driver: str, password: str | None, fault: Exception) -> SourceFault:
    """The fault of a connection that does not come about. ``password``: the reference to it."""
    if _state(fault) in _NO_DRIVER:
        return SourceMisfit(
            f"{source}: the ODBC driver {driver!r} could not be loaded ({_name(fault)}). On Debian, drivers come"
            " with odbc-postgresql, odbc-mariadb, tdsodbc and libsqliteodbc; `odbcinst -q -d` lists what is here."
            " Microsoft's needs libgssapi-krb5-2 as well."
        )
    why = _refusal(fault)
    if why is not None:
        return SourceUnavailable(f"{refused(source, why, password)} ({_name(fault)})")
    return SourceUnavailable(f"{source}: the database could not be reached ({_name(fault)}).")


def is_of_an_old_plan(fault: Exception) -> bool:
    """Whether PostgreSQL refuses a statement only because this session prepared it before a column changed."""
    return _state(fault) == "0A000"


def _kind(dialect: str | None, fault: Exception) -> Fault:
    if not isinstance(fault, pyodbc.Error):
        return SourceMisfit  # a value that Python has no type for: the year 0, a text that is none
    state = _state(fault)
    by_number = _BY_NUMBER.get((dialect or "", _number(fault)))
    if by_number is not None:
        return by_number
    if state in _TIMED_OUT:
        return SourceTimedOut
    return SourceMisfit if state[:2] in _MISFIT_CLASSES else SourceUnavailable


def _refusal(fault: Exception) -> Refusal | None:
    """Why nobody is let in; None for any other reason. A driver may report several numbers, its own among them."""
    told = str(fault.args[1]) if len(fault.args) > 1 else ""
    for number in map(int, _NUMBER.findall(told)):
        if number in BY_NUMBER:
            return BY_NUMBER[number]
    return next((why for words, why in IN_WORDS.items() if words in told), None)


def _state(fault: Exception) -> str:
    state = fault.args[0] if fault.args else ""
    return state if isinstance(state, str) and re.fullmatch(r"[0-9A-Z]{5}", state) else ""


def _number(fault: Exception) -> int:
    """The database's own number, which drivers leave in their message only: ``(1205) (SQLExecDirectW)``."""
    found = _NUMBER.search(str(fault.args[1])) if len(fault.args) > 1 else None
    return int(found[1]) if found else 0


def _name(fault: Exception) -> str:
    return f"{type(fault).__name__} {_state(fault)}".strip()
