"""Following a page to the letter: its files are written, its commands are run, and say what the page says."""

from __future__ import annotations

import os
import re
import shlex
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
_BLOCK = re.compile(r"^```(\w+)(?: ([^\n]+))?\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_NO_WORDS = re.compile(r"[\s│┃]+")
_ID = re.compile(r"\b[qr]-[0-9a-f]{12,}")
_DONE = "the command ended with"


@dataclass(frozen=True)
class Block:
    """A block of the page: ``console``, ``sql``, or ``yaml`` with the path of its file."""

    kind: str
    path: str
    text: str


class Shell:
    """One bash for the whole page, as a reader has it: what is exported stays, and what runs behind goes on."""

    def __init__(self, directory: Path) -> None:
        bin_directory = directory.parent / "bin"
        bin_directory.mkdir()
        broker = bin_directory / "broker"
        broker.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} -m broker "$@"\n')
        broker.chmod(0o755)
        path = f"{bin_directory}:{os.environ['PATH']}"
        environment = {**os.environ, "PATH": path, "PYTHONPATH": str(ROOT), "COLUMNS": "300"}
        self._bash = subprocess.Popen(
            ["/bin/bash"],
            cwd=directory,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )

    def run(self, command: str) -> tuple[int, str]:
        """The exit code, and all that was printed."""
        assert self._bash.stdin is not None
        assert self._bash.stdout is not None
        self._bash.stdin.write(f"{command}\necho; echo {_DONE} $?\n")
        self._bash.stdin.flush()
        said: list[str] = []
        for line in self._bash.stdout:
            if line.startswith(_DONE):
                return int(line.split()[-1]), "".join(said)
            said.append(line)
        raise AssertionError(f"the shell is gone: {''.join(said)}")

    def close(self) -> None:
        """End it with everything that it started."""
        os.killpg(self._bash.pid, signal.SIGTERM)
        self._bash.wait(timeout=30)
        for stream in (self._bash.stdin, self._bash.stdout):
            if stream is not None:
                stream.close()


def blocks(page: str) -> list[Block]:
    return [Block(kind, path or "", text) for kind, path, text in _BLOCK.findall(page)]


def commands(block: str) -> Iterator[tuple[str, list[str]]]:
    """Each command with the lines that it is said to print."""
    for part in re.split(r"^\$ ", block.replace("\\\n", " "), flags=re.MULTILINE)[1:]:
        command, *said = part.splitlines()
        yield command, [line for line in said if line.strip()]


def words(text: str) -> str:
    """The text without what only draws: blanks, and the lines of tables."""
    return _NO_WORDS.sub(" ", text).strip()


def follow(text: str, shell: Shell, ids: dict[str, str] | None = None) -> None:
    """Run every command of a console block; each ends well, and says what it is said to say.

    ``ids``: the page's ids of queries and reports, and what they are in this run; what is printed first is learnt.
    """
    known = {} if ids is None else ids
    for command, expected in commands(text):
        ran = _ID.sub(lambda found: known[found[0]], command)
        code, said = shell.run(ran)
        assert code == 0, f"{ran}\n{said}"
        for line in expected:
            _learn(line, said, known)
            assert words(_ID.sub(lambda found: known[found[0]], line)) in words(said), f"{ran}\n{said}"


def _learn(line: str, said: str, known: dict[str, str]) -> None:
    """An id that the page prints for the first time is the one that stands in the same words now."""
    for name in _ID.findall(line):
        if name not in known:
            before, after = (re.escape(words(part)) for part in line.split(name))
            found = re.search(rf"{before} ?({_ID.pattern}) ?{after}", words(said))
            assert found, f"no id for {name} in:\n{said}"
            known[name] = found[1]
