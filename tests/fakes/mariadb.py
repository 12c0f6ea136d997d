"""A real MariaDB in one directory, on 127.0.0.1 only: no service, nothing outside it, gone with the tests."""

from __future__ import annotations

import calendar
import os
import secrets
import signal
import socket
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any

from tests.fakes.halting import halted

START_SECONDS = 60


class MariadbServer:
    """Debian's mariadbd (mariadb-server-core), with one database, ``database``, of binary collation."""

    def __init__(self, directory: Path, buffer: str = "16M") -> None:
        self._directory = directory
        self._buffer = buffer
        self._password = secrets.token_urlsafe(16)
        self._running: subprocess.Popen[bytes] | None = None
        self.port = _free_port()
        self.database = "spec"

    def __enter__(self) -> MariadbServer:
        self._make()
        self._start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._running is not None:
            self._running.send_signal(signal.SIGCONT)
            self._running.kill()
            self._running.wait()

    def create_reader(self, name: str, password: str) -> None:
        """A user who may only read the database."""
        quoted = password.replace("'", "''")
        self.run(
            f"CREATE USER {name}@'127.0.0.1' IDENTIFIED BY '{quoted}'",
            f"GRANT SELECT ON {self.database}.* TO {name}@'127.0.0.1'",
        )

    def connection(self, user: str) -> dict[str, Any]:
        """A source file's connection to the database, whose password is ``env:PASSWORD``."""
        return {
            "driver": "MariaDB Unicode", "server": "127.0.0.1", "port": self.port, "database": self.database,
            "user": user, "password": "env:PASSWORD", "ssl": "disable",
        }  # fmt: skip

    def run(self, *statements: str) -> list[Sequence[Any]]:
        """The rows of the last statement, as somebody who may do anything."""
        with self.connected() as cursor:
            for one in statements:
                cursor.execute(one)
            return list(cursor.fetchall()) if cursor.description else []

    def insert(self, statement: str, rows: Sequence[Sequence[object]]) -> None:
        """Run a statement once for each row."""
        with self.connected() as cursor:
            cursor.execute("START TRANSACTION")
            for row in rows:
                cursor.execute(statement, *row)
            cursor.execute("COMMIT")

    @contextmanager
    def connected(self) -> Iterator[Any]:
        """A cursor of somebody who may do anything."""
        import pyodbc  # the driver manager may be missing

        connection = pyodbc.connect(
            f"DRIVER={{MariaDB Unicode}};SERVER=127.0.0.1;PORT={self.port};DATABASE={self.database};UID=maker;"
            f"PWD={self._password};CHARSET=utf8mb4;NO_PROMPT=1",
            autocommit=True,
        )
        try:
            connection.execute("SET time_zone = '+00:00'")
            yield connection.cursor()
        finally:
            connection.close()

    @contextmanager
    def frozen(self) -> Iterator[None]:
        """Halted (SIGSTOP) for as long as the context lasts: it stays connected and answers nothing."""
        assert self._running is not None
        with halted(self._running):
            yield

    def _make(self) -> None:
        self._directory.mkdir(exist_ok=True)
        install = ["mariadb-install-db", "--no-defaults", *self._places(), *_as_whom()]
        install += ["--auth-root-authentication-method=normal", "--skip-test-db", "--skip-name-resolve"]
        subprocess.run(install, check=True, capture_output=True)  # noqa: S603 -- our own arguments
        first = self._directory / "first.sql"
        first.touch(0o600)
        first.write_text(
            f"CREATE DATABASE IF NOT EXISTS {self.database} CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;\n"
            f"CREATE USER maker@'127.0.0.1' IDENTIFIED BY '{self._password}';\n"
            "GRANT ALL ON *.* TO maker@'127.0.0.1' WITH GRANT OPTION;\n"
            "DROP USER root@localhost;\n" + _london()
        )

    def _start(self) -> None:
        command = ["mariadbd", "--no-defaults", *self._places(), *_as_whom(), "--bind-address=127.0.0.1"]
        command += [f"--port={self.port}", f"--socket={self._directory / 's'}", "--skip-name-resolve"]
        command += [f"--init-file={self._directory / 'first.sql'}", "--innodb-flush-log-at-trx-commit=0"]
        command += [
            f"--innodb-buffer-pool-size={self._buffer}",
            f"--log-error={self._directory / 'error.log'}",
        ]
        environment = {**os.environ, "PATH": f"{os.environ.get('PATH', '')}:/usr/sbin"}
        self._running = subprocess.Popen(command, env=environment)  # noqa: S603 -- as above
        ends = time.monotonic() + START_SECONDS
        while not self._answers():
            if self._running.poll() is not None or time.monotonic() > ends:
                raise RuntimeError((self._directory / "error.log").read_text()[-2000:])
            time.sleep(0.1)

    def _answers(self) -> bool:
        import pyodbc  # as above

        try:
            return bool(self.run("SELECT 1"))
        except pyodbc.Error:
            return False

    def _places(self) -> list[str]:
        return [f"--datadir={self._directory / 'data'}"]


def _london() -> str:
    """The time zone, as the server's own tool would load it: GMT (0) and BST (1), 2000 to 2037."""
    turns = [
        (int(datetime(year, month, _last_sunday(year, month), 1, tzinfo=UTC).timestamp()), kind)
        for year in range(2000, 2038)
        for month, kind in ((3, 1), (10, 0))
    ]
    rows = ",".join(f"(1,{moment},{kind})" for moment, kind in turns)
    tables = {
        "time_zone": "(1,'N')",
        "time_zone_name": "('Europe/London',1)",
        "time_zone_transition_type": "(1,0,0,0,'GMT'),(1,1,3600,1,'BST')",
        "time_zone_transition": rows,
    }
    return "".join(f"INSERT INTO mysql.{table} VALUES {values};\n" for table, values in tables.items())  # noqa: S608 -- from above


def _last_sunday(year: int, month: int) -> int:
    return max(week[calendar.SUNDAY] for week in calendar.monthcalendar(year, month))


def _as_whom() -> list[str]:
    """It refuses to run as root unless that is said."""
    return ["--user=root"] if os.geteuid() == 0 else []


def _free_port() -> int:
    with socket.socket() as tried:
        tried.bind(("127.0.0.1", 0))
        return int(tried.getsockname()[1])
