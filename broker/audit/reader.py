"""Reading the audit log, beside a broker that writes it: one query traced, entries proved, the whole verified."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from broker.audit.checkpoint import Verifier, opened
from broker.audit.destroying.standing import certificates
from broker.audit.entry import opened as opened_entry
from broker.audit.entry import parts_of, people_of
from broker.audit.keys import Keys
from broker.audit.proof import proof_text
from broker.audit.stores.contract import Place, Store
from broker.audit.stores.sqlite import SqliteFile
from broker.audit.tree import inclusion_proof
from broker.audit.verify import Progress, Verification, verified
from broker.audit.witness.kept import most_witnessed, with_cosignatures


@dataclass(frozen=True, slots=True)
class TracedEntry:
    """One entry: its index in the log, its type, and what the keys open of it.

    A part that they don't open, because its key was destroyed, is None among the facts. ``destroyed``: of such a
    part, when, and by which certificate's entry.
    """

    index: int
    kind: str
    at: str
    facts: Mapping[str, Any] = field(repr=False)
    destroyed: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Trace:
    """Everything that the log holds of one query, in order."""

    query_id: str
    entries: tuple[TracedEntry, ...]

    def as_json(self) -> Mapping[str, Any]:
        """The trace for programs."""
        return {
            "query_id": self.query_id,
            "entries": [
                {"index": one.index, **one.facts, **({"destroyed": one.destroyed} if one.destroyed else {})}
                for one in self.entries
            ],
        }


@dataclass(frozen=True, slots=True)
class AuditReader:
    """The log, open to read."""

    store: Store
    keys: Keys
    origin: str

    @classmethod
    def open(cls, where: Path | Place, keys: Keys, origin: str) -> AuditReader:
        """Raises UnsafeStore when there is no log. ``where``: a path is an SQLite file's. Closes the keys too."""
        place = SqliteFile(where) if isinstance(where, Path) else where
        return cls(place.open_to_read(), keys, origin)

    def __enter__(self) -> AuditReader:
        return self

    def __exit__(self, *_: object) -> None:
        self.store.close()
        self.keys.close()

    @property
    def verifier(self) -> Verifier:
        """Whose signatures the log's checkpoints bear; its text is what auditors' own tools take."""
        return self.keys.verifier(self.origin)

    def trace(self, query_id: str) -> Trace:
        """The entries of one query; none, when the log has no such query."""
        return Trace(
            query_id, tuple(self._traced(index, raw) for index, raw in self.store.of_query(query_id))
        )

    def entries(self, start: int = 0, end: int | None = None) -> Iterator[TracedEntry]:
        """The entries from ``start`` to before ``end``, in order."""
        return (self._traced(index, raw) for index, _, raw in self.store.rows(start, end))

    def of_kind(self, kind: str) -> Iterator[Mapping[str, Any]]:
        """What the keys open of the entries of one type, newest first; of types that are indexed as such."""
        tags = (one.kind(kind) for one in self.keys.every_tags)
        return (opened_entry(raw, self.keys) for tag in tags for raw in self.store.tagged(tag))

    def latest(self, count: int) -> Iterator[TracedEntry]:
        """The last so many entries, oldest first."""
        return self.entries(max(0, self.store.size() - count))

    def checkpoint(self) -> str:
        """The last signed checkpoint, with its witnesses' lines, to be kept apart: a later ``verify`` takes it."""
        return with_cosignatures(self.store.note() or "", self.store.cosignatures())

    def witnessed(self, covering: int = 0) -> str:
        """The checkpoint that most witnesses cosigned, over ``covering`` entries or more; else the last one."""
        return most_witnessed(
            self.store.note() or "", self.store.cosignatures(), self.keys.for_register("witnesses"), covering
        )

    def prove(self, index: int) -> str | None:
        """A proof that the log has this entry, for whoever holds its receipt (``proof.proves`` checks it).

        None for an entry that is not there, or not signed yet: it is within a second. Raises NotACheckpoint when
        the signature does not hold.
        """
        with self.store.as_of_now():
            note = self.witnessed(covering=index + 1)
            signed = opened(note, self.verifier)
            if not 0 <= index < signed.size:
                return None
            return proof_text(index, inclusion_proof(index, signed.size, self.store.subtree), note)

    def verify(
        self, older: str | None = None, progress: Progress = lambda _done, _total: None
    ) -> Verification:
        """Check every entry, the tree, the last checkpoint and the index; and a checkpoint that somebody kept."""
        return verified(self.store, self.verifier, older, progress)

    def _traced(self, index: int, raw: bytes) -> TracedEntry:
        facts = opened_entry(raw, self.keys)
        return TracedEntry(index, facts["type"], facts["at"], facts, self._destroyed(raw, facts))

    def _destroyed(self, raw: bytes, facts: Mapping[str, Any]) -> Mapping[str, str]:
        """The parts that can't be read any more, with a sentence that says by what."""
        gone = [name for name, value in facts.items() if value is None and name in parts_of(raw)]
        if not gone:
            return {}
        by = {name: one for one in certificates(self.store, self.keys) for name in one.names}
        ids = {name: key_id.hex() for name, key_id in people_of(raw).items()}
        found = {name: by.get(facts["epoch"]) or by.get(ids.get(name, "")) for name in gone}
        return {
            name: f"destroyed on {one.at.date()}, certificate {one.index}"
            for name, one in found.items()
            if one
        }
