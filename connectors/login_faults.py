"""Why a database lets nobody in, and what the operator does about it: one sentence for each, whatever the kind."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

Refusal = Literal["refused", "expired", "locked", "no_database"]
"""``refused``: the user or the password is not right, where the database says no more than that. PostgreSQL also
says it of a password that has expired (VALID UNTIL)."""

BY_SQLSTATE: Mapping[str, Refusal] = {"28P01": "refused", "28000": "locked", "3D000": "no_database"}
"""PostgreSQL's own."""

BY_NUMBER: Mapping[int, Refusal] = {
    1045: "refused",  # MariaDB, MySQL: access denied
    1698: "refused",
    1820: "expired",  # a log-in that may do nothing but set its password
    1862: "expired",
    4151: "locked",  # MariaDB
    3118: "locked",  # MySQL
    1044: "no_database",  # none, or none for this user
    1049: "no_database",
    18456: "refused",  # SQL Server: login failed
    18487: "expired",
    18488: "expired",  # must be changed before the first log-in
    18486: "locked",
    18470: "locked",  # disabled
    4060: "no_database",
    1017: "refused",  # Oracle: invalid username or password
    28001: "expired",
    28000: "locked",
    12514: "no_database",  # the listener knows no such service
}
"""The databases' own numbers: MariaDB's error codes, SQL Server's messages, Oracle's ORA-."""

IN_WORDS: Mapping[str, Refusal] = {
    "password authentication failed": "refused",
    "is not permitted to log in": "locked",
    "does not exist": "no_database",
}
"""What PostgreSQL's own library says, of which psqlODBC passes on no more than the words."""

_SENTENCES: Mapping[Refusal, str] = {
    "refused": (
        "the database refuses the connection's user or password. If the password was changed or has expired,"
        " put the one that is valid now {where}: no restart is needed."
    ),
    "expired": (
        "the password of the connection's user has expired. Have the database's administrator set a new one"
        " (for a service's account, best one that does not expire), and put it {where}: no restart is needed."
    ),
    "locked": (
        "the database does not let the connection's user in: the account is locked, disabled or may not log in."
        " Have the database's administrator open it. Where wrong passwords locked it, put the valid one {where}."
    ),
    "no_database": (
        "the database server has no database of the name that the connection gives, or none for its user. Correct"
        " the name, or have the database's administrator let the user into it."
    ),
}


def refused(source: str, why: Refusal, password: str | None) -> str:
    """The sentence for the operator. ``password``: the reference to it, never the password itself."""
    where = f"where the connection looks for it ({password})" if password else "into the connection"
    return f"{source}: {_SENTENCES[why].format(where=where)}"
