"""From the settings to the staff directory that they describe."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from broker.staff.entries import StaffDirectory
from broker.staff.exports import ExportDirectory
from broker.staff.ldap import LdapStaff
from broker.staff.settings import LdapDirectory, StaffDirectorySettings


def staff_directory(
    settings: StaffDirectorySettings, base: Path, secret: Callable[[str], str]
) -> StaffDirectory:
    """Not asked yet. Paths are relative to ``base``. Raises exports.DirectoryUnfit."""
    if isinstance(settings, LdapDirectory):
        reference = settings.password
        return LdapStaff(settings, base, lambda: secret(reference) if reference else None)
    return ExportDirectory(settings, base / settings.path)
