"""Which packages a lock names for one kind of machine, with the hashes of their files."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

MACHINE: Mapping[str, str] = {
    "implementation_name": "cpython",
    "implementation_version": "3.11.7",
    "os_name": "posix",
    "platform_machine": "x86_64",
    "platform_python_implementation": "CPython",
    "platform_release": "",
    "platform_system": "Linux",
    "platform_version": "",
    "python_full_version": "3.11.7",
    "python_version": "3.11",
    "sys_platform": "linux",
}
"""The machine that the bill is written for: it says the same wherever it is written."""

_HASH = re.compile(r"--hash=sha256:([0-9a-f]{64})")


@dataclass(frozen=True, slots=True)
class Locked:
    """One package of a lock: its name in canonical form, its version, the SHA-256 of each of its files."""

    name: str
    version: str
    hashes: tuple[str, ...]


def read_lock(path: Path) -> Mapping[str, Locked]:
    """The packages that a lock installs on ``MACHINE``, by name."""
    return {one.name: one for one in _locked(path.read_text(encoding="utf-8"))}


def _locked(text: str) -> Iterator[Locked]:
    for line in text.replace("\\\n", " ").splitlines():
        if not line or line.startswith((" ", "#")):
            continue
        wanted = Requirement(line.partition("--hash")[0].strip())
        if wanted.marker is None or wanted.marker.evaluate(dict(MACHINE)):
            (version,) = wanted.specifier
            yield Locked(canonicalize_name(wanted.name), version.version, tuple(_HASH.findall(line)))
