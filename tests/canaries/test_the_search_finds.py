"""The search would find a word: in whatever spelling, and in each of the places that are looked through."""

from __future__ import annotations

import base64
import hashlib
import html
import json
import logging
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from urllib.parse import quote, quote_plus

import pytest

from deploy.demo.postgres import PostgresCluster
from tests.canaries.people import WORDS
from tests.canaries.search import found
from tests.canaries.sending import sender
from tests.canaries.town import canary_town
from tests.canaries.trail import Trail

SPELT: Mapping[str, Callable[[str], str]] = {
    "as it is": str,
    "in capitals": str.upper,
    "in small letters": str.lower,
    "percent-encoded": lambda word: quote(word, safe=""),
    "as a form is sent": quote_plus,
    "as JSON": json.dumps,
    "as HTML": html.escape,
    "as Python shows it": ascii,
    "as Python shows its bytes": lambda word: repr(word.encode()),
    "in base64": lambda word: base64.b64encode(f'{{"a": "{word}"}}'.encode()).decode(),
    "in base64, one further": lambda word: base64.b64encode(f'{{"ab": "{word}"}}'.encode()).decode(),
    "in base64, two further": lambda word: base64.urlsafe_b64encode(f'{{"abc": "{word}"}}'.encode()).decode(),
    "in hexadecimal digits": lambda word: word.encode().hex(),
}
NAMES = ("Zéphyrquill", "O’Quillfeather-Wren", "QW17 9ZX", "999 417 2603", "kestrelbrook")


@pytest.mark.parametrize("spelling", SPELT)
@pytest.mark.parametrize("word", NAMES)
def test_a_word_is_found_in_each_spelling(word: str, spelling: str) -> None:
    text = f"2026-06-01 INFO broker: before {SPELT[spelling](word)} after"
    assert any(one.startswith(word) for one in found(NAMES, {"there": text.encode()}))


@pytest.mark.parametrize(
    ("word", "kept"),
    [
        ("Zéphyrquill", "zephyrquill"),
        ("O’Quillfeather-Wren", "oquillfeatherwren"),
        ("QW17 9ZX", "QW179ZX"),
        ("999 417 2603", "9994172603"),
        ("1937-11-23", "19371123"),
    ],
)
def test_a_word_is_found_as_matching_writes_it(word: str, kept: str) -> None:
    assert found([word], {"there": f"<{kept}>".encode()}) != []


def test_nothing_is_found_where_there_is_nothing() -> None:
    chance = b"".join(hashlib.sha512(b"%d" % one).digest() for one in range(40_000))
    encoded = {"bytes": chance, "base64": base64.b64encode(chance), "digits": chance.hex().encode()}
    assert found(WORDS, encoded) == []


async def test_a_word_is_found_in_each_place_that_is_looked_through(
    tmp_path: Path, trail: Trail, postgres: PostgresCluster
) -> None:
    async with canary_town(tmp_path, [trail.exporter]) as town, sender(town) as everybody:
        around = town.front.broker.around
        logging.getLogger("broker.consult").debug("asked about %s", "Zéphyrquill")
        os.write(2, b"Fatal: kestrelbrook\n")
        around.tracing.tracer.start_span("query", attributes={"query_id": "QW179ZX"}).end()
        lane = next(iter(around.lanes.values()))
        around.lanes["gannetfold"] = lane  # type: ignore[index]  # a label that should not be
        await trail.followed(everybody)
        del around.lanes["gannetfold"]  # type: ignore[attr-defined]  # as it was
    (town.directory / "state" / "left.db").write_bytes(base64.b64encode(b"..fellwarden.."))
    trail.kept_in(town.directory / "state")
    postgres.run("DO $$ BEGIN RAISE WARNING 'Failing row contains (dunlinmere)'; END $$")
    trail.told_by("a source", postgres)
    where = {tuple(one.partition(": ")[0].split(" in ", 1)) for one in trail.found()}
    assert {
        ("Zéphyrquill", "the log"),
        ("kestrelbrook", "standard error"),
        ("QW17 9ZX", "spans"),
        ("gannetfold", "metrics"),
        ("fellwarden", "what is kept"),
        ("dunlinmere", "the server's log of a source"),
    } <= where


async def test_a_word_is_found_in_the_rows_of_a_log_that_is_kept_in_a_database(
    trail: Trail, postgres: PostgresCluster, database: str
) -> None:
    postgres.run("CREATE TABLE entry (idx bigint, raw bytea, kind text)", database)
    postgres.run(
        "INSERT INTO entry VALUES (1, convert_to('{\"who\": \"Quillfeather\"}', 'UTF8'), 'x')", database
    )
    trail.kept_by(postgres, database)
    assert trail.found() != []
