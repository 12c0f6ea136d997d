"""Littleworth as it is in service: a process of its own that is asked over a socket, on sources that are files.

So that it can be killed as a machine would kill it, and started again on what it left behind.
"""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import apsw

import handwritten
from broker.audit.keys import create_keys, load_keys
from broker.audit.reader import AuditReader
from connectors.contract import Candidate
from connectors.memory_rows import database_of, row_of
from connectors.source_file import SourceFile
from deploy.demo.sign_in import SignIn
from tests.fakes.littleworth import BROKER, POLICIES, SOCIAL_WORKER, SOURCES, row, write_files

ROOT = Path(__file__).parents[2]
ENVIRONMENT = {**os.environ, "SEAL_KEY": "5e" * 32, "PYTHONUNBUFFERED": "1"}


@dataclass(frozen=True, slots=True)
class Served:
    """A broker's process that listens, and where."""

    process: subprocess.Popen[str]
    address: str

    def kill(self) -> None:
        """Kill -9: it gets no chance to do anything more."""
        self.process.kill()
        self.process.communicate()


@dataclass(frozen=True, slots=True)
class ServedLittleworth:
    """The files of a Littleworth whose broker may be started, killed and started again."""

    directory: Path
    sign_in: SignIn
    command: tuple[str, ...] = ("broker",)
    """The module that is run, and what goes before the broker's own words."""

    @property
    def log(self) -> Path:
        return self.directory / "state" / "audit.db"

    def headers(self) -> Mapping[str, str]:
        token = self.sign_in.token(SOCIAL_WORKER, datetime.now(UTC))
        return {"Authorization": f"Bearer {token}"}

    async def start(self) -> Served:
        """``broker serve``, from the moment on when it says that it listens."""
        return await asyncio.to_thread(self._started)

    def verified(self) -> Mapping[str, object]:
        """What ``broker audit verify`` says, in a process of its own."""
        told = subprocess.run(  # noqa: S603 -- our own interpreter on our own module
            [
                *(sys.executable, "-m", "broker", "audit", "verify"),
                *("--partnership", str(self.directory), "--json"),
            ],
            cwd=ROOT,
            env=ENVIRONMENT,
            capture_output=True,
            text=True,
            check=False,
        )
        found: Mapping[str, object] = json.loads(told.stdout)
        return {**found, "exit_code": told.returncode}

    def reader(self) -> AuditReader:
        keys = load_keys(self.log.parent / "keys")
        return AuditReader.open(self.log, keys, "littleworth.example/family-context")

    def _started(self) -> Served:
        # Our own interpreter on our own module:
        process = subprocess.Popen(  # noqa: S603
            [sys.executable, "-m", *self.command, "serve", str(self.directory), "--port", "0", "--json"],
            cwd=ROOT,
            env=ENVIRONMENT,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        return Served(process, _said(process)["address"])


def settled(directory: Path, also: Sequence[Candidate] = ()) -> ServedLittleworth:
    """Littleworth's files in a new directory, with Emma Ashdown known to every service of it, as are ``also``."""
    today = datetime.now(UTC).date()
    sources = {name: _on_a_file(name, text) for name, text in SOURCES.items()}
    # As long as the tests may live: the clock of a broker's process is the real one.
    policies = {
        name: text.replace("until: 2027-01-01", f"until: {today + timedelta(days=180)}")
        for name, text in POLICIES.items()
    }
    write_files(directory, sources=sources, policies=policies)
    (directory / "broker.yaml").write_text(BROKER.replace("released_every_ms: 25", "released_every_ms: 2"))
    sign_in = SignIn()
    sign_in.write_key_set(directory / "state" / "jwks.json")
    create_keys(directory / "state" / "keys")
    for name in sources:
        _fill(directory, name, today, also)
    return ServedLittleworth(directory, sign_in)


def _on_a_file(name: str, text: str) -> str:
    for old, new in (
        ("kind: memory", "kind: sqlite"),
        ("connection: {}", f"connection: {{path: {name}.db}}"),
        ("table: people", "table: rows"),
    ):
        text = text.replace(old, new)
    return text


def _fill(directory: Path, name: str, today: date, also: Sequence[Candidate]) -> None:
    source = handwritten.read(directory / "sources" / f"{name}.yaml", SourceFile)
    emma = row(f"{name}-1", started=today - timedelta(days=400), last_contact=today - timedelta(days=9))
    made = database_of(source, [row_of(one, source) for one in (emma, *also)])
    kept = apsw.Connection(str(directory / f"{name}.db"))
    with kept.backup("main", made, "main") as copying:
        copying.step()
    made.close()
    kept.close()


def _said(process: subprocess.Popen[str]) -> Mapping[str, str]:
    """The object that a command says of itself before it goes on."""
    assert process.stdout is not None
    lines: list[str] = []
    while not lines or lines[-1].rstrip() != "}":
        line = process.stdout.readline()
        assert line, f"the broker did not start: {process.communicate()[1]}"
        lines.append(line)
    said: Mapping[str, str] = json.loads("".join(lines))
    return said
