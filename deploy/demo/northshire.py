"""Northshire as a directory that a broker can run from: its files, databases, people, keys and sign-in."""

from __future__ import annotations

import json
import re
import secrets
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path

from broker.audit.keys import create_keys
from deploy.demo import truth as truths
from deploy.demo.databases import DATABASES, Databases
from deploy.demo.sign_in import PERSONAS, SignIn
from deploy.demo.truth import Truth

MakeTruth = Callable[[int, int, date], Truth]
"""From a seed, a number of people and a day to all that is true of them."""

PARTNERSHIP = Path(__file__).parent / "partnership"
PEOPLE = 20_000
FRESH_FOR = timedelta(days=7)
_MADE_BY = 5
"""Raised whenever the generator or a schema changes, so that older databases are filled again."""


@dataclass(frozen=True, slots=True)
class Northshire:
    """A Northshire whose databases run. ``issued``: tokens of its identity provider, by persona, where it runs."""

    directory: Path
    truth: Truth
    databases: Databases
    sign_in: SignIn
    issued: Mapping[str, str] = field(default_factory=dict, repr=False)

    def token(self, persona: str, now: datetime) -> str:
        """A token of eight hours for one of the personas: the provider's, or else our own."""
        return self.issued.get(persona) or self.sign_in.token(PERSONAS[persona], now)

    def write_token(self, persona: str, now: datetime) -> Path:
        """A token of eight hours for one of the personas, in a file that only this account reads."""
        path = self.directory / "state" / "tokens" / persona
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        path.touch(mode=0o600)
        path.write_text(self.token(persona, now), encoding="ascii")
        return path


async def started(
    directory: Path,
    seed: int,
    people: int,
    today: date,
    said: Callable[[str], None],
    make: MakeTruth = truths.make_truth,
) -> Northshire:
    """Start Northshire below ``directory``, making what is not there yet. Stop its ``databases`` afterwards."""
    state = directory / "state"
    state.mkdir(parents=True, exist_ok=True)
    databases = Databases(state)
    databases.start(said)
    try:
        truth = await _filled(databases, seed, people, today, said, make)
        _write_files(directory, databases, truth)
    except BaseException:
        databases.stop()
        raise
    sign_in = SignIn()
    sign_in.write_key_set(state / "jwks.json")
    return Northshire(directory, truth, databases, sign_in)


async def _filled(
    databases: Databases,
    seed: int,
    people: int,
    today: date,
    said: Callable[[str], None],
    make: MakeTruth,
) -> Truth:
    """The truth that the databases hold; they are filled first, unless they hold it already."""
    marker, kept = databases.marker, databases.directory / "truth.json"
    wanted = {"seed": seed, "people": people, "made_by": _MADE_BY}
    found = json.loads(marker.read_bytes()) if marker.exists() else {}
    if found.pop("with", None) == wanted and date.fromisoformat(found["on"]) > today - FRESH_FOR:
        said("The databases are filled already")
        truth = truths.load(kept)
        databases.export(truth, said)
        return truth
    marker.unlink(missing_ok=True)
    said(f"Making {people:,} invented people (seed {seed})")
    truth = make(seed, people, today)
    truths.save(truth, kept)
    await databases.fill(truth, said)
    databases.export(truth, said)
    marker.write_text(json.dumps({"with": wanted, "on": today.isoformat()}), encoding="utf-8")
    return truth


def _write_files(directory: Path, databases: Databases, truth: Truth) -> None:
    """The partnership's files, with the ports on which the databases listen today, and how many they hold."""
    shutil.copytree(PARTNERSHIP, directory, dirs_exist_ok=True)
    for path in (directory / "sources").glob("*.yaml"):
        held = len({one.person_id for one in truth.records if one.service == path.stem})
        text = re.sub(
            r"(?m)^population: \d+", f"population: {max(held, 1)}", path.read_text(encoding="utf-8")
        )
        if path.stem in DATABASES:
            port = databases.clusters[path.stem].port
            text = text.replace(f"port: {DATABASES[path.stem][1]}", f"port: {port}")
        path.write_text(text, encoding="utf-8")
    keys, seal = directory / "state" / "keys", directory / "state" / "seal.key"
    if not (keys / "signing.key").exists():
        create_keys(keys)
    if not seal.exists():
        seal.touch(mode=0o600)
        seal.write_text(secrets.token_hex(32), encoding="ascii")
