"""Witnesses of the tests: a log that is only numbers, and a witness's real process over HTTP."""

from __future__ import annotations

import base64
import json
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from broker.audit.checkpoint import Checkpoint, Verifier, signed
from broker.audit.tree import Frontier, consistency_proof, leaf_hash, perfect_root
from tests.fakes.served_littleworth import ENVIRONMENT, ROOT

NAME = "police.littleworth.example/witness"


@dataclass(slots=True)
class NumberedLog:
    """A log whose entries are short texts, with a key of its own."""

    origin: str = "numbers.example/log"
    entries: list[bytes] = field(default_factory=list)
    key: Ed25519PrivateKey = field(default_factory=Ed25519PrivateKey.generate)

    @property
    def verifier(self) -> Verifier:
        return Verifier(self.origin, self.key.public_key().public_bytes_raw())

    def grow(self, count: int, word: str = "entry") -> NumberedLog:
        self.entries += [f"{word} {len(self.entries) + number}".encode() for number in range(count)]
        return self

    def forked(self, at: int, count: int) -> NumberedLog:
        """The log of the same key with another history from an entry on."""
        return NumberedLog(self.origin, self.entries[:at], self.key).grow(count, "another")

    def checkpoint(self, size: int | None = None) -> Checkpoint:
        tree, size = Frontier(), len(self.entries) if size is None else size
        for entry in self.entries[:size]:
            tree = tree.with_leaf(leaf_hash(entry))
        return Checkpoint(self.origin, size, tree.root())

    def note(self, size: int | None = None) -> str:
        return signed(self.checkpoint(size), self.key)

    def request(self, old: int, size: int | None = None, proof: Sequence[bytes] | None = None) -> str:
        """The body of add-checkpoint, with the proof that it needs unless another is given."""
        size = len(self.entries) if size is None else size
        lines = self.proof(old, size) if proof is None else proof
        return "\n".join(
            [f"old {old}", *(base64.b64encode(one).decode() for one in lines), "", self.note(size)]
        )

    def proof(self, old: int, size: int) -> Sequence[bytes]:
        hashes = [leaf_hash(entry) for entry in self.entries[:size]]
        return consistency_proof(
            old, size, lambda height, number: perfect_root(hashes[number << height : (number + 1) << height])
        )


@dataclass(slots=True)
class WitnessProcess:
    """``broker audit witness run`` in a process of its own; started again, it listens at the same address."""

    directory: Path
    key: str
    address: str = ""
    process: subprocess.Popen[str] | None = None

    def start(self) -> WitnessProcess:
        port = self.address.rpartition(":")[2] or "0"
        # Our own interpreter on our own module:
        self.process = subprocess.Popen(  # noqa: S603
            [*_WITNESS, "run", str(self.directory), "--port", port, "--json"],
            cwd=ROOT,
            env=ENVIRONMENT,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        assert self.process.stdout is not None
        lines = [self.process.stdout.readline() for _ in range(4)]
        assert all(lines), "the witness did not start"
        self.address = json.loads("".join(lines))["address"]
        return self

    def kill(self) -> None:
        """Kill -9: it gets no chance to do anything more."""
        if self.process is not None:
            self.process.kill()
            self.process.communicate()
            self.process = None


_WITNESS = (sys.executable, "-c", "from broker.cli.witness_run import witness; witness()")
"""``broker audit witness``, without the rest of the command line, which takes longer to load than the witness."""


def made_witness(directory: Path, *logs: Verifier, tls: str = "", name: str = NAME) -> WitnessProcess:
    """A witness in a new directory, of these logs; not yet running."""
    told = subprocess.run(  # noqa: S603 -- our own interpreter on our own module
        [*_WITNESS, "init", str(directory), "--name", name, "--json"],
        cwd=ROOT,
        env=ENVIRONMENT,
        capture_output=True,
        text=True,
        check=True,
    )
    listed = "".join(f"  - {{origin: {one.name}, keys: ['{one.text()}']}}\n" for one in logs)
    (directory / "witness.yaml").write_text(
        f"format: witness/1\nname: {name}\n{tls}logs:\n{listed}", encoding="utf-8"
    )
    return WitnessProcess(directory, json.loads(told.stdout)["key"])
