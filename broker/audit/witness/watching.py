"""A running broker and its witnesses: each new checkpoint is shown to all of them, and the standing is renewed.

A look every two seconds costs a read of the log. Only where there are new entries are witnesses asked, all at once
with one checkpoint; one that refuses, or does not answer, is asked again after a while that doubles up to a
minute.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

import aiohttp

from broker.audit.checkpoint import parsed, unsigned_text
from broker.audit.entry import indexed
from broker.audit.log import AuditLog, LogUnavailable
from broker.audit.stores.contract import Store
from broker.audit.tree import consistency_proof
from broker.audit.witness.client import Refused, cosignature_of, session_of
from broker.audit.witness.kept import Kept, covered, kept
from broker.audit.witness.settings import WitnessOfLog
from broker.audit.witness.standing import Standing

log = logging.getLogger(__name__)

EVERY = 2.0
"""Seconds between two looks."""

_LONGEST_WAIT = 60.0


@dataclass(slots=True)
class Asking:
    """One witness, its connection, and when to ask it again (on time.monotonic) after a refusal."""

    witness: WitnessOfLog
    session: aiohttp.ClientSession
    not_before: float = 0.0
    refused: str | None = None
    _wait: float = EVERY

    def answered(self) -> None:
        if self.refused is not None:
            log.warning("witness %s: it cosigns again", self.witness.name)
        self.refused, self._wait = None, EVERY

    def put_off(self, sentence: str, at: float) -> None:
        """Told once, however often it is said."""
        if sentence != self.refused:
            log.error("witness %s does not cosign. %s", self.witness.name, sentence)
        self.refused, self.not_before = sentence, at + self._wait
        self._wait = min(2 * self._wait, _LONGEST_WAIT)


@dataclass(frozen=True, slots=True)
class _Seen:
    """The log at one moment: its last signed checkpoint, and what each witness cosigned."""

    note: str
    size: int
    by_witness: dict[str, Kept]


@dataclass(slots=True)
class Watching:
    """The witnesses of a log that is open to write. ``wrapping`` is a key of 32 bytes that outlives epochs."""

    log: AuditLog
    origin: str
    asking: Sequence[Asking]
    wrapping: bytes = field(repr=False)
    now: Callable[[], datetime]
    _lapsed: bool = False

    async def watch(self) -> None:
        """Look again and again, for ever."""
        while True:
            await asyncio.sleep(EVERY)
            await self.look_safely()

    async def look_safely(self) -> None:
        """One look; what fails in it is logged, and the standing gets no younger."""
        try:
            await self.look()
        except LogUnavailable:
            pass  # whoever asks a question is told
        except Exception as fault:  # noqa: BLE001 -- what one look meets must not end all others
            log.warning("witnesses: a look failed with %s", type(fault).__name__)

    async def look(self) -> None:
        """Ask those who have not cosigned the last checkpoint, keep what they say, and renew the standing."""
        seen, at = await self.log.read(self._seen), asyncio.get_running_loop().time()
        behind = [one for one in self.asking if one.not_before <= at and _is_behind(one, seen)]
        said = await asyncio.gather(*(self._cosigned(one, seen) for one in behind))
        if found := [one for one in said if one is not None]:
            await self.log.keep(found)
        await self._renewed()

    async def _cosigned(self, one: Asking, seen: _Seen) -> Kept | None:
        before = seen.by_witness.get(one.witness.key)
        try:
            said = await cosignature_of(
                one.witness, seen.note, before.size if before else 0, self._proof, one.session, self.now()
            )
        except Refused as refused:
            if not await self._was_overtaken(refused, seen):
                one.put_off(refused.sentence, asyncio.get_running_loop().time())
            return None
        except LogUnavailable:
            raise
        except Exception as fault:  # noqa: BLE001 -- what one witness does must not keep the others from being heard
            one.put_off(f"Asking it failed with {type(fault).__name__}.", asyncio.get_running_loop().time())
            return None
        one.answered()
        return kept(one.witness.cosigner, said.line, seen.note, self.wrapping)

    async def _was_overtaken(self, refused: Refused, seen: _Seen) -> bool:
        """Whether the log has grown to what the witness knows: another broker of this log was quicker."""
        if refused.knows is None or refused.knows <= seen.size:
            return False
        return (await self.log.read(self._seen)).size >= refused.knows

    def _seen(self, store: Store) -> _Seen:
        with store.as_of_now():
            note, found = store.note() or "", store.cosignatures()
        held = {one.witness: one for one in found if one.holds(self.origin)}
        return _Seen(note, parsed(unsigned_text(note)).size, held)

    async def _proof(self, older: int, size: int) -> Sequence[bytes]:
        return await self.log.read(lambda store: consistency_proof(older, size, store.subtree))

    async def _renewed(self) -> None:
        was, now = self.log.standing, self.now()
        oldest = await self.log.read(lambda store: _oldest_uncovered(store, was, self.origin))
        self.log.standing = was.looked(oldest, now)
        self._tell(lapsed=self.log.standing.lapsed(now))

    def _tell(self, *, lapsed: bool) -> None:
        """Told once, when it begins and when it ends."""
        if lapsed and not self._lapsed:
            minutes = self.log.standing.wanted.limit // timedelta(minutes=1)
            log.error("witnesses: entries wait for more than %d minutes; nothing is disclosed now", minutes)
        if self._lapsed and not lapsed:
            log.warning("witnesses: the log is cosigned again; answers go on")
        self._lapsed = lapsed


def _is_behind(one: Asking, seen: _Seen) -> bool:
    its = seen.by_witness.get(one.witness.key)
    return seen.size > (its.size if its else 0)


def _oldest_uncovered(store: Store, was: Standing, origin: str) -> datetime | None:
    """When the first entry was made that not enough witnesses cosigned; None when there is none."""
    wanted = was.wanted
    first = covered(store.cosignatures(), wanted.witnesses, wanted.enough, origin)
    found = next(iter(store.rows(first, first + 1)), None)
    return datetime.fromisoformat(indexed(found[2]).at) if found else None


@asynccontextmanager
async def watching(
    audit_log: AuditLog,
    origin: str,
    witnesses: Sequence[WitnessOfLog],
    wrapping: bytes,
    directory: Path,
    now: Callable[[], datetime],
) -> AsyncIterator[Watching]:
    """The witnesses of a log, their connections open until the context ends. Raises OSError for a ``ca_file``."""
    async with AsyncExitStack() as open_until:
        asking = [
            Asking(one, await open_until.enter_async_context(session_of(one, directory))) for one in witnesses
        ]
        yield Watching(audit_log, origin, asking, wrapping, now)
