"""``broker keys destroy-person``, ``destroy-epoch``, ``approve``, ``hold`` and ``release`` on the command line."""

from __future__ import annotations

import asyncio
import json
import shutil
import signal
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from broker.audit.keys import load_keys
from broker.audit.reader import AuditReader
from broker.cli import main
from broker.cli.printing import Exit
from tests.fakes.littleworth import BROKER, Clock, littleworth, row

ORIGIN = "littleworth.example/family-context"
EMMA = ("--person", "Ashdown, Emma, 1991-03-07")
WHY = ("--reason", "Her request of 3 June", "--basis", "UK GDPR Art. 17(1)(d)")
LONG_AGO = datetime.now(UTC) - timedelta(days=400)


def broker(directory: Path, *words: str | Path) -> Result:
    told = [*map(str, words), "--partnership", str(directory)]
    return CliRunner().invoke(main, told, env={"COLUMNS": "250"})


def run(directory: Path, *words: str | Path) -> Result:
    return broker(directory, "keys", *words)


def as_json(directory: Path, *words: str | Path) -> Any:
    told = run(directory, *words, "--json")
    assert told.exit_code == Exit.WELL, told.output
    return json.loads(told.stdout)


def signing(directory: Path, name: str) -> tuple[str, ...]:
    return ("--by", name, "--key", str(directory / f"{name}.pem"), "--passphrase", "p")


def reader_of(directory: Path) -> AuditReader:
    return AuditReader.open(directory / "state" / "audit.db", load_keys(directory / "state" / "keys"), ORIGIN)


@pytest.fixture
def town(tmp_path: Path) -> Path:
    """Littleworth, long after Sam Okafor asked about Emma Ashdown; Jo and Kim may destroy keys."""

    async def asked() -> None:
        async with littleworth(tmp_path, {"school": [row()]}, clock=Clock(LONG_AGO)) as town:
            await town.ask()

    asyncio.run(asked())
    named = {}
    for name in ("Jo", "Kim"):
        made = CliRunner().invoke(
            main,
            ["policy", "key", str(tmp_path / f"{name}.pem"), "--passphrase", "p"],
            env={"COLUMNS": "250"},
        )
        named[name] = made.stdout.strip().splitlines()[-1]
    may_destroy(tmp_path, {"approvers": named})
    return tmp_path


def may_destroy(directory: Path, retention: dict[str, Any]) -> None:
    """Write what is kept how long, and who may destroy, in the partnership's settings."""
    yaml = BROKER.replace("audit: {", f"audit: {{retention: {json.dumps(retention)}, ")
    assert yaml != BROKER
    (directory / "broker.yaml").write_text(yaml, encoding="utf-8")


def proposed(directory: Path) -> str:
    found = as_json(directory, "destroy-person", *EMMA, *WHY, *signing(directory, "Jo"))
    return str(found["proposal"])


def found(directory: Path) -> int:
    """How many entries the log finds of Emma, and shows."""
    told = broker(directory, "audit", "person", "start", *EMMA, "--reason", "She asks", "--json")
    assert told.exit_code == Exit.WELL, told.output
    return len(json.loads(told.stdout)["found"])


def test_a_person_is_destroyed_by_two_and_found_no_more(town: Path) -> None:
    assert found(town) == 1
    one = proposed(town)
    assert found(town) == 1  # nothing is destroyed yet
    said = as_json(town, "proposal", one)
    assert (said["by"], said["reason"], said["basis"]) == ("Jo", WHY[1], WHY[3])
    done = as_json(town, "approve", one, *signing(town, "Kim"))
    told = as_json(town, "status")
    assert [it["certificate"] for it in told["destroyed"]] == [done["certificate"]]
    assert (told["proposals"], [it["people"] for it in told["epochs"]]) == ([], [0])
    assert sum(it["opens_until"] is not None for it in told["keystore_periods"]) == 1
    assert found(town) == 0
    with reader_of(town) as reader:
        entry = next(it for it in reader.entries() if it.kind == "query.intent")
        certificate = next(it for it in reader.entries() if it.kind == "key.destroyed")
        assert reader.verify().good
    assert certificate.index == done["certificate"]
    signed = certificate.facts["certificate"]
    assert (signed["proposed"]["by"], signed["approved"]["by"]) == ("Jo", "Kim")
    shown = broker(town, "audit", "trace", entry.facts["query_id"]).output
    assert f"Person 1: destroyed on {datetime.now(UTC).date()}, certificate {certificate.index}" in shown
    assert "Ashdown" not in shown
    history = broker(town, "audit", "trace", one).output
    assert "Approved by Kim" in history
    assert "UK GDPR Art. 17(1)(d)" in history


def test_nobody_approves_what_they_proposed_or_with_anothers_key(town: Path) -> None:
    one = proposed(town)
    mine = run(town, "approve", one, *signing(town, "Jo"))
    assert (mine.exit_code, "A second person" in mine.output) == (Exit.REFUSED, True)
    words = ("--by", "Kim", "--key", town / "Jo.pem", "--passphrase", "p")
    others = run(town, "approve", one, *words)
    assert (others.exit_code, "not the key of Kim" in others.output) == (Exit.REFUSED, True)
    assert found(town) == 1


def test_who_may_approve_is_asked_again_of_whoever_proposed(town: Path) -> None:
    one = proposed(town)
    yaml = (town / "broker.yaml").read_text(encoding="utf-8")
    (town / "broker.yaml").write_text(yaml.replace('"Jo"', '"Joe"'), encoding="utf-8")
    told = run(town, "approve", one, *signing(town, "Kim"))
    assert (told.exit_code, "not signed by anybody" in told.output) == (Exit.REFUSED, True)


def test_without_approvers_nobody_destroys_anything(town: Path) -> None:
    may_destroy(town, {})
    told = run(town, "destroy-person", *EMMA, *WHY, *signing(town, "Jo"))
    assert (told.exit_code, "Name two people" in told.output) == (Exit.REFUSED, True)


@pytest.mark.parametrize(
    ("retention", "says"),
    [
        ({"keep_for": "6 months"}, "shorter than at_least"),
        ({"approvers": {"Jo": "a"}}, "two or more people"),
        ({"approvers": {"Jo": "a", "Kim": "a"}}, "a key of their own"),
    ],
)
def test_a_retention_that_cannot_be_meant_is_refused(town: Path, retention: Any, says: str) -> None:
    may_destroy(town, retention)
    told = run(town, "status")
    assert (told.exit_code, says in told.output) == (Exit.USAGE, True), told.output


def test_what_was_asked_of_late_is_kept(town: Path) -> None:
    yaml = (town / "broker.yaml").read_text(encoding="utf-8")
    longer = yaml.replace('{"approvers"', '{"at_least": "2 years", "approvers"')
    (town / "broker.yaml").write_text(longer, encoding="utf-8")
    told = run(town, "destroy-person", *EMMA, *WHY, *signing(town, "Jo"))
    assert (told.exit_code, "audit.retention.at_least has not passed" in told.output) == (Exit.REFUSED, True)
    epoch = as_json(town, "status")["epochs"][0]["epoch"]
    told = run(town, "destroy-epoch", epoch, *WHY, *signing(town, "Jo"))
    assert (told.exit_code, "is in use" in told.output) == (Exit.REFUSED, True)


@pytest.mark.parametrize("of", [EMMA, ("--epoch",), ("--case", "4711")])
def test_nothing_that_is_held_is_destroyed_until_it_is_released(town: Path, of: tuple[str, ...]) -> None:
    epoch = as_json(town, "status")["epochs"][0]["epoch"]
    with reader_of(town) as reader:
        request = next(it for it in reader.entries() if it.kind == "query.intent").facts["request"]
    named = {"--epoch": ("--epoch", epoch), "--case": ("--case", request["case_reference"])}.get(of[0], of)
    one = proposed(town)
    hold = as_json(town, "hold", *named, "--reason", "An inquiry")["hold"]
    assert [it["hold"] for it in as_json(town, "status")["holds"]] == [hold]
    told = run(town, "approve", one, *signing(town, "Kim"))
    assert (told.exit_code, f"Hold {hold} stands" in told.output) == (Exit.REFUSED, True)
    assert run(town, "release", hold, "--reason", "It is over").exit_code == Exit.WELL
    assert run(town, "release", hold, "--reason", "Again").exit_code == Exit.USAGE
    assert run(town, "approve", one, *signing(town, "Kim")).exit_code == Exit.WELL


def test_an_epoch_whose_time_is_over_is_destroyed_by_two(town: Path) -> None:
    old = as_json(town, "rotate")["old"]
    path = next((town / "state" / "keys").glob(f"epoch-{old}.key"))
    (new,) = set((town / "state" / "keys").glob("epoch-*.key")) - {path}
    long_ago = (datetime.now(UTC) - timedelta(days=366 * 7)).isoformat()
    for file, since in (
        (path, long_ago),
        (new, (datetime.now(UTC) - timedelta(days=366 * 6 + 9)).isoformat()),
    ):
        facts = json.loads(file.read_text())
        file.write_text(json.dumps({**facts, "since": since}))
    one = as_json(town, "destroy-epoch", old, *WHY, *signing(town, "Kim"))["proposal"]
    done = as_json(town, "approve", one, *signing(town, "Jo"))
    assert not path.exists()
    told = as_json(town, "status")
    assert [it["epoch"] for it in told["epochs"]] == [new.stem.removeprefix("epoch-")]
    assert [it["names"] for it in told["destroyed"]] == [[old]]
    with reader_of(town) as reader:
        entry = next(it for it in reader.entries() if it.kind == "query.intent")
        assert reader.verify().good
    assert set(entry.destroyed) == {"request", "person 1"}
    shown = broker(town, "audit", "trace", entry.facts["query_id"])
    assert (shown.exit_code, f"certificate {done['certificate']}" in shown.output) == (Exit.WELL, True)


def test_a_start_destroys_what_an_older_copy_of_the_keystore_brought_back(town: Path) -> None:
    keystore, copy = town / "state" / "keys" / "keystore.db", town / "copy.db"
    shutil.copy(keystore, copy)
    run(town, "approve", proposed(town), *signing(town, "Kim"))
    shutil.copy(copy, keystore)
    keys = load_keys(town / "state" / "keys")
    assert sum(keys.keystore.counts().values()) == 1
    keys.close()

    async def started() -> None:
        yaml = (town / "broker.yaml").read_text(encoding="utf-8")
        async with littleworth(town, {"school": [row()]}, broker=yaml):
            pass

    asyncio.run(started())
    keys = load_keys(town / "state" / "keys")
    assert sum(keys.keystore.counts().values()) == 0
    keys.close()


_KILLED = """
import os, signal, sys
from broker.audit.stores.sqlite_keystore import SqliteKeystore
SqliteKeystore.destroy = lambda *_: os.kill(os.getpid(), signal.SIGKILL)
from broker.cli import main
main(sys.argv[1:])
"""


def test_killed_behind_the_certificate_the_next_command_destroys_what_it_names(town: Path) -> None:
    words = ("keys", "approve", proposed(town), *signing(town, "Kim"), "--partnership", str(town))
    killed = subprocess.run(  # noqa: S603 -- our own interpreter on our own words
        [sys.executable, "-c", _KILLED, *words], check=False, capture_output=True
    )
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    told = as_json(town, "status")
    assert (len(told["destroyed"]), [it["people"] for it in told["epochs"]]) == (1, [1])
    shown = broker(town, "audit", "verify")
    assert (shown.exit_code, [it["people"] for it in as_json(town, "status")["epochs"]]) == (Exit.WELL, [0])
    assert found(town) == 0


def test_destroying_names_nobody_it_does_not_know(town: Path) -> None:
    nobody = ("--person", "Quill, Ada, 1950-01-02")
    told = run(town, "destroy-person", *nobody, *WHY, *signing(town, "Jo"))
    assert (told.exit_code, "no key of exactly this person" in told.output) == (Exit.WRONG, True)
    told = run(town, "approve", "d-none", *signing(town, "Kim"))
    assert (told.exit_code, "No proposal d-none waits" in told.output) == (Exit.USAGE, True)
    told = run(town, "hold", "--reason", "Of nothing")
    assert (told.exit_code, "Hold one thing" in told.output) == (Exit.USAGE, True)
