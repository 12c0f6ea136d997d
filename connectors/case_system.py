"""A case system, read like any other source: its section of a source file as a source file of its own.

So every kind of connector reads it, and none of them knows that it does. What a row says of the case itself
stands in gates.
"""

from __future__ import annotations

from connectors.contract import Identifiers, Search
from connectors.source_file import CaseSystem, ContactColumns, InvolvementColumns, SourceFile

STATE, WORKER, PERSON, LINK = "state", "worker", "person", "linked_as"
"""The gates of a row: the case's state, who holds it, and the key and the link of one person (or None)."""


def case_source(source: SourceFile, section: CaseSystem) -> SourceFile:
    """A source file whose rows are the section's. It is found by ``case_id``, and holds no involvement."""
    return source.model_copy(
        update={
            "table": section.table,
            "query": section.query,
            "request": section.request,
            "local_key": section.case_id.column,
            "identifiers": section.identifiers.model_copy(update={"case_id": section.case_id}),
            "involvement": InvolvementColumns(),
            "status_codes": {},
            "contact": ContactColumns(),
            "gates": {
                STATE: section.state.column,
                WORKER: section.allocated_to,
                PERSON: section.person_key,
                LINK: section.linked_as.column,
            },
            "cohort": None,
            "restricted": section.restricted,
            "staff": None,
            "protected_location": None,
            "case_system": None,
        }
    )


def case_search(query_id: str, case_id: str, seconds: float, *, people: bool) -> Search:
    """The question about one case; ``people``: also about who is linked to it."""
    sought = Identifiers(case_id=case_id)
    return Search(query_id, (sought,), frozenset(), seconds, gates_only=not people)
