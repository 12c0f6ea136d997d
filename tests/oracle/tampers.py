"""``make tampers``: ten thousand ways to tamper with a log, each shown to all verifiers; the report is committed.

Our own ``verify``, the stand-alone verifier and Go's sumdb each judge the same tampered log. What is signed again
with the real key passes alone, with all three, and is refused by all three against a checkpoint that was kept.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import random
import secrets
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import apsw

from broker.audit.checkpoint import Verifier
from broker.audit.keys import create_keys, load_keys
from broker.audit.proof import proves
from broker.audit.publishing import differing, publish
from broker.audit.stores.sqlite_store import SqliteStore
from broker.audit.tiles import CHECKPOINT, bundle, tiles
from broker.audit.tree import Frontier, leaf_hash
from broker.audit.verify import verified
from broker.audit.writer import note_of
from tests.oracle import tampering
from tests.oracle.go_sumdb import Go, GoMissing, built
from tests.oracle.tampering import Base, Proof
from tests.reports import made_here
from tests.unit.audit.audit_samples import ORIGIN, closed, disclosure, intent, reading, writing
from tests.unit.audit.standalone import SCRIPT

REPORT = Path("tests/reports/tampers.json")
TOGETHER = 100
SHARES = {"log": 0.4, "signed again": 0.1, "index": 0.05, "files": 0.25, "proof": 0.2}


@dataclass(slots=True)
class Case:
    """One tampered log or proof, and who caught it: True, False, or None where it was not theirs to see."""

    kind: str
    way: str
    path: Path
    caught: dict[str, bool | None] = field(default_factory=dict)
    passes_alone: dict[str, bool] = field(default_factory=dict)

    @property
    def missed(self) -> bool:
        """Whether somebody did not catch it; or somebody caught, without a checkpoint, what was signed again."""
        return False in self.caught.values() or False in self.passes_alone.values()


def make_base(directory: Path) -> Base:
    """A log of 560 entries: some questions about people, and many that were closed."""
    asyncio.run(_write(directory))
    keys = load_keys(directory / "keys")
    with reading(directory) as reader:
        publish(reader.store, reader.verifier, directory / "tiles")
        note, size = reader.checkpoint(), reader.store.size()
        for name in ("proofs", "entries"):
            (directory / name).mkdir()
        for index, _, raw in reader.store.rows():
            (directory / "proofs" / str(index)).write_text(reader.prove(index) or "", encoding="utf-8")
            (directory / "entries" / str(index)).write_bytes(raw)
    (directory / "kept").write_text(note, encoding="utf-8")
    create_keys(directory / "others")
    others = load_keys(directory / "others")
    tree = Frontier(size, (bytes(32),) * size.bit_count())
    foreign = note_of(tree, others, ORIGIN), note_of(tree, keys, "southshire.example/family-context")
    others.close()
    return Base(directory, size, note, foreign, keys)


async def _write(directory: Path) -> None:
    async with writing(directory) as log:
        for first in range(0, 560, 56):
            await asyncio.gather(*(log.record(_event(number)) for number in range(first, first + 56)))


def _event(number: int) -> Any:
    """Of fourteen entries two, of one question, have personal parts."""
    if number % 14 == 0:
        return intent(f"q-{number // 14}")
    return disclosure(f"q-{number // 14}") if number % 14 == 1 else closed(f"q-{number}")


class Tampers:
    """Draws cases, and has our own verifier judge each as it is made."""

    def __init__(self, base: Base, work: Path, chance: random.Random) -> None:
        self.base, self.work, self.chance = base, work, chance
        self.verifier = Verifier(ORIGIN, base.keys.public)
        shutil.copy(base.directory / "audit.db", work / "tampered.db")
        self.connection = apsw.Connection(str(work / "tampered.db"))
        self.store = SqliteStore(self.connection, None)

    def case(self, number: int) -> Case:
        kind = self.chance.choices(list(SHARES), list(SHARES.values()))[0]
        make: Callable[[Path], Case] = {
            "log": self._log,
            "signed again": self._signed_again,
            "index": self._index,
            "files": self._files,
            "proof": self._proof,
        }[kind]
        return make(self.work / str(number))

    def _log(self, path: Path) -> Case:
        edit = self.chance.choice([*tampering.CONTENT, *tampering.AS_IT_IS])
        finish = self.chance.choice(list(tampering.FINISHES)) if edit in tampering.CONTENT else "as it is"
        with self._tampered(edit, tampering.FINISHES[finish]):
            caught = not verified(self.store, self.verifier).good
            self._exported(path)
        return Case("log", f"{_named(edit)}; {finish}", path, {"ours": caught})

    def _signed_again(self, path: Path) -> Case:
        edit = self.chance.choice(tampering.KEEPS_ITS_FORM)
        with self._tampered(edit, partial(tampering.sign, keys=self.base.keys)):
            alone = verified(self.store, self.verifier).good
            caught = not verified(self.store, self.verifier, self.base.note).good
            self._exported(path)
        return Case("signed again", _named(edit), path, {"ours": caught}, {"ours": alone})

    def _index(self, path: Path) -> Case:
        """Of the file alone: the index is in nothing that is published."""
        edit = self.chance.choice(tampering.INDEX)
        with self._tampered(edit, lambda _: None):
            caught = not verified(self.store, self.verifier).good
        return Case("index", _named(edit), path, {"ours": caught, "stand-alone": None, "go": None})

    def _files(self, path: Path) -> Case:
        edit = self.chance.choice(tampering.FILES)
        edit(tampering.copied(self.base, path), self.base, self.chance)
        caught = differing(self.store, self.verifier, path) is not None
        return Case("files", _named(edit), path, {"ours": caught})

    def _proof(self, path: Path) -> Case:
        edit, index = self.chance.choice(tampering.PROOFS), self.chance.randrange(self.base.size)
        sound = Proof(self.base.proof(index).encode(), self.base.entry(index))
        proof = edit(sound, self.base, self.chance)
        path.with_suffix(".proof").write_bytes(proof.text)
        path.with_suffix(".entry").write_bytes(proof.entry)
        return Case("proof", _named(edit), path.with_suffix(".proof"), {"ours": not self._proved(proof)})

    def _proved(self, proof: Proof) -> bool:
        try:
            return proves(proof.text.decode(), leaf_hash(proof.entry), self.verifier)
        except UnicodeDecodeError:
            return False

    @contextmanager
    def _tampered(self, edit: tampering.Edit, finish: Callable[[apsw.Connection], object]) -> Iterator[None]:
        """The log's file with an edit, which is taken back at the end."""
        self.connection.execute("BEGIN")
        try:
            edit(self.connection, self.base, self.chance)
            finish(self.connection)
            yield
        finally:
            self.connection.execute("ROLLBACK")

    def _exported(self, path: Path) -> None:
        """Publish the tampered log as whoever tampered would: as it is, without a look."""
        tampering.copied(self.base, path)
        note = self.store.note() or ""
        says = note.split("\n")[1] if note.count("\n") > 1 else ""
        size = int(says) if says.isascii() and says.isdigit() and int(says) < 10**6 else self.base.size
        _put(path / CHECKPOINT, note.encode())
        for tile in tiles(size):
            rows = list(self.store.rows(tile.first, tile.first + tile.width)) if tile.level is None else []
            hashes = self.store.kept_hashes(8 * (tile.level or 0), tile.first, tile.width)
            _put(
                path / tile.path,
                bundle(raw for _, _, raw in rows) if tile.level is None else b"".join(hashes),
            )


def _put(path: Path, content: bytes) -> None:
    if not path.exists() or path.read_bytes() != content:
        path.unlink(missing_ok=True)  # it is shared with the sound log
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)


def _named(edit: Callable[..., object]) -> str:
    return edit.__name__.replace("_", " ")


def judge_alone(cases: Sequence[Case], base: Base, key: str) -> None:
    """Have the stand-alone verifier judge: one process for the logs, one for those against a checkpoint, ..."""
    for kinds, words in (
        (("log", "files"), ("tiles",)),
        (("signed again",), ("tiles", "--against", base.directory / "kept")),
        (("proof",), ("proof",)),
    ):
        of = [one for one in cases if one.kind in kinds]
        for one, good in zip(of, _alone(words, of, key), strict=True):
            one.caught["stand-alone"] = not good
    again = [one for one in cases if one.kind == "signed again"]
    for one, good in zip(again, _alone(("tiles",), again, key), strict=True):
        one.passes_alone["stand-alone"] = good


def _alone(words: Iterable[str | Path], cases: Sequence[Case], key: str) -> list[bool]:
    if not cases:
        return []
    command, *rest = words
    paths = [str(one.path) for one in cases]
    told = subprocess.run(  # noqa: S603 -- our own interpreter on our own file
        [sys.executable, "-I", "-S", str(SCRIPT), str(command), *paths, "--key", key, *map(str, rest)],
        capture_output=True,
        text=True,
        check=False,
    )
    verdicts = [line.startswith("VERIFIED ") for line in told.stdout.splitlines()]
    if len(verdicts) != len(cases):
        raise AssertionError(f"It judged {len(verdicts)} of {len(cases)}: {told.stderr[-500:]}")
    return verdicts


def judge_by_go(cases: Sequence[Case], go: Go, base: Base, key: str) -> None:
    """Have Go's sumdb judge."""
    jobs, verdicts = [], list[Callable[[bool], None]]()
    for one in cases:
        if one.kind == "index":
            continue
        job: dict[str, Any] = {"kind": "tiles", "directory": one.path, "key": key, "every": 50}
        if one.kind == "proof":
            job = {"kind": "proof", "proof": one.path, "entry": one.path.with_suffix(".entry"), "key": key}
        if one.kind == "signed again":
            jobs.append(job)
            verdicts.append(partial(one.passes_alone.__setitem__, "go"))
            job = {**job, "older": base.directory / "kept"}
        jobs.append(job)
        verdicts.append(partial(_caught_unless, one, "go"))
    for verdict, take in zip(go.judge(jobs), verdicts, strict=True):
        take(verdict.good)


def _caught_unless(case: Case, who: str, good: bool) -> None:
    case.caught[who] = not good


def share(count: int, seed: int, program: Path) -> list[Case]:
    """So many cases, judged by all three. Leaves nothing behind but the paths' names."""
    place = Path(tempfile.mkdtemp(prefix="family-context-tampers-"))
    try:
        base = make_base(place / "base")
        key, found = Verifier(ORIGIN, base.keys.public).text(), []
        for first in range(0, count, TOGETHER):
            work = place / "work"
            work.mkdir()
            tampers = Tampers(base, work, random.Random(f"{seed} {first}"))  # noqa: S311 -- to be repeated
            cases = [tampers.case(number) for number in range(min(TOGETHER, count - first))]
            tampers.connection.close()
            judge_alone(cases, base, key)
            judge_by_go(cases, Go(program), base, key)
            found += cases
            shutil.rmtree(work)
        base.keys.close()
        return found
    finally:
        shutil.rmtree(place)


def counted(cases: Sequence[Case], seed: int) -> dict[str, Any]:
    """What the report says."""
    return {
        **made_here(),
        "seed": seed,
        "tampers": len(cases),
        "by_kind": dict(sorted(Counter(one.kind for one in cases).items())),
        "caught_by": {
            who: sum(one.caught.get(who) is True for one in cases) for who in ("ours", "stand-alone", "go")
        },
        "not_theirs_to_see": {
            who: sum(one.caught.get(who) is None for one in cases) for who in ("stand-alone", "go")
        },
        "signed_again_and_passed_alone": sum(bool(one.passes_alone) for one in cases),
        "missed": sum(one.missed for one in cases),
        "ways": dict(sorted(Counter(f"{one.kind}: {one.way}" for one in cases).items())),
    }


def main(count: int, seed: int) -> int:
    """Tamper, report, and give the exit code: 1 where anything was missed."""
    place = Path(tempfile.mkdtemp(prefix="family-context-go-"))
    try:
        program = built(place).program
        shares, cases = [min(500, count - first) for first in range(0, count, 500)], list[Case]()
        with ProcessPoolExecutor(os.cpu_count()) as pool:
            seeds = [seed + n for n in range(len(shares))]
            for some in pool.map(share, shares, seeds, [program] * len(shares)):
                cases += some
                sys.stderr.write(f"\r{len(cases):,} of {count:,}")
    except GoMissing as fault:
        sys.stderr.write(f"{fault}\n")
        return 2
    finally:
        shutil.rmtree(place)
    report = {"tampers": counted(cases, seed)}
    REPORT.write_text(json.dumps(report, indent=2) + "\n", encoding="utf-8")
    sys.stdout.write(REPORT.read_text(encoding="utf-8"))
    for one in cases:
        if one.missed:
            sys.stderr.write(f"missed: {one.kind}: {one.way}: {one.caught} {one.passes_alone}\n")
    return 1 if report["tampers"]["missed"] else 0


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=secrets.randbelow(1_000_000))
    said = parser.parse_args()
    sys.exit(main(said.count, said.seed))
