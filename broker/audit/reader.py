"""Reading the audit log, beside a broker that writes it: one query traced, and the whole verified."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from broker.audit.entry import opened
from broker.audit.keys import Keys
from broker.audit.store import Store, open_to_read
from broker.audit.verify import Verification, verified


@dataclass(frozen=True, slots=True)
class TracedEntry:
    """One entry of a query: its index in the log, its type, and what the keys open of it."""

    index: int
    kind: str
    at: str
    facts: Mapping[str, Any] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Trace:
    """Everything that the log holds of one query, in order."""

    query_id: str
    entries: tuple[TracedEntry, ...]

    def as_json(self) -> Mapping[str, Any]:
        """The trace for programs."""
        return {
            "query_id": self.query_id,
            "entries": [{"index": one.index, **one.facts} for one in self.entries],
        }


@dataclass(frozen=True, slots=True)
class AuditReader:
    """The log, open to read."""

    store: Store
    keys: Keys
    origin: str

    @classmethod
    def open(cls, path: Path, keys: Keys, origin: str) -> AuditReader:
        """Raises store.UnsafeStore when there is no log. Closes the keys with itself."""
        return cls(open_to_read(path), keys, origin)

    def __enter__(self) -> AuditReader:
        return self

    def __exit__(self, *_: object) -> None:
        self.store.close()
        self.keys.close()

    def trace(self, query_id: str) -> Trace:
        """The entries of one query; none, when the log has no such query."""
        entries = []
        for index, raw in self.store.of_query(query_id):
            facts = opened(raw, self.keys)
            entries.append(TracedEntry(index, facts["type"], facts["at"], facts))
        return Trace(query_id, tuple(entries))

    def verify(
        self, older: str | None = None, progress: Callable[[int, int], None] = lambda _done, _total: None
    ) -> Verification:
        """Check every entry, the tree and the last checkpoint; and one that somebody kept."""
        return verified(self.store, self.origin, self.keys.public, older, progress)
