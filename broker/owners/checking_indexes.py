"""What the source file says of indexes, against those that there are, and what a missing one costs."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from datetime import date, datetime

from broker.owners.findings import Finding
from broker.owners.shapes import about
from connectors.expand import date_text
from connectors.inspection.seen import Look, SeenColumn, Step
from connectors.live_columns import columns_of
from connectors.rules import columns_to_index
from connectors.source_file import Column, IdentifierColumns, SourceFile

_MANY = 1_000
"""Rows from which reading all of them for a question begins to be felt."""
_DAY = date(1889, 11, 17)


async def indexes(look: Look, source: SourceFile, plan: Sequence[Step] | None) -> AsyncIterator[Finding]:
    """Of a table by its indexes; of a view or a query, whose indexes are elsewhere, by the plan."""
    if look.database == "duckdb":
        yield Finding(
            "note",
            "indexes",
            "The broker keeps an index of its own of an extract's columns that are indexed: true.",
        )
        return
    table = source.table
    views = {
        name for one in await look.tables() if one.is_view for name in (one.name, one.name.rpartition(".")[2])
    }
    if table is None or table in views:
        for one in _by_plan(plan):
            yield one
        return
    async for found in _by_catalogue(look, source, table):
        yield found


async def _by_catalogue(look: Look, source: SourceFile, table: str) -> AsyncIterator[Finding]:
    served = {one.columns[0] for one in await look.indexes(table)}
    mapped = {column.column: column for _, column in columns_of(source.identifiers)}
    claimed = {name for name, column in mapped.items() if column.indexed}
    in_truth = source.model_copy(update={"identifiers": _as_served(source.identifiers, served)})
    missing = {*columns_to_index(in_truth), *(claimed - served)}
    cost = await _cost(look, table, {name: mapped[name] for name in sorted(missing)}, served)
    for name in sorted(missing):
        false = name in claimed
        says = f"{name} has no index" + (", though the source file says indexed: true." if false else ".")
        todo = f"Have it made: {look.index_statement(table, name)};" + (
            " until then take indexed: true out." if false else " then say indexed: true."
        )
        yield Finding(
            "problem" if false else "warning", "indexes", f"{says} {cost.get(name, '')}".strip(), todo
        )
    for name in sorted((served & mapped.keys()) - claimed):
        yield Finding("note", "indexes", f"{name} has an index, and the source file does not say so.",
                      f"Write it as {{column: {name}, indexed: true}}.")  # fmt: skip
    if not missing:
        yield Finding("fine", "indexes", "Every question is looked up: no column lacks an index.")


async def _cost(look: Look, table: str, missing: dict[str, Column], served: set[str]) -> dict[str, str]:
    """What reading the whole table costs, measured, beside a look-up."""
    if not missing:
        return {}
    columns = {one.name: one for one in await look.columns(table)}
    rows = await look.rows_of(table)
    known = next((name for name in columns if name in served), None)
    look_up = (
        await look.time_of(table, known, _value(Column(column=known), columns[known])) if known else None
    )
    told = {}
    for name, column in missing.items():
        scan = await look.time_of(table, name, _value(column, columns[name]))
        told[name] = f"So one value is looked for in {about(rows or 0)} rows: {scan * 1000:.1f} ms" + (
            f", where a look-up by an index takes {look_up * 1000:.1f} ms." if look_up is not None else "."
        )
    return told


def _value(column: Column, seen: SeenColumn) -> object:
    """A value of the column's type that nobody has."""
    match seen.kind:
        case "date":
            return _DAY
        case "moment":
            return datetime(1889, 11, 17)  # noqa: DTZ001 -- the column knows no zone
        case "whole_number":
            return -1
        case "text" | "untyped":
            return date_text(_DAY, column.format) if column.format != "date" else "QQ1 1QQ"
        case _:
            return None


def _as_served(columns: IdentifierColumns, served: set[str]) -> IdentifierColumns:
    """The identifiers with ``indexed`` as it is in truth."""
    changed: dict[str, object] = {}
    for place in IdentifierColumns.model_fields:
        value = getattr(columns, place)
        if isinstance(value, Column):
            changed[place] = value.model_copy(update={"indexed": value.column in served})
        elif isinstance(value, tuple):
            changed[place] = tuple(one.model_copy(update={"indexed": one.column in served}) for one in value)
    return columns.model_copy(update=changed)


def _by_plan(plan: Sequence[Step] | None) -> Sequence[Finding]:
    if plan is None:
        return [
            Finding("note", "indexes", "The database shows this user no plan: indexes could not be checked.")
        ]
    whole = [one for one in plan if one.reads_all and (one.rows is None or one.rows >= _MANY)]
    if not whole:
        return [
            Finding("fine", "indexes", "The database's plan for a question reads no large table as a whole.")
        ]
    return [
        Finding("warning", "indexes", f"The plan {one.says}" + (f" ({about(one.rows)})." if one.rows else "."),
                "Ask who runs the database for indexes on the columns that the source file maps from that table.")
        for one in whole
    ]  # fmt: skip
