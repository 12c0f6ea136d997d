"""An owner who wants to know learns that somebody asked for a person whose record was withheld; nobody else."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

import handwritten
from broker.alerts import ROOM, NotForThisKey, note_of, opened, sealed
from broker.audit.entry import opened as opened_entry
from broker.cli import main
from broker.cli.printing import Exit
from broker.consultation import Consultation, Consulted
from broker.matching.weights import DEFAULT_WEIGHTS
from connectors.source_file import SourceFile
from policy.facts import Ask
from tests.fakes.littleworth import NOW, POLICIES, SOURCES, littleworth, part, row

ALERTING = POLICIES | {"police": "alert_owner_when_withheld: true\n" + POLICIES["police"]}
GATED = row("POL-4711", gates={"category": "parking"})


def alerts(directory: Path, *options: str) -> Result:
    command = ["policy", "alerts", "police", "--partnership", str(directory), *options]
    return CliRunner().invoke(main, command, catch_exceptions=False)


def text_of(file: str) -> str:
    return Path(file).read_text(encoding="utf-8")


async def asked(directory: Path, police: Any, *people: Any, **changed: Any) -> Any:
    async with littleworth(directory, {"police": police}, policies=changed.get("policies", ALERTING)) as town:
        return await town.ask(*people)


@pytest.mark.parametrize(
    "withheld", [GATED, row("POL-4711", restricted=True), row("POL-4711", last_contact=None)]
)
async def test_the_owner_learns_which_record_was_meant(tmp_path: Path, withheld: Any) -> None:
    answer = await asked(tmp_path, [withheld, row("POL-1")])
    found = alerts(tmp_path, "--json", "--days", "9999")
    (alert,) = json.loads(found.stdout)
    assert alert.pop("at").startswith("2026-06-01")
    assert alert == {
        "query_id": answer["query_id"],
        "record": "POL-4711",
        "grade": "certain",
        "purpose": "section_47_enquiry",
        "role": "social_worker",
        "relation": "parent",
    }


async def test_what_is_shown_or_is_somebody_elses_alerts_nobody(tmp_path: Path) -> None:
    stranger = row("POL-2", gates={"category": "parking"}, identifiers={"given_name": "Zoltan"})
    await asked(tmp_path, [row("POL-1"), stranger])
    assert json.loads(alerts(tmp_path, "--json", "--days", "9999").stdout) == []
    said = alerts(tmp_path, "--days", "9999")
    assert "police was searched in 1 questions; 0 times a withheld record was meant." in said.stdout


async def test_a_shield_of_the_partnership_is_not_told_and_one_of_the_service_is(tmp_path: Path) -> None:
    everyone, own = tmp_path / "everyone", tmp_path / "own"
    for where, how in (
        (everyone, ("--person", "Ashdown, Emma, 1991-03-07")),
        (own, ("--source", "police", "--record", "POL-1")),
    ):
        async with littleworth(where, {"police": [row("POL-1")]}, policies=ALERTING) as town:
            said = ("--reason", "A threat", "--review", "2027-01-01", "--partnership", str(where))
            assert CliRunner().invoke(main, ["shield", "add", *how, *said]).exit_code == Exit.WELL
            assert part(await town.ask(), "police")["outcome"] == "nothing_to_share"
    assert "0 times" in alerts(everyone, "--days", "9999").stdout
    assert "POL-1" in alerts(own, "--days", "9999").stdout


async def test_no_note_is_made_for_an_owner_who_wants_none(tmp_path: Path) -> None:
    await asked(tmp_path, [GATED], policies=POLICIES)
    assert "police was searched in 0 questions" in alerts(tmp_path, "--days", "9999").stdout


async def test_who_reads_the_whole_log_learns_nothing_of_it(tmp_path: Path) -> None:
    async with littleworth(tmp_path, {"police": [GATED]}, policies=ALERTING) as town:
        answer = await town.ask()
        with town.reader() as reader:
            told = json.dumps(reader.trace(answer["query_id"]).as_json())
            entries = [opened_entry(raw, reader.keys) for _, raw in reader.store.of_query(answer["query_id"])]
    assert "POL-4711" not in told
    (alert,) = [one["alert"] for one in entries if "alert" in one]
    assert alert.keys() == {"sealed"}
    traced = CliRunner().invoke(main, ["audit", "trace", answer["query_id"], "--partnership", str(tmp_path)])
    assert "4711" not in traced.output
    assert "alert" not in traced.output


async def test_with_a_key_of_their_own_nobody_but_the_owner_reads_them(tmp_path: Path) -> None:
    made = CliRunner().invoke(
        main, ["policy", "key", str(tmp_path / "mine.pem"), "--for", "alerts", "--passphrase", "long enough"]
    )
    public = made.stdout.splitlines()[-1]
    own = ALERTING["police"].replace("contact: sharing@", f'alert_key: "{public}", contact: sharing@')
    where, notes = tmp_path / "town", str(tmp_path / "notes.json")
    await asked(where, [GATED], policies=ALERTING | {"police": own})
    refused = alerts(where, "--days", "9999")
    assert refused.exit_code == Exit.USAGE
    assert "sealed for another key" in refused.stderr
    assert alerts(where, "--days", "9999", "--write", notes).exit_code == Exit.WELL
    assert "POL-4711" not in text_of(notes)
    elsewhere = ("--read", notes, "--key", str(tmp_path / "mine.pem"), "--passphrase", "long enough")
    read = alerts(tmp_path, *elsewhere)
    assert read.exit_code == Exit.WELL, read.output
    assert "POL-4711" in read.stdout


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ("{", "is no file of notes"),
        ("[]", "is no file of notes"),
        ('{"format": "family-context-alerts/1", "source": "school", "notes": []}', "has no notes of police"),
        ('{"format": "family-context-alerts/1", "source": "police", "notes": [{}]}', "is no file of notes"),
    ],
)
def test_a_file_that_holds_no_notes_is_told(tmp_path: Path, content: str, sentence: str) -> None:
    (tmp_path / "n.json").write_text(content, encoding="utf-8")
    found = alerts(tmp_path, "--read", str(tmp_path / "n.json"))
    assert found.exit_code == Exit.USAGE
    assert sentence in " ".join(found.stderr.split())


@pytest.mark.parametrize("key", ["A" * 43 + "=", "AQ", "not base64 at all"])
def test_a_key_that_opens_nothing_is_told_when_the_policy_is_checked(tmp_path: Path, key: str) -> None:
    file = tmp_path / "police.yaml"
    text = ALERTING["police"].replace("contact: sharing@", f'alert_key: "{key}", contact: sharing@')
    file.write_text(text, encoding="utf-8")
    found = CliRunner().invoke(main, ["policy", "check", str(file), "--partnership", str(tmp_path)])
    assert found.exit_code != Exit.WELL
    assert "alert_key" in found.output


ASK = Ask("section_47_enquiry", "social_worker", "parent", NOW.date(), None, "verified", None, None, {})
_PERSON = row().identifiers


@pytest.fixture(scope="module")
def police(tmp_path_factory: pytest.TempPathFactory) -> SourceFile:
    file = tmp_path_factory.mktemp("sources") / "police.yaml"
    file.write_text(SOURCES["police"], encoding="utf-8")
    return handwritten.read(file, SourceFile)


@given(st.lists(st.text(max_size=300), max_size=40), st.integers(1, 3))
def test_a_note_is_as_long_whatever_it_says(police: SourceFile, keys: list[str], people: int) -> None:
    rows = [row(key, restricted=True) for key in keys]
    whom = tuple(Consulted(number, _PERSON, ASK) for number in range(1, people + 1))
    note = note_of(
        Consultation("q", whom, 1.0), rows, [frozenset(map(id, rows))] * people, police, DEFAULT_WEIGHTS
    )
    assert len(note) == ROOM * people
    own = X25519PrivateKey.generate()
    read = opened(sealed(note, own.public_key(), "police", "q"), own, "police", "q")
    assert {one.record for one in read.alerts} <= set(keys)
    assert read.alerts or read.more or not keys


def test_a_note_cannot_be_put_elsewhere_or_changed() -> None:
    own = X25519PrivateKey.generate()
    made = sealed(b'{"alerts": [], "more": false}'.ljust(ROOM), own.public_key(), "police", "q1")
    assert opened(made, own, "police", "q1").alerts == ()
    for raw, source, query in ((made, "police", "q2"), (made, "school", "q1"), (made[:-1], "police", "q1")):
        with pytest.raises(NotForThisKey):
            opened(raw, own, source, query)
    with pytest.raises(NotForThisKey):
        opened(made, X25519PrivateKey.generate(), "police", "q1")
