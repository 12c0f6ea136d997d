"""Invented events, and a log to write them to."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import apsw

from broker.audit.event import PersonAsked, Who
from broker.audit.events import Disclosure, PersonOutcome, QueryClosed, QueryIntent
from broker.audit.keys import create_keys, load_keys
from broker.audit.log import AuditLog
from broker.audit.reader import AuditReader
from broker.audit.stores.contract import kept_of
from broker.audit.stores.sqlite import open_to_read
from broker.audit.tree import Frontier, leaf_hash
from broker.audit.writer import note_of
from connectors.contract import Identifiers

ORIGIN = "northshire.example/family-context"
NOW = datetime(2026, 6, 1, 9, 0, tzinfo=UTC)
ANNA = Identifiers(
    given_name="Anna",
    family_name="Thistlewood",
    birth_date=date(2016, 2, 29),
    postcode="NS1 4AB",
    nhs_number="9990000018",
)
KIT = Who("u-7", "Kit Marlowe-Sample", "Northshire", "social_worker")


def intent(query_id: str = "q-1", *people: Identifiers, **changed: Any) -> QueryIntent:
    """Kit's query about these people, or about Anna."""
    about = people or (ANNA,)
    whole = QueryIntent(
        query_id=query_id,
        at=NOW,
        requester=KIT,
        purpose="section_47_enquiry",
        purpose_digest="sha256:aa",
        policy_digests={"school": "sha256:bb"},
        view="flags",
        journey="anyone",
        case="unverified",
        reason="Bruises seen by Nurse Quill",
        case_reference="NS/4711",
        people=tuple(PersonAsked(number, "child", one) for number, one in enumerate(about, start=1)),
        sources=("school",),
        not_asked=("police",),
    )
    return replace(whole, **changed)


def disclosure(query_id: str = "q-1", *outcomes: PersonOutcome, **changed: Any) -> Disclosure:
    """What the school answered: nothing to share of one person, or these outcomes."""
    whole = Disclosure(
        query_id=query_id,
        at=NOW,
        source="school",
        view="flags",
        policy_digest="sha256:bb",
        policy_version=3,
        outcomes=outcomes or (PersonOutcome(1, "nothing_to_share", (), ()),),
        content=b'{"outcome":"nothing_to_share"}',
        weights_version="w1",
        milliseconds=12,
    )
    return replace(whole, **changed)


def closed(query_id: str = "q-1") -> QueryClosed:
    return QueryClosed(query_id, NOW, "answered")


def keys_in(directory: Path) -> Path:
    """A directory of keys, made when there are none."""
    keys = directory / "keys"
    if not keys.exists():
        create_keys(keys)
    return keys


async def open_log(directory: Path, *, origin: str = ORIGIN, vfs: str = "") -> AuditLog:
    keys = load_keys(keys_in(directory))
    try:
        return await AuditLog.open(directory / "audit.db", keys, origin, now=lambda: NOW, vfs=vfs)
    except BaseException:
        keys.close()
        raise


@asynccontextmanager
async def writing(directory: Path) -> AsyncIterator[AuditLog]:
    """A log that is open until the context ends."""
    log = await open_log(directory)
    try:
        yield log
    finally:
        await log.close()


def reading(directory: Path) -> AuditReader:
    return AuditReader.open(directory / "audit.db", load_keys(keys_in(directory)), ORIGIN)


def tamper(directory: Path, *statements: str) -> None:
    """Change the log's file behind its back, as someone with the disk could."""
    with apsw.Connection(str(directory / "audit.db")) as behind:
        for statement in statements:
            behind.execute(statement)
    behind.close()


def swap(directory: Path, one: int, other: int) -> None:
    """Put two entries in each other's place, with what the index lists of them."""
    for at, to in ((one, -1), (other, one), (-1, other)):
        for name in ("entry", "query", "tag"):
            tamper(directory, f"UPDATE {name} SET idx = {to} WHERE idx = {at}")  # noqa: S608 -- names of ours


def sign_again(directory: Path, origin: str = ORIGIN) -> None:
    """Make every hash again from what the file holds now, and sign it with the real key: as its operator could."""
    keys, store, frontier = load_keys(keys_in(directory)), open_to_read(directory / "audit.db"), Frontier()
    rows = list(store.rows())
    store.close()
    with apsw.Connection(str(directory / "audit.db")) as behind:
        behind.execute("DELETE FROM subtree")
        for index, _, raw in rows:
            filled = frontier.filled_by(leaf_hash(raw))
            frontier = frontier.with_filled(filled)
            behind.execute("UPDATE entry SET leaf = ? WHERE idx = ?", (filled[0], index))
            behind.executemany("INSERT INTO subtree VALUES (?, ?, ?)", kept_of(index, filled))
        behind.execute("UPDATE checkpoint SET note = ?", (note_of(frontier, keys, origin),))
    behind.close()
    keys.close()


def everything_in(directory: Path) -> bytes:
    """Every byte of every file below a directory."""
    return b"".join(path.read_bytes() for path in sorted(directory.rglob("*")) if path.is_file())
