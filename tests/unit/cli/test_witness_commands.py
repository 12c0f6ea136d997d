"""``broker audit witness`` and ``broker audit checkpoint`` on the command line, and the settings beside them."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import urllib.error
import urllib.request
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

import handwritten
from broker.audit.checkpoint import Verifier, opened
from broker.audit.keys import load_keys
from broker.audit.witness.cosignature import Cosigner
from broker.audit.witness.files import WitnessSettings, open_witness
from broker.cli import main
from broker.cli.printing import Exit
from broker.settings import load_settings
from tests.fakes.littleworth import BROKER, write_files
from tests.fakes.served_littleworth import ENVIRONMENT, ROOT

ORIGIN = "littleworth.example/family-context"
NAME = "police.littleworth.example/witness"


def run(*words: str | Path) -> Result:
    return CliRunner().invoke(main, ["audit", *map(str, words)], env={"COLUMNS": "250"})


@pytest.fixture
def town(tmp_path: Path) -> Path:
    """Littleworth with a log of two entries, begun by a command."""
    write_files(tmp_path / "town")
    assert CliRunner().invoke(main, ["keys", "init", str(tmp_path / "town")]).exit_code == Exit.WELL
    for _ in range(2):
        CliRunner().invoke(main, ["audit", "checkpoint", "--partnership", str(tmp_path / "town")])
    return tmp_path / "town"


def witness_in(directory: Path) -> str:
    told = run("witness", "init", directory, "--name", NAME, "--json")
    assert told.exit_code == Exit.WELL, told.output
    key: str = json.loads(told.stdout)["key"]
    return key


def test_a_witness_is_made_once_with_a_file_that_loads_and_a_key_that_is_shown(tmp_path: Path) -> None:
    told = run("witness", "init", tmp_path / "w", "--name", NAME)
    assert told.exit_code == Exit.WELL
    key = Cosigner.of(told.stdout.splitlines()[-1])
    assert key.name == NAME
    files = open_witness(tmp_path / "w")
    files.memory.close()
    assert files.witness.key.public_key().public_bytes_raw() == key.public
    assert (tmp_path / "w" / "witness.key").stat().st_mode & 0o777 == 0o600
    again = run("witness", "init", tmp_path / "w", "--name", NAME)
    assert (again.exit_code, "in a directory of its own" in again.stderr) == (Exit.WRONG, True)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda where: (where / "witness.db").unlink(), "must sign nothing more"),
        (lambda where: (where / "witness.key").write_text("00"), "Bring it back from its copy"),
        (lambda where: add(where, "tls: {certificate: a.pem, key: b.pem}\n"), "can't be used"),
        (lambda where: add(where, "listens: {}\n"), "Did you mean listen?"),
        (lambda where: write_logs(where, "[x.example/log+00000000+AAAA]"), "witness.yaml:4:"),
        (lambda where: write_logs(where, "[]"), "Something has to stand here"),
        (lambda where: (where / "witness.yaml").unlink(), "cannot be read"),
    ],
)
def test_a_witness_that_cannot_run_says_what_to_do(tmp_path: Path, change: object, says: str) -> None:
    witness_in(tmp_path / "w")
    change(tmp_path / "w")  # type: ignore[operator]
    for command in ("run", "contradictions"):
        told = run("witness", command, tmp_path / "w")
        assert (told.exit_code, says in " ".join(told.stderr.split())) == (Exit.WRONG, True), told.stderr


def test_the_memory_of_another_witness_is_not_taken(tmp_path: Path) -> None:
    witness_in(tmp_path / "w")
    witness_in(tmp_path / "other")
    (tmp_path / "other" / "witness.db").rename(tmp_path / "w" / "witness.db")
    told = run("witness", "run", tmp_path / "w")
    assert (told.exit_code, "the memory of another witness" in told.stderr) == (Exit.WRONG, True)


def add(where: Path, text: str) -> None:
    path = where / "witness.yaml"
    path.write_text(path.read_text(encoding="utf-8") + text, encoding="utf-8")


def write_logs(where: Path, keys: str) -> None:
    text = f"format: witness/1\nname: {NAME}\nlogs:\n  - {{origin: x.example/log, keys: {keys}}}\n"
    (where / "witness.yaml").write_text(text, encoding="utf-8")


def test_a_witness_runs_as_the_command_says_and_ends_when_it_is_told(tmp_path: Path) -> None:
    witness_in(tmp_path / "w")
    process = subprocess.Popen(  # noqa: S603 -- our own interpreter on our own module
        [sys.executable, "-m", "broker", "audit", "witness", "run", str(tmp_path / "w"), "--port", "0"],
        cwd=ROOT,
        env=ENVIRONMENT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    line = process.stdout.readline()
    assert "and witnesses 0 log(s)." in line, process.communicate()
    address = line.split("listens on ")[1].split(",")[0]
    with pytest.raises(urllib.error.HTTPError, match="400"):
        urllib.request.urlopen(f"{address}/add-checkpoint", data=b"old", timeout=10)  # noqa: S310 -- it said http
    process.terminate()
    process.communicate(timeout=30)
    assert process.returncode == 0


def test_a_checkpoint_is_exported_with_origin_and_key(town: Path, tmp_path: Path) -> None:
    file = tmp_path / "kept.checkpoint"
    told = run("checkpoint", "--partnership", town, "--out", file)
    assert told.exit_code == Exit.WELL, told.output
    key = Verifier.of(told.stdout.split("Verifier key")[1].strip())
    assert f"Origin        {ORIGIN}" in told.stdout
    assert opened(file.read_text(encoding="utf-8"), key).size >= 1
    keys = load_keys(town / "state" / "keys")
    keys.close()
    assert key == Verifier(ORIGIN, keys.public)
    again = run("checkpoint", "--partnership", town, "--out", file)
    assert (again.exit_code, "is there already" in again.stderr) == (Exit.USAGE, True)
    found = json.loads(run("checkpoint", "--partnership", town, "--json").stdout)
    assert (found["origin"], found["key"]) == (ORIGIN, key.text())
    assert opened(found["text"], key).size == found["size"]


def test_a_mailed_checkpoint_is_taken_back_and_shows_what_was_removed(town: Path, tmp_path: Path) -> None:
    mail, other = tmp_path / "mail.txt", tmp_path / "other"
    told = run("checkpoint", "--partnership", town, "--email", "--out", mail)
    assert told.exit_code == Exit.WELL
    assert mail.read_text(encoding="utf-8").startswith("Subject: Audit log of Littleworth: checkpoint of ")
    mail.write_text("Hello,\n\n> " + mail.read_text(encoding="utf-8").replace("\n", "\n> "), encoding="utf-8")
    well = run("verify", "--partnership", town, "--against", mail)
    assert well.exit_code == Exit.WELL, well.output
    write_files(other)
    shutil.copytree(town / "state" / "keys", other / "state" / "keys")
    run("checkpoint", "--partnership", other)  # a log of the same key, with another history
    for _ in range(6):
        run("checkpoint", "--partnership", other)
    wrong = run("verify", "--partnership", other, "--against", mail)
    assert (wrong.exit_code, "are not those that were signed" in wrong.stdout) == (Exit.WRONG, True)


def test_a_text_without_a_checkpoint_is_said_to_be_none(town: Path, tmp_path: Path) -> None:
    (tmp_path / "mail.txt").write_text("Thank you for your mail.", encoding="utf-8")
    told = run("verify", "--partnership", town, "--against", tmp_path / "mail.txt")
    assert (told.exit_code, "not signed with this log's key" in told.stdout) == (Exit.WRONG, True)


def test_status_without_a_witness_says_how_to_get_one(town: Path) -> None:
    told = run("witness", "status", "--partnership", town)
    assert (told.exit_code, "names no witness" in told.stderr) == (Exit.USAGE, True)


KEY = Cosigner(NAME, bytes(range(32))).text()
TWICE = (
    f"witnesses: [{{name: A, key: '{KEY}', address: 'https://a.example'}},"
    f" {{name: B, key: '{KEY}', address: 'https://b.example'}}]"
)
OTHER = Cosigner("health.example/witness", bytes(range(1, 33))).text()


def settings_with(directory: Path, more: str) -> Path:
    write_files(directory, broker=BROKER.replace(f"origin: {ORIGIN}", f"origin: {ORIGIN}, {more}"))
    return directory


def test_all_witnesses_have_to_cosign_unless_the_settings_say_how_many(tmp_path: Path) -> None:
    both = (
        f"witnesses: [{{name: A, key: '{KEY}', address: 'https://a.example/w/'}},"
        f" {{name: B, key: '{OTHER}', address: 'http://127.0.0.1:8770'}}]"
    )
    audit = load_settings(settings_with(tmp_path, both)).settings.audit
    assert (audit.enough, audit.unwitnessed_minutes) == (2, 60)
    assert [one.address for one in audit.witnesses] == ["https://a.example/w", "http://127.0.0.1:8770"]
    assert load_settings(settings_with(tmp_path, f"{both}, witnessed_by: 1")).settings.audit.enough == 1


@pytest.mark.parametrize(
    ("more", "says"),
    [
        (f"witnesses: [{{name: A, key: '{KEY}', address: 'http://a.example'}}]", "asked over https"),
        (f"witnesses: [{{name: A, key: '{KEY}', address: 'https://u:p@a.example'}}]", "address alone"),
        (f"witnesses: [{{name: A, key: '{KEY}', address: 'https://a.example?x=1'}}]", "address alone"),
        (f"witnesses: [{{name: A, key: '{KEY[:-1]}', address: 'https://a.example'}}]", "written name+id+key"),
        (
            f"witnesses: [{{name: A, key: '{Verifier(ORIGIN, bytes(32)).text()}', address: 'https://a.example'}}]",
            "the key of a log",
        ),
        (TWICE, "two witnesses have one key"),
        ("witnessed_by: 1", "more than there are witnesses"),
        ("unwitnessed_minutes: 0", "at least 1"),
    ],
)
def test_a_witness_that_cannot_be_is_a_fault(tmp_path: Path, more: str, says: str) -> None:
    with pytest.raises(handwritten.Faults) as found:
        load_settings(settings_with(tmp_path, more))
    assert says.lower() in str(found.value).lower()


def test_a_partnership_without_a_witness_is_warned_of(town: Path) -> None:
    checked = CliRunner().invoke(main, ["check", str(town), "--files-only", "--json"])
    assert [
        one for one in json.loads(checked.stdout)["warnings"] if "no witness cosigns the audit log" in one
    ]


def test_the_how_to_names_every_command_and_key_of_the_files() -> None:
    page = (ROOT / "docs" / "how-to" / "witness-a-log.md").read_text(encoding="utf-8")
    commands = ("init", "run", "status", "contradictions")
    assert [one for one in commands if f"broker audit witness {one}" not in page] == []
    keys = [
        *WitnessSettings.model_fields,
        "witnesses",
        "witnessed_by",
        "unwitnessed_minutes",
        "ca_file",
        "origin",
    ]
    assert [one for one in keys if f"{one}:" not in page] == []
