"""Runs a real PostgreSQL for the demo and the tests: no apt, no root, nothing outside one directory.

    with PostgresCluster(Path(".state/postgres")) as cluster:
        cluster.create_role("reader", "a password")
        cluster.create_database("housing")
        cluster.run("CREATE TABLE tenancy (...)", database="housing")
        dsn = cluster.dsn("housing", user="reader", password="a password")

It listens on 127.0.0.1 only, and asks everyone for a password (SCRAM). The data directory is kept between
starts, so that only the first start is slow (about a second).
"""

from __future__ import annotations

import contextlib
import os
import secrets
import shutil
import signal
import socket
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import TracebackType
from urllib.parse import quote

from deploy.demo.postgres_binaries import PostgresFault, account, home_for, installed, programs_for
from deploy.demo.postgres_programs import Programs

SUPERUSER = "postgres"
START_SECONDS = 30

# Sized for a demo beside a broker on a small machine. Durability is PostgreSQL's own default: what is
# committed survives a crash.
SETTINGS: Mapping[str, str] = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "max_connections": "150",
    "shared_buffers": "64MB",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "max_parallel_workers_per_gather": "0",
    "jit": "off",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_line_prefix": "%m [%p] %u@%d %a ",
}


class PostgresCluster:
    """A PostgreSQL server of its own. ``settings`` (names and values of postgresql.conf) go before SETTINGS.

    ``port``: None keeps the port of the last start when it is still free, else takes any free one.
    Every method raises PostgresFault, in plain English, when PostgreSQL can't do what was asked.
    """

    def __init__(
        self, directory: Path, port: int | None = None, *, settings: Mapping[str, str] | None = None
    ) -> None:
        self._account = account()
        installed()  # said before anything is made
        self._home = home_for(directory.resolve(), self._account)
        self._wanted_port = port
        self._settings = {**SETTINGS, **(settings or {})}
        self._programs = Programs(programs_for(self._home, self._account), self._account)
        self.directory = self._home / "data"
        self.password_file = self._home / "superuser-password"
        self.log_file = self.directory / "server.log"

    def __enter__(self) -> PostgresCluster:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    # --- starting and stopping

    def start(self) -> None:
        """Start, and return when it answers. Makes the data directory at the first start; idempotent."""
        if self.running:
            return
        if not (self.directory / "PG_VERSION").exists():
            self._make()
        self._write_settings(self._choose_port())
        try:
            self._pg_ctl("start", "--wait", f"--timeout={START_SECONDS}", f"--log={self.log_file}")
        except PostgresFault as fault:
            raise PostgresFault(f"{fault}\n{self._last_words()}") from fault

    def stop(self) -> None:
        """Stop cleanly: open transactions are rolled back, connections closed. Idempotent."""
        self._stop("fast")

    def stop_at_once(self) -> None:
        """Stop as if it had crashed: the next start recovers from the log."""
        self._stop("immediate")

    def freeze(self) -> None:
        """Halt every process of the server (SIGSTOP): it stays connected and answers nothing."""
        self._signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """Let a frozen server go on."""
        self._signal(signal.SIGCONT)

    @contextlib.contextmanager
    def frozen(self) -> Iterator[None]:
        """Frozen for as long as the context lasts, and thawed whatever happens in it."""
        self.freeze()
        try:
            yield
        finally:
            self.thaw()

    def destroy(self) -> None:
        """Stop, and delete the data directory and everything else that this cluster made."""
        self._stop("immediate")
        shutil.rmtree(self._home)

    @property
    def running(self) -> bool:
        """Whether the server runs, also when another process started it."""
        return (self.directory / "postmaster.pid").exists() and self._status() == 0

    @property
    def port(self) -> int:
        """The TCP port on 127.0.0.1."""
        try:
            return int((self._home / "port").read_text())
        except FileNotFoundError:
            raise PostgresFault("This PostgreSQL has never been started: it has no port yet.") from None

    # --- databases and roles

    @property
    def password(self) -> str:
        """The superuser's password: random, and kept in ``password_file`` (0600)."""
        return self.password_file.read_text().strip()

    def dsn(self, database: str = "postgres", user: str = SUPERUSER, password: str | None = None) -> str:
        """An address with user and password; the superuser's when neither is given."""
        chosen = self.password if password is None else password
        return (
            f"postgresql://{quote(user, safe='')}:{quote(chosen, safe='')}@127.0.0.1:{self.port}/{database}"
        )

    def create_database(self, name: str, owner: str = SUPERUSER) -> None:
        """Make a database. Nobody but its owner may make tables in it; a database of that name is kept."""
        if not self.run("SELECT 1 FROM pg_database WHERE datname = :'name'", name=name):
            make = 'CREATE DATABASE :"name" OWNER :"owner" STRATEGY file_copy'
            self.run(make, name=name, owner=owner)

    def drop_database(self, name: str) -> None:
        """Delete a database, breaking off whoever is connected to it."""
        self.run('DROP DATABASE IF EXISTS :"name" WITH (FORCE)', name=name)

    def create_role(self, name: str, password: str) -> None:
        """Make a role that may log in and nothing else, or give it a new password."""
        known = self.run("SELECT 1 FROM pg_roles WHERE rolname = :'name'", name=name)
        verb = "ALTER" if known else "CREATE"
        self.run(f"{verb} ROLE :\"name\" LOGIN PASSWORD :'password'", name=name, password=password)

    def run(self, sql: str, database: str = "postgres", **values: str) -> list[list[str]]:
        """Run statements as the superuser; the rows of all of them, as texts.

        ``values`` stand in the text as psql writes them: ``:'name'`` a text, ``:"name"`` an identifier.
        """
        psql = ["psql", "--no-psqlrc", "--quiet", "--no-align", "--tuples-only", "--set=ON_ERROR_STOP=1"]
        psql += ["--field-separator=\x1f", "--host=127.0.0.1", f"--port={self.port}"]
        psql += [f"--username={SUPERUSER}", f"--dbname={database}", "--file=-"]
        # By the environment, because other accounts of the machine can read a command line.
        told = "".join(f"\\getenv {name} VALUE_{name}\n" for name in values)
        extra = {f"VALUE_{name}": value for name, value in values.items()}
        printed = self._programs.call(psql, given=told + sql, extra={"PGPASSWORD": self.password, **extra})
        return [line.split("\x1f") for line in printed.splitlines() if line]

    # --- inside

    def _make(self) -> None:
        """initdb, into a directory that gets its name only when it is whole."""
        _write_private(self.password_file, secrets.token_urlsafe(24))
        fresh = Path(tempfile.mkdtemp(dir=self._home, prefix="making-"))
        self._account.own(fresh)
        with tempfile.NamedTemporaryFile("w", dir=fresh.parent) as told:
            told.write(self.password)
            told.flush()
            self._account.own(Path(told.name))
            initdb = ["initdb", f"--pgdata={fresh}", f"--username={SUPERUSER}", f"--pwfile={told.name}"]
            initdb += ["--auth=scram-sha-256", "--encoding=UTF8", "--no-sync", "--no-instructions"]
            # Sorts by code point, like most councils' systems' keys, and knows the case of every letter.
            initdb += ["--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
            self._programs.call(initdb)
        fresh.rename(self.directory)

    def _write_settings(self, port: int) -> None:
        lines = [
            f"{key} = {_setting(value)}" for key, value in ({**self._settings, "port": str(port)}).items()
        ]
        self._write_in_directory("postgresql.auto.conf", "\n".join(lines) + "\n")
        self._write_in_directory("pg_hba.conf", "host all all 127.0.0.1/32 scram-sha-256\n")
        (self._home / "port").write_text(str(port))

    def _write_in_directory(self, name: str, text: str) -> None:
        path = self.directory / name
        _write_private(path, text)
        self._account.own(path)

    def _choose_port(self) -> int:
        if self._wanted_port is not None:
            if not _is_free(self._wanted_port):
                raise PostgresFault(f"Port {self._wanted_port} is in use. Name another, or none.")
            return self._wanted_port
        with contextlib.suppress(PostgresFault):
            if _is_free(self.port):
                return self.port
        return _free_port()

    def _stop(self, mode: str) -> None:
        if not self.running:
            return
        self.thaw()  # a frozen server hears no other signal
        try:
            self._pg_ctl("stop", "--wait", f"--mode={mode}", f"--timeout={START_SECONDS}")
        except PostgresFault:
            if self.running:  # else whoever started it was stopping it already
                raise

    def _signal(self, number: signal.Signals) -> None:
        """To the postmaster first, so that it makes no new process meanwhile."""
        with contextlib.suppress(FileNotFoundError):  # it ends just now
            self._signal_each(int((self.directory / "postmaster.pid").read_text().split()[0]), number)

    def _signal_each(self, postmaster: int, number: signal.Signals) -> None:
        for one in (postmaster, *_children(postmaster)):
            with contextlib.suppress(ProcessLookupError):
                os.kill(one, number)

    def _status(self) -> int:
        command = ["pg_ctl", "status", f"--pgdata={self.directory}"]
        return self._programs.run(command).returncode

    def _pg_ctl(self, verb: str, *options: str) -> None:
        self._programs.call(["pg_ctl", verb, "--silent", f"--pgdata={self.directory}", *options])

    def _last_words(self) -> str:
        with contextlib.suppress(OSError):
            return "\n".join(self.log_file.read_text(errors="replace").splitlines()[-5:])
        return "It left no log."


def _children(parent: int) -> list[int]:
    """The processes that ``parent`` started, by Linux's /proc."""
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            # "pid (name) state ppid ...": the name may hold anything, so count from its last bracket.
            text = stat.read_text()
            if int(text.rpartition(")")[2].split()[1]) == parent:
                found.append(int(text.split()[0]))
    return found


def _write_private(path: Path, text: str) -> None:
    """Write a file that only its owner may read, from its first moment."""
    path.unlink(missing_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as opened:
        opened.write(text)


def _is_free(port: int) -> bool:
    with socket.socket() as tried:
        tried.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        return tried.connect_ex(("127.0.0.1", port)) != 0


def _free_port() -> int:
    with socket.socket() as tried:
        tried.bind(("127.0.0.1", 0))
        return int(tried.getsockname()[1])


def _setting(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
