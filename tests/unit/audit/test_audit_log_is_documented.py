"""The reference says what the log is: every type, part, table and file of it stands there."""

from __future__ import annotations

from pathlib import Path

import pytest

from broker.audit import change_events, events, key_events, reading_events, review_events, session_events
from broker.audit.stores.sqlite_store import SqliteStore
from tests.unit.audit.audit_samples import closed, open_log

DOCUMENT = (Path(__file__).parents[3] / "docs" / "reference" / "audit-log.md").read_text(encoding="utf-8")
EVENTS = (
    *(events.Disclosure, events.QueryClosed, events.Refused, events.TokenEnded),
    *(events.AuditRead, change_events.PolicyActivated, change_events.PolicyRefused),
    change_events.PolicyApproved,
    *(change_events.AgreementRecorded, change_events.ShieldsChanged, change_events.PolicySimulated),
    *(review_events.ReviewFound, review_events.ReviewDecided, review_events.ReviewNotified),
    review_events.FlagChanged,
    *(key_events.KeyRotated, session_events.SessionBegun),
    *(reading_events.ReportStarted, reading_events.SubjectReviewed, reading_events.SubjectReleased),
)


@pytest.mark.parametrize(
    "kind", [events.ASKED, events.OPENED, events.BrokerStarted.kind, *(event.kind for event in EVENTS)]
)
def test_every_type_of_entry_stands_in_the_reference(kind: str) -> None:
    assert f"| `{kind}` |" in DOCUMENT


async def test_every_table_and_key_file_stands_in_the_reference(tmp_path: Path) -> None:
    log = await open_log(tmp_path)
    await log.record(closed())
    store = log._writer._store
    assert isinstance(store, SqliteStore)
    found = store.connection.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")
    names = [str(name) for (name,) in found]
    await log.close()
    assert len(names) == 6
    kept = {path.name for path in (tmp_path / "keys").iterdir() if "db-" not in path.name}
    files = {"epoch-NAME.key" if name.startswith("epoch-") else name for name in kept}
    assert len(files) == 8
    assert [name for name in (*names, *files, "signing-before.key") if f"`{name}`" not in DOCUMENT] == []
