"""The connection itself: may its user write, is it encrypted, does the database break off, how old is the file?"""

from __future__ import annotations

from collections.abc import AsyncIterator

from broker.owners.findings import Finding, Level
from connectors.inspection.seen import Look

_NO_WRITER = (
    "Have the database's administrators make a user who may only SELECT, and only what the source file names."
    " The broker's session is read-only all the same, but a right that is not there can't be misused."
)
_NO_FILE_WRITER = (
    "Let the broker's own account read the file and no more; it opens it read-only all the same."
)
_SLACK = 0.5
"""Seconds that a database may be late when it breaks off a statement."""


async def rights(look: Look, production: bool) -> AsyncIterator[Finding]:
    """A user who may write is a warning; in production, a problem."""
    may = await look.may_write()
    if may:
        level: Level = "problem" if production else "warning"
        todo = _NO_FILE_WRITER if look.database == "sqlite" else _NO_WRITER
        yield Finding(level, "rights", f"The connection's user {', '.join(may)}.", todo)
    else:
        yield Finding("fine", "rights", "The connection's user may only read.")


async def encryption(look: Look, production: bool) -> AsyncIterator[Finding]:
    """Plain text over a network shows every record that is read to whoever listens."""
    found = await look.encryption()
    if found.encrypted:
        yield Finding("fine", "encryption", f"The connection is encrypted ({found.how}).")
    elif not found.leaves:
        where = found.how or "the database is on this machine"
        yield Finding("note", "encryption", f"Not encrypted, and it need not be: {where}.")
    elif found.encrypted is None:
        yield Finding(
            "note", "encryption", "The database does not tell this user whether the connection is encrypted."
        )
    else:
        level: Level = "problem" if production else "warning"
        todo = "Set ssl: verify-full in the connection, with ca_file where the authority is your own."
        yield Finding(level, "encryption", "The connection crosses a network in plain text.", todo)


async def limits(look: Look) -> AsyncIterator[Finding]:
    """The broker keeps its own deadline; this is the second line, so that no database works on for nobody."""
    found = await look.limits()
    if found.statement_asked == 0:
        yield Finding(
            "note", "limits", "The broker itself breaks off what takes too long: this database has no limit."
        )
    elif found.statement is not None and found.statement < found.statement_asked + _SLACK:
        waits = f" It waits for a lock no longer than {found.lock:g} s." if found.lock else ""
        said = (
            f"A statement told to end after {found.statement_asked:g} s ended after {found.statement:.2f} s."
        )
        yield Finding("fine", "limits", said + waits)
    else:
        todo = "Is there a pooler in between that drops settings? Ask the database's administrators."
        said = (
            f"A statement told to end after {found.statement_asked:g} s was not broken off by the database."
        )
        yield Finding("warning", "limits", said, todo)
    if found.statement_asked and not found.lock:
        todo = "Ask the database's administrators why lock timeouts can't be set."
        yield Finding("warning", "limits", "The database has no limit for waiting for a lock.", todo)


async def age(look: Look) -> AsyncIterator[Finding]:
    """Of an extract: how old it is, and may be. One that is too old is not read at all."""
    if look.age is None:
        return
    hours, allowed = look.age.hours, look.age.allowed_hours
    said = (
        f"The extract is of {look.age.as_of.isoformat()}: {hours:.0f} hours old, of {allowed} that it may be."
    )
    if hours > allowed - 12 and hours > allowed / 2:
        yield Finding(
            "warning", "age", said, "Ask the service when the next one comes, or raise fresh_for_hours."
        )
    else:
        yield Finding("fine", "age", said)
