"""Files that whoever reads them beside us meets whole: made beside their place, durable, then moved there."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path


def holds(path: Path, content: bytes) -> bool:
    """Whether a file is there, and has these bytes."""
    try:
        return path.read_bytes() == content
    except OSError:
        return False


def write(path: Path, content: bytes) -> None:
    """Write a file whole or not at all, what is in it durable before its name is."""
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f".{path.name}.part")
    with beside.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    beside.replace(path)


def synced(directories: set[Path]) -> None:
    """Make the names in directories durable."""
    for one in directories:
        with suppress(FileNotFoundError):  # of partial tiles that are full by now
            handle = os.open(one, os.O_RDONLY)
            try:
                os.fsync(handle)
            finally:
                os.close(handle)


@contextmanager
def alone(directory: Path) -> Iterator[bool]:
    """Whether nobody else holds the directory; nobody does until this ends. Raises OSError."""
    handle = os.open(directory, os.O_RDONLY)
    try:
        yield _locked(handle)
    finally:
        os.close(handle)


def _locked(handle: int) -> bool:
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
