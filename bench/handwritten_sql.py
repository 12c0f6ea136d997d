"""The same rows by hand: what somebody who knows the table and its indexes would write for each database.

By hand, too, every spelling has to be looked for, so the values are the same, and a driver that blocks is given a
thread. What is left out is what a connector does besides: a pool, a deadline, a statement for whatever was typed,
and rows that mean something.
"""

from __future__ import annotations

import asyncio
import re
import string
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import date
from pathlib import Path
from typing import Any

import apsw
import asyncpg
import pyodbc

from bench.register import Held
from connectors.connection import OdbcConnection
from connectors.contract import Identifiers
from connectors.expand import exact_dates, one_edit_dates, postcode_forms
from connectors.name_forms import beginnings, initials, name_forms, slip_forms
from connectors.odbc_string import connection_string
from tests.spec.connectors.engines import PASSWORD, READER, TABLE

SELECTED = "ref, forename, surname, maiden_name, dob, sex, address, postcode, nhs"
BRANCHES = (
    "dob {exact}",
    "dob {near} AND left(forename, 1) {given_begins} AND left(surname, 1) {family_begins}",
    "dob {near} AND forename {given}",
    "surname {nearly_family} AND left(forename, 2) {given_begins_two}",
    "maiden_name {nearly_family} AND left(forename, 2) {given_begins_two}",
    "postcode {postcode} AND left(forename, 1) {given_begins}",
    "surname {given} AND forename {family}",
)

Values = Mapping[str, Sequence[Any]]
Ask = Callable[[Values], Awaitable[list[str]]]
"""Asks one database by hand: the keys of the rows."""


def values_of(person: Identifiers, also_called: Sequence[str]) -> Values:
    """Every form of what was typed, by what it is; nothing for what was not."""
    given, family = _forms(person.given_name, *also_called), _forms(person.family_name)
    values: Values = {
        "exact": exact_dates(person.birth_date) if person.birth_date else (),
        "near": one_edit_dates(person.birth_date) if person.birth_date else (),
        "given": given,
        "family": family,
        "nearly_family": sorted({*family, *slip_forms(person.family_name or "", "as_written")}),
        "given_begins": initials(given),
        "given_begins_two": beginnings(given),
        "family_begins": initials(family),
        "postcode": postcode_forms(person.postcode or ""),
    }
    return {name: some for name, some in values.items() if some}


def _forms(*names: str | None) -> Sequence[str]:
    return sorted({form for name in names if name for form in name_forms(name, "as_written")})


def written(values: Values, one_of: Callable[[Sequence[Any], int], str]) -> tuple[str, list[Sequence[Any]]]:
    """The statement, and the lists of its parameters in order."""
    lists: list[Sequence[Any]] = []
    selects = []
    for branch in BRANCHES:
        parts = list(string.Formatter().parse(branch))
        if all(name is None or name in values for _, name, _, _ in parts):
            text = ""
            for literal, name, _, _ in parts:
                text += literal
                if name is not None:
                    lists.append(values[name])
                    text += one_of(values[name], len(lists))
            selects.append(f"SELECT {SELECTED} FROM {TABLE} WHERE {text}")  # noqa: S608 -- constants
    return " UNION ".join(selects), lists


@asynccontextmanager
async def by_hand(held: Held) -> AsyncIterator[Mapping[str, Ask]]:
    """A connection of one's own to each database, and how it is asked."""
    native = await asyncpg.connect(held.postgres.dsn(user=READER, password=PASSWORD))
    file = apsw.Connection(str(held.sqlite), flags=apsw.SQLITE_OPEN_READONLY)
    odbc = {name: _by_odbc(held, name) for name in held.connectors if name.endswith("by odbc")}

    async def postgresql(values: Values) -> list[str]:
        text, lists = written(values, lambda _, place: f"= ANY(${place})")
        return [row[0] for row in await native.fetch(text, *map(list, lists))]

    async def sqlite(values: Values) -> list[str]:
        text, flat = _spread(values)
        in_its_words = re.sub(r"left\((\w+), ", r"substr(\1, 1, ", text)
        return await asyncio.to_thread(lambda: [row[0] for row in file.execute(in_its_words, flat)])

    def of(connection: pyodbc.Connection) -> Ask:
        async def asked(values: Values) -> list[str]:
            text, flat = _spread(values)
            return await asyncio.to_thread(
                lambda: [row[0] for row in connection.execute(text, *flat).fetchall()]
            )

        return asked

    try:
        yield {"postgresql": postgresql, "sqlite": sqlite, **{name: of(one) for name, one in odbc.items()}}
    finally:
        await native.close()
        file.close()
        for one in odbc.values():
            one.close()


def _by_odbc(held: Held, name: str) -> pyodbc.Connection:
    settings = OdbcConnection.model_validate(held.connectors[name].source.connection)
    return pyodbc.connect(connection_string(settings, PASSWORD, Path()), autocommit=True)


def _spread(values: Values) -> tuple[str, list[Any]]:
    """With a question mark for each value; dates as texts, which every driver takes."""
    text, lists = written(values, lambda some, _: f"IN ({', '.join('?' * len(some))})")
    return text, [one.isoformat() if isinstance(one, date) else one for some in lists for one in some]
