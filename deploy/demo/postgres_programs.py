"""Runs PostgreSQL's own programs (initdb, pg_ctl, psql), as an account that may."""

from __future__ import annotations

import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from deploy.demo.postgres_binaries import Account, PostgresFault


class Programs:
    """The programs below ``place``, run by ``runs_as``."""

    def __init__(self, place: Path, runs_as: Account) -> None:
        self._place = place
        self._account = runs_as

    def call(self, command: Sequence[str], given: str = "", extra: Mapping[str, str] | None = None) -> str:
        """What a program prints. Raises PostgresFault with what it complains of."""
        ended = self.run(command, given, extra)
        if ended.returncode:
            raise PostgresFault(f"PostgreSQL's {command[0]} failed: {ended.stderr.strip()}")
        return ended.stdout

    def run(
        self, command: Sequence[str], given: str = "", extra: Mapping[str, str] | None = None
    ) -> subprocess.CompletedProcess[str]:
        """Run a program to its end. ``given`` is its input; ``extra`` is added to its environment.

        Files, not pipes, take what it prints: the server that pg_ctl leaves would keep a pipe open.
        """
        program = self._place / "bin" / command[0]
        with (
            tempfile.TemporaryFile("w+") as read,
            tempfile.TemporaryFile("w+") as out,
            tempfile.TemporaryFile("w+") as err,
        ):
            read.write(given)
            read.seek(0)
            # The program is PostgreSQL's own, and its arguments are ours.
            ended = subprocess.run(  # nosec B603  # noqa: S603
                [str(program), *command[1:]],
                stdin=read, stdout=out, stderr=err, text=True, check=False, cwd="/",
                env=self._environment(extra), user=self._account.uid, group=self._account.gid,
                extra_groups=None if self._account.uid is None else [],
            )  # fmt: skip
            out.seek(0)
            err.seek(0)
            return subprocess.CompletedProcess(command, ended.returncode, out.read(), err.read())

    def _environment(self, extra: Mapping[str, str] | None) -> Mapping[str, str]:
        """Nothing of the caller's: PGHOST, LC_ALL and their like would lead the programs elsewhere."""
        libraries = str(self._place / "lib")
        return {"PATH": "/usr/bin:/bin", "LC_ALL": "C", "LD_LIBRARY_PATH": libraries, **(extra or {})}
