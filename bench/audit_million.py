"""A log of a million entries, made once into a cached directory, and how long ``verify`` takes for it.

The entries are made by the log's own encoder, in two processes, and written by its own store, in large
transactions that do not wait for the disk. It is the same file as a broker's, except that nobody waited.
"""

from __future__ import annotations

import resource
import shutil
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from itertools import islice
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path

from bench.audit_entries import A_QUERY, population, queries
from broker.audit.encoding import entries_of
from broker.audit.entry import FORMAT, Entry
from broker.audit.keys import create_keys, load_keys
from broker.audit.stores.sqlite import open_to_read, open_to_write
from broker.audit.tree import Frontier
from broker.audit.verify import verified
from broker.audit.writer import note_of

ENTRIES = 1_000_000
ORIGIN = "bench.example/million"
_SEED, _PEOPLE, _ENCODERS, _AT_ONCE = 7, 20_000, 2, 500


@dataclass(frozen=True, slots=True)
class Verified:
    """What a verification took: seconds on the clock, seconds of CPU of both processes, MB of the larger one."""

    seconds: float
    cpu: float
    megabytes: float


def made(place: Path) -> Path:
    """The directory of the log, made when it is not there yet for this format of entries."""
    whole = place / f"million-of-{FORMAT.replace('/', '-')}"
    if not whole.exists():
        shutil.rmtree(half := whole.with_suffix(".half"), ignore_errors=True)
        half.mkdir(parents=True)
        _write(half)
        half.rename(whole)
    return whole


def verification(log: Path) -> Verified:
    """Verify the log in a process that has done nothing else."""
    with ProcessPoolExecutor(1, get_context("spawn")) as other:
        return other.submit(_verification, log).result()


def _verification(log: Path) -> Verified:
    keys = load_keys(log / "keys")
    store = open_to_read(log / "audit.db")
    began = time.perf_counter()
    found = verified(store, keys.verifier(ORIGIN))
    took = time.perf_counter() - began
    store.close()
    keys.close()
    if found.fault or found.size != ENTRIES:
        raise SystemExit(f"The log of a million entries does not verify: {found.fault}. Delete {log}.")
    used = [resource.getrusage(which) for which in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    cpu = sum(one.ru_utime + one.ru_stime for one in used)
    return Verified(took, cpu, max(one.ru_maxrss for one in used) / 1024)


def _write(place: Path) -> None:
    create_keys(place / "keys")
    keys = load_keys(place / "keys")
    keys.person_keys(population(_SEED, _PEOPLE))  # here, so that the encoders find each and wait for nobody
    store, tree = open_to_write(place / "audit.db"), Frontier()
    store.connection.pragma("synchronous", 0)
    for some in _encoded(place / "keys"):
        tree = store.append(some, tree).frontier
        store.afterwards()
    store.keep_note(note_of(tree, keys, ORIGIN))
    store.close()
    keys.close()


def _encoded(keys: Path) -> Iterator[list[Entry]]:
    """The entries, some thousand at a time, of each encoder in turn."""
    context = get_context("spawn")
    pipes = [context.Pipe(duplex=False) for _ in range(_ENCODERS)]
    for number, (_, sending) in enumerate(pipes):
        context.Process(target=_encode, args=(keys, number, sending), daemon=True).start()
        sending.close()
    for _ in range(ENTRIES // A_QUERY // _ENCODERS // _AT_ONCE):
        for receiving, _ in pipes:
            yield receiving.recv()


def _encode(directory: Path, number: int, sending: Connection) -> None:
    """What each encoder does: its share of the queries."""
    keys, people = load_keys(directory), population(_SEED, _PEOPLE)
    share = queries(_SEED + number, ENTRIES // A_QUERY // _ENCODERS, people)
    while some := [one for query in islice(share, _AT_ONCE) for one in query]:
        sending.send([one for one in entries_of(some, keys) if isinstance(one, Entry)])
    keys.close()
