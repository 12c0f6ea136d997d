"""The source file against the live database: what is there, of what kind, and what is missing.

Names that files give are looked up here before any statement is made of them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from difflib import get_close_matches
from typing import Literal

from connectors.contract import SourceMisfit
from connectors.source_file import Column, SourceFile

ColumnKind = Literal[
    "text", "padded_text", "national_text", "padded_national_text",
    "whole_number", "date", "moment", "moment_with_zone", "flag", "other", "untyped",
]  # fmt: skip
"""What a column can be compared with. ``moment`` is a date with a time of day; ``untyped`` is a column of a
database that compares values, whatever its column says: with texts. Texts that are padded with blanks, or in a
character set of their own, are told apart only where a database compares them differently (Oracle)."""

TEXTS: frozenset[ColumnKind] = frozenset(["text", "padded_text", "national_text", "padded_national_text"])

LiveColumns = Mapping[str, ColumnKind]

_SPLIT_QUERY = re.compile(r"'(?:[^']|'')*'|\"(?:[^\"]|\"\")*\"|[()]|.", re.DOTALL)
_NOT_IN_A_QUERY = ((";", "a semicolon"), ("--", "a comment"), ("/*", "a comment"), ("?", "a placeholder"),
                   ("$", "a placeholder or a dollar quote"), ("\\", "a backslash"))  # fmt: skip


def check_columns(source: SourceFile, live: LiveColumns) -> None:
    """Raises SourceMisfit with everything that does not fit, a line each."""
    wrong = [*_missing(source, live), *_of_the_wrong_kind(source, live)]
    if wrong:
        raise SourceMisfit(f"{source.source} is not as its source file says:\n" + "\n".join(wrong))


def missing_relation(source: SourceFile, known: Iterable[str]) -> SourceMisfit:
    """The fault of a table that is not there, or that the role may not see."""
    wanted = source.table or ""
    comparable = known if "." in wanted else (one.rpartition(".")[2] for one in known)
    return SourceMisfit(
        f"{source.source}: there is no table or view {wanted!r}, or the connection's user may not see it."
        + did_you_mean(wanted, comparable)
    )


def did_you_mean(wrong: str, known: Iterable[str]) -> str:
    """A hint with a leading space, or nothing."""
    by_folded = {one.casefold(): one for one in known}
    near = get_close_matches(wrong.casefold(), list(by_folded), n=1, cutoff=0.6)
    return f" Did you mean {by_folded[near[0]]!r}?" if near else ""


def vetted_query(source: SourceFile) -> str:
    """The source file's query, when it is one SELECT that can stand as a derived table; else SourceMisfit.

    It is the technical owner's own text, and the session is read-only all the same: this keeps slips out, and
    makes sure that nothing in it can end the statement that surrounds it.
    """
    query = (source.query or "").strip()
    if not re.match(r"select\b", query, re.IGNORECASE):
        raise SourceMisfit(f"{source.source}: the query has to be one SELECT, and begin with that word.")
    for mark, name in _NOT_IN_A_QUERY:
        if mark in query:
            raise SourceMisfit(f"{source.source}: the query holds {name} ({mark}), which it may not.")
    if not _brackets_and_quotes_close(query):
        raise SourceMisfit(f"{source.source}: a bracket or quotation mark of the query has no partner.")
    return query


def mapped_columns(source: SourceFile) -> Iterator[tuple[str, str]]:
    """Every column that the file names, with the place where it does."""
    yield "local_key", source.local_key
    for part in ("identifiers", "involvement", "contact"):
        for place, column in columns_of(getattr(source, part)):
            yield f"{part}.{place}", column.column
    if source.contact.desk_when is not None:
        yield "contact.desk_when.column", source.contact.desk_when.column
    for gate, name in source.gates.items():
        yield f"gates.{gate}", name
    for place, guard in source.guards().items():
        yield f"{place}.column", guard.column


def columns_of(part: object) -> Iterator[tuple[str, Column]]:
    """The columns of one part of a source file that are mapped, in the file's order."""
    for place in type(part).model_fields:  # type: ignore[attr-defined]  # every part is a pydantic model
        value = getattr(part, place)
        if isinstance(value, Column):
            yield place, value
        elif isinstance(value, tuple):
            yield from ((place, one) for one in value)


def _missing(source: SourceFile, live: LiveColumns) -> Iterator[str]:
    for place, name in mapped_columns(source):
        if name not in live:
            yield f"{place}: there is no column {name!r}.{did_you_mean(name, live)}"


def _of_the_wrong_kind(source: SourceFile, live: LiveColumns) -> Iterator[str]:
    for place, column in columns_of(source.identifiers):
        kind = live.get(column.column)
        compared = "text" if kind in TEXTS else kind
        if compared not in (None, "untyped", *_fitting(place, column)):
            yield f"identifiers.{place}: the column {column.column!r} is of the wrong kind ({kind})."


def _fitting(place: str, column: Column) -> tuple[ColumnKind, ...]:
    if place == "birth_date":
        return ("date", "moment") if column.format == "date" else ("text",)
    if place in {"given_name", "family_name", "other_family_names", "postcode"}:
        return ("text",)
    if place in {"nhs_number", "upn", "uprn", "case_id"}:
        return ("text", "whole_number")
    return ("text", "whole_number", "date", "moment", "moment_with_zone", "flag", "other")


def _brackets_and_quotes_close(query: str) -> bool:
    depth = 0
    for part in _SPLIT_QUERY.findall(query):
        depth += (part == "(") - (part == ")")
        if depth < 0 or part in {"'", '"'}:
            return False
    return depth == 0
