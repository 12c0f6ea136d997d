"""Search: ask the connector, for no more columns than the policy may need, and mark who is shielded."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from broker.consultation import Consultation
from broker.consulting.side import OwnersSide
from broker.matching.nicknames import other_forms_of
from broker.matching.normalise import fold
from connectors.contract import Candidate, Candidates, Search
from policy.compile import CompiledPolicy
from policy.facts import Ask


async def found_by(
    consultation: Consultation, side: OwnersSide, columns: frozenset[str] | None = None
) -> Candidates:
    """Search, and mark the rows of people who are shielded. Nothing is withheld yet.

    ``columns``: those of the involvement to select; None: as this side's policy needs them.
    """
    return marked(await searched(consultation, side, columns), consultation, side)


async def searched(
    consultation: Consultation, side: OwnersSide, columns: frozenset[str] | None
) -> Candidates:
    """As the connector found it. Raises SourceFault."""
    if columns is None:
        columns = needed_columns(side.policy, [one.ask for one in consultation.people])
    with side.in_common.of(consultation.query_id) as worked_out:
        search = Search(
            query_id=consultation.query_id,
            people=tuple(one.identifiers for one in consultation.people),
            involvement=columns,
            seconds=consultation.seconds,
            also_called=tuple(
                other_forms_of(fold(one.identifiers.given_name or "")) for one in consultation.people
            ),
            worked_out=worked_out,
        )
    return await side.connector.candidates(search)


def marked(candidates: Candidates, consultation: Consultation, side: OwnersSide) -> Candidates:
    """With the rows of people who are shielded marked, and without names that may not be linked."""
    source = side.connector.source
    rows = side.shields().marked(candidates.rows, source.source, source.population)
    return replace(candidates, rows=as_may_be_named(rows, consultation))


def as_may_be_named(rows: Sequence[Candidate], consultation: Consultation) -> tuple[Candidate, ...]:
    """Without former names, for purposes in which an old and a new name may never be linked."""
    if consultation.former_names:
        return tuple(rows)
    return tuple(replace(row, identifiers=replace(row.identifiers, other_family_names=())) for row in rows)


def needed_columns(policy: CompiledPolicy, asks: Iterable[Ask]) -> frozenset[str]:
    """The involvement and contact columns that could be needed for any of these people (law 8)."""
    opened = {name for ask in asks for name in policy.opens(ask)}
    return frozenset(
        "contact" if name == "lead_practitioner" else name
        for name in opened | {policy.record_date}
        if name != "involved"
    )
