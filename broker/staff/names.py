"""The names of everybody in a staff directory that is a file: for watching who looks colleagues up."""

from __future__ import annotations

from pathlib import Path

from broker.staff.exports import DirectoryUnfit, entries_in
from broker.staff.settings import LdapDirectory, StaffDirectorySettings


def as_it_is(settings: StaffDirectorySettings | None, base: Path) -> tuple[int, int, int] | None:
    """The file, so that one that changed is told: when it was written, its length, its inode. None without one."""
    if settings is None or isinstance(settings, LdapDirectory):
        return None
    try:
        found = (base / settings.path).stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size, found.st_ino


def staff_names(settings: StaffDirectorySettings | None, base: Path) -> tuple[str, ...]:
    """The names of those who work here. None of an LDAP directory: it is asked about one person, never listed.

    Raises exports.DirectoryUnfit.
    """
    if settings is None or isinstance(settings, LdapDirectory):
        return ()
    try:
        content = (base / settings.path).read_bytes()
    except OSError as fault:
        raise DirectoryUnfit(f"the file could not be read ({type(fault).__name__})") from None
    return tuple(one.name for one in entries_in(settings, content) if one.name and not one.has_left)
