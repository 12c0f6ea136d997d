"""10,000 strings that try to be more than text, through questions and every file that people write.

They are looked for where text would be believed: in the statements that a real PostgreSQL was given, in headers,
log lines, pages, tables for spreadsheets and terminals. `make security` tries 50,000.
"""

from __future__ import annotations

import csv
import json
import logging
import os
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from html.parser import HTMLParser
from itertools import islice
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from sqlglot.errors import SqlglotError

import handwritten
from broker.cli import main
from connectors.candidate_query import CandidateQuery
from connectors.contract import Identifiers, Search
from connectors.live_columns import mapped_columns
from connectors.source_file import SourceFile
from deploy.demo.sign_in import PERSONAS
from handwritten.characters import invisible
from tests.fakes.littleworth import PURPOSES, SOURCES, policy_file, source_file, write_files
from tests.fakes.northshire import Town, northshire
from tests.integration.connectors.test_sql_is_parsed import DIALECTS, columns_in, one_select, tables_of
from tests.security.hostile_text import MARK, hostile

STRINGS = int(os.environ.get("HOSTILE_STRINGS", "10000"))
SEED = int(os.environ.get("SEED", "8"))
THROUGH_QUESTIONS, THROUGH_FILE, IN_POLICIES, IN_PURPOSES_FILE = (
    STRINGS * share // 10 for share in (4, 2, 3, 1)
)

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff]")
_PAINTS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
"""What would move a terminal's cursor, colour it, or turn its text around."""
_FORMULA = re.compile(r"^[=+\-@\t\r]")
"""What a spreadsheet takes for a formula at the beginning of a cell."""


def texts(count: int, seed: int, fits: Callable[[str], bool] = lambda _: True) -> Iterator[tuple[str, str]]:
    """Marks and strings, of those that fit."""
    return ((mark, text) for _, mark, text in hostile(count, seed) if fits(text))


def several(marked: Iterator[tuple[str, str]], count: int) -> Iterator[list[tuple[str, str]]]:
    while some := list(islice(marked, count)):
        yield some


# --- questions


def asked(some: Sequence[tuple[str, str]]) -> dict[str, Any]:
    """One question that has these strings in it, in every place for text; the last one stands in what is left."""
    left = iter([text for _, text in some])
    spare = some[-1][1]

    def one() -> str:
        return next(left, spare)

    people = [
        {
            "relation": "child",
            "given_name": one(),
            "family_name": one(),
            "other_family_names": [one()],
            "birth_date": "2015-03-07",
            "address": one(),
            "postcode": one(),
            "uprn": one(),
            "nhs_number": one(),
            "upn": one(),
        }
        for _ in range(12)
    ]
    return {
        "purpose": "section_47_enquiry",
        "view": "details",
        "reason": one(),
        "case_reference": one(),
        "conversation": one(),
        "people": people,
    }


async def put(town: Town, body: Mapping[str, Any]) -> int:
    """The status; the test fails where a header says what was sent, or a refusal quotes it."""
    token = town.northshire.sign_in.token(PERSONAS["social_worker"], datetime.now(UTC))
    async with town.client.post(
        "/v1/queries", json=body, headers={"Authorization": f"Bearer {token}"}
    ) as reply:
        said = await reply.text()
    assert MARK not in str(reply.headers)
    assert reply.headers["Content-Type"].startswith(("application/json", "application/problem+json"))
    assert reply.status in {200, 422}
    if reply.status == 422:
        assert MARK not in said
    return reply.status


async def test_no_string_that_is_typed_reaches_a_statement_a_header_a_log_or_the_disk(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    everything = list(texts(THROUGH_QUESTIONS, SEED))
    plain = [one for one in everything if not _CONTROL.search(one[1]) and len(one[1]) <= 200]
    others = [one for one in everything if one not in set(plain)]
    async with northshire(tmp_path, SEED, people=300) as town:
        clusters = town.northshire.databases.clusters.values()
        for cluster in clusters:
            cluster.run("ALTER SYSTEM SET log_statement = 'all'")
            cluster.run("ALTER SYSTEM SET log_parameter_max_length = -1")
            cluster.run("SELECT pg_reload_conf()")
        statuses = [await put(town, asked(some)) for some in several(iter(plain), 99)]
        refused = [await put(town, asked([one])) for one in others]
        kept = [
            path for path in town.northshire.directory.rglob("*") if path.is_file() and "audit" in path.name
        ]
        disk = b"".join(path.read_bytes() for path in kept)
        lines = [
            line for cluster in clusters for line in cluster.log_file.read_text(errors="replace").splitlines()
        ]
    assert statuses.count(200) >= 0.9 * len(statuses)
    assert set(refused) <= {422}
    assert disk
    assert MARK.encode() not in disk
    assert MARK not in caplog.text
    told = [line for line in lines if MARK in line]
    assert [line for line in told if "DETAIL:  Parameters:" not in line] == []  # bound, and nowhere else
    assert len({mark for mark, _ in plain if any(mark in line for line in told)}) > len(plain) / 4
    assert [line for line in lines if "ERROR:" in line] == []


# --- source files


IN_SOURCE = (
    *("table: people", "local_key: local_key", "given_name: given_name", "family_name: family_name"),
    *("birth_date: birth_date", "address: address", "postcode: postcode", "nhs_number: nhs_number"),
    *("service: School", "system: School system", "name: School desk", "area: Littleworth"),
    *("column: shielded", 'values: ["Y"]'),
)
"""The places for text in a source file, most of them names of columns."""


def source_with(some: Sequence[str]) -> str:
    """A source file that has these strings in its places for text, from the first on."""
    text = source_file("school", "School").replace("kind: memory", "kind: postgresql")
    for plain, string in zip(IN_SOURCE, some, strict=False):
        name, quoted = plain.partition(":")[0], json.dumps(string, ensure_ascii=False)
        text = text.replace(plain, f"{name}: [{quoted}]" if "[" in plain else f"{name}: {quoted}", 1)
    return text


def test_no_string_of_a_source_file_is_more_than_a_name_in_sql(tmp_path: Path) -> None:
    path, read = tmp_path / "school.yaml", 0
    person = Identifiers(
        given_name="Emma", family_name="Ashdown", birth_date=date(1991, 3, 7), postcode="LW1 4AB"
    )
    search = Search("q-1", (person,), frozenset({"started", "status"}), 1.0, gates_only=False)
    for some in several(texts(THROUGH_FILE, SEED + 1, _may_stand_in_a_file), len(IN_SOURCE)):
        path.write_text(source_with([text for _, text in some]), encoding="utf-8")
        source = _read_or_told(path)
        if isinstance(source, SourceFile):
            read += len(some)
            _one_select_of_the_mapped_columns(source, search, some[0][0])
        else:
            assert not _PAINTS.search(source)
    assert read > THROUGH_FILE / 4


def test_no_string_that_cannot_be_seen_whole_is_read_from_a_file(tmp_path: Path) -> None:
    path, told = tmp_path / "school.yaml", 0
    for _, text in texts(THROUGH_FILE, SEED + 1, lambda text: _fits_utf8(text) and bool(invisible(text))):
        path.write_text(source_with([text]), encoding="utf-8")
        refused = _read_or_told(path)
        assert isinstance(refused, str)
        assert "invisible character" in refused
        assert not _PAINTS.search(refused)
        told += 1
    assert told > THROUGH_FILE / 20


def _read_or_told(path: Path) -> SourceFile | str:
    """The file, or what is told of its faults."""
    try:
        return handwritten.read(path, SourceFile)
    except handwritten.Faults as faults:
        return str(faults)


def _one_select_of_the_mapped_columns(source: SourceFile, search: Search, mark: str) -> None:
    for name, spoken in DIALECTS.items():
        live = {column: spoken.texts[0] for _, column in mapped_columns(source)}
        question = CandidateQuery(source, live, spoken.dialect()).question(search)
        assert question is not None
        try:
            select = one_select(question, spoken)
        except SqlglotError:
            pytest.fail(f"{name}: {mark} makes a statement that cannot be read: {question.text}")
        # What begins with # is a table of the session's own to SQL Server: the parser leaves it out of the name.
        wanted = (source.table or "").lstrip("#" if name == "sqlserver" else "")
        assert {".".join(parts) for parts in tables_of(select)} == {wanted}, (name, mark)
        assert columns_in(select) <= {column for _, column in mapped_columns(source)} | {"value"}, (
            name,
            mark,
        )


def _fits_utf8(text: str) -> bool:
    return not any("\ud800" <= letter <= "\udfff" for letter in text)


def _may_stand_in_a_file(text: str) -> bool:
    return _fits_utf8(text) and not invisible(text)


# --- policies and purposes


@dataclass
class Shape(HTMLParser):
    """The tags and attributes of a page, in their order, without its text."""

    tags: list[tuple[str, tuple[str, ...]]] = field(default_factory=list)
    text: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__(convert_charrefs=True)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, tuple(name for name, _ in attrs)))

    def handle_data(self, data: str) -> None:
        self.text.append(data)


def shape(page: str) -> Shape:
    read = Shape()
    read.feed(page)
    read.close()
    return read


IN_POLICY = (
    "Littleworth school",
    "Children Act 2004 s.10 and s.11",
    "DSA-1",
    "DPIA-1",
    "Irrelevant to a child's welfare.",
    "Nothing that school shares for this purpose. It may hold more.",
    "There is a record.",
    "To know whom to ring.",
    "Whether it is open.",
    "To know whether someone is there.",
    "Someone works on it. It says nothing of guilt.",
    "No one works on it.",
    "Since when.",
    "When last seen.",
    "Proportionate for others.",
    "Whom to ring.",
    "Parking is as if it never happened",
    "To put two practitioners in touch.",
    "To know how recent it is.",
)
IN_PURPOSES = (
    "Section 47 enquiry",
    "Children Act 1989 s.47",
    "Littleworth APD 1",
    "A children's social worker.",
    "Leads early help.",
    "Early help assessment",
    "Children Act 2004 s.10",
    "Checks who asked what.",
    "A. Officer",
)


def written_into(text: str, places: Sequence[str], strings: Sequence[str]) -> str:
    """A file with these strings instead of its sentences."""
    for place, string in zip(places, strings, strict=False):
        quoted = json.dumps(string, ensure_ascii=False)
        text = re.sub(rf"(?<=: ){re.escape(place)}(?=[\n,}}])", quoted.replace("\\", r"\\"), text)
    return text


def run(*words: str) -> Result:
    return CliRunner().invoke(main, words, catch_exceptions=False)


def told_of(directory: Path, out: Path) -> Iterator[tuple[str, str]]:
    """Everything that the command line makes of a partnership's files: its name, and the text."""
    for form in ("html", "markdown", "csv"):
        result = run("policy", "docs", str(directory), "--as", form, "--out", str(out))
        if result.exit_code:
            yield "terminal", result.output
            return
        yield from ((form, path.read_text(encoding="utf-8")) for path in out.glob(f"*.{form[:1]}*"))
    page, at = out / "table.html", ("--partnership", str(directory))
    yield "terminal", run("policy", "table", "school", *at, "--html", str(page)).output
    yield "html", page.read_text(encoding="utf-8")
    yield "csv", run("policy", "table", "school", *at, "--csv").output
    yield "terminal", run("policy", "table", "school", *at).output
    yield "terminal", run("policy", "codes", "school", str(directory)).output
    yield from (
        ("terminal", run(*words, str(directory)).output) for words in (("policy", "test"), ("check",))
    )


@pytest.mark.parametrize("of", ["policies", "purposes"])
def test_no_string_of_a_policy_or_purpose_is_markup_a_formula_or_a_terminals_order(
    of: str, tmp_path: Path
) -> None:
    places, count = (
        (3 * len(IN_POLICY), IN_POLICIES) if of == "policies" else (len(IN_PURPOSES), IN_PURPOSES_FILE)
    )
    plain = html_shapes(told_of(directory_of(tmp_path, "plain", of, []), tmp_path / "out"))
    told = 0
    for number, some in enumerate(several(texts(count, SEED + 2, _may_stand_in_a_file), places)):
        directory = directory_of(tmp_path, f"n{number}", of, [text for _, text in some])
        told_there = list(told_of(directory, tmp_path / f"out{number}"))
        if number < 20:  # it decides every test of every policy: a third of a second
            told_there.append(("terminal", run("policy", "test", str(directory)).output))
        for form, text in told_there:
            told += sum(mark in text for mark, _ in some)
            if form == "terminal":
                assert not _PAINTS.search(text), text
            elif form == "csv":
                cells = [cell for line in csv.reader(text.splitlines(keepends=True)) for cell in line]
                assert [cell for cell in cells if MARK in cell and _FORMULA.match(cell)] == []
            elif form == "html":
                assert set(shape(text).tags) <= plain, text
            else:
                assert not re.search(r"<[a-zA-Z!/?]", text), text
    assert told > count / 2


def html_shapes(told: Iterator[tuple[str, str]]) -> set[tuple[str, tuple[str, ...]]]:
    return {one for form, text in told if form == "html" for one in shape(text).tags}


def directory_of(tmp_path: Path, name: str, of: str, strings: Sequence[str]) -> Path:
    """Littleworth's files, with these strings in the school's policy or in the purposes."""
    directory = tmp_path / name
    if of == "purposes":
        return write_files(directory, purposes=written_into(PURPOSES, IN_PURPOSES, strings))
    policies = {one: policy_file(one, sensitive=one == "police") for one in SOURCES}
    for number, one in enumerate(policies):
        some = strings[number * len(IN_POLICY) : (number + 1) * len(IN_POLICY)]
        policies[one] = written_into(policies[one], IN_POLICY, some)
    return write_files(directory, policies=policies)
