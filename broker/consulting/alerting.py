"""What the owner of a source is told, sealed, of records that were withheld."""

from __future__ import annotations

from collections.abc import Sequence

from broker.alerts import note_of
from broker.consultation import Consultation, Consulted
from broker.consulting.records import record_of
from broker.consulting.searching import as_may_be_named
from broker.consulting.side import OwnersSide
from connectors.contract import Candidate, Candidates
from policy.compile import CompiledPolicy


def alert_of(consultation: Consultation, side: OwnersSide, searched: Candidates) -> bytes | None:
    """What the owner is told, of the records that the owner withholds: whom the partnership shields is not for
    every owner to know.
    """
    if side.alert is None:
        return None
    source = side.connector.source
    rows = as_may_be_named(side.shields().marked_by_key(searched.rows, source.source), consultation)
    withheld = [_withheld(one, rows, side.policy) for one in consultation.people]
    return side.alert(note_of(consultation, rows, withheld, source, side.weights), consultation.query_id)


def _withheld(one: Consulted, rows: Sequence[Candidate], policy: CompiledPolicy) -> frozenset[int]:
    asked = policy.about(one.ask)
    return frozenset(id(row) for row in rows if asked is None or asked.withholds(record_of(row, one)))
