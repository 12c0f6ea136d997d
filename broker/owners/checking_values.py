"""The shape of values against what the source file says of them: counts of them only, small ones not at all."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator

from broker.owners.column_words import restricts
from broker.owners.findings import Finding
from broker.owners.shapes import ENOUGH, MOST, MOST_CODES, SAMPLE, about, name_case, tellable
from connectors.inspection.seen import Coded, Look
from connectors.live_columns import columns_of
from connectors.read_values import date_of
from connectors.source_file import Column, SourceFile

_MANY_NAMES = 2_000


async def values(look: Look, source: SourceFile) -> AsyncIterator[Finding]:
    """Of a source that reads a table. A query's columns stand in no catalogue."""
    if source.table is None:
        return
    kinds = {one.name: one.kind for one in await look.columns(source.table)}
    for place, column in (*columns_of(source.identifiers), *columns_of(source.involvement)):
        if place in {"birth_date", "started", "ended", "last_contact"} and kinds[column.column] in {
            "text",
            "untyped",
        }:
            yield await _dates(look, source.table, place, column)
    async for one in _stored_case(look, source, source.table):
        yield one
    async for one in _codes(look, source, source.table):
        yield one
    for name in kinds:
        if restricts(name) and source.restricted is None:
            says = f"The column {name} may say who must never be found, and nothing is restricted."
            todo = "Ask the service what it means. If it shields people, write it under restricted."
            yield Finding("warning", "codes", says, todo)


async def _dates(look: Look, table: str, place: str, column: Column) -> Finding:
    """An involvement date that can't be read fails the whole source; a birth date is then not found by it."""
    found = await look.sample(table, column.column, SAMPLE)
    bad = sum(not _reads(one, column) for one in found)
    where = f"{column.column} ({place}, {column.format})"
    if len(found) < ENOUGH:
        return Finding("note", "dates", f"{where} has too few values to see how dates are written in it.")
    if not bad:
        return Finding("fine", "dates", f"{where}: every value looked at is a date of that form.")
    says = f"{where}: about {max(1, round(100 * bad / len(found)))} % of the values are no dates of that form"
    if place == "birth_date" and bad <= (1 - MOST) * len(found):
        return Finding("note", "dates", f"{says}; these people are found by name only.")
    todo = (
        "Is it another format (iso_text, dmy_text, compact_text)? If not, map a view that writes dates alike."
    )
    return Finding("problem", "dates", f"{says}.", todo)


def _reads(text: str, column: Column) -> bool:
    try:
        date_of(text, column.format)
    except ValueError:
        return False
    return True


async def _stored_case(look: Look, source: SourceFile, table: str) -> AsyncIterator[Finding]:
    """With a stored case, names in another are never found."""
    if source.stored_case in {"as_written", "title"}:
        return
    for place, column in columns_of(source.identifiers):
        if not place.endswith("_name"):
            continue
        found = await look.sample(table, column.column, _MANY_NAMES)
        if len(found) >= ENOUGH and name_case(found) != source.stored_case:
            says = (
                f"Not every name in {column.column} is in {source.stored_case} case: others are never found."
            )
            yield Finding(
                "problem", "names", says, "Take stored_case out: every spelling is then looked for."
            )


async def _codes(look: Look, source: SourceFile, table: str) -> AsyncIterator[Finding]:
    """Codes in use that the file does not list mean nothing in an answer."""
    status, sex = source.involvement.status, source.identifiers.sex
    if status and source.status_codes:
        for one in _unlisted(
            await look.codes(table, status.column, MOST_CODES), set(source.status_codes), "status_codes"
        ):
            yield one
    if sex and source.sex_codes:
        known = {code.casefold() for code in source.sex_codes}
        for one in _unlisted(await look.codes(table, sex.column, MOST_CODES), known, "sex_codes"):
            yield one


def _unlisted(found: tuple[Coded, ...] | None, known: set[str], where: str) -> Iterator[Finding]:
    for one in tellable(found or ()):
        if known.isdisjoint({one.value, one.value.casefold()}):
            says = f"The code {one.value!r} ({about(one.rows)} rows) is not in {where}, so it means nothing."
            yield Finding("warning", "codes", says, f"Ask the service what it means, and add it to {where}.")
