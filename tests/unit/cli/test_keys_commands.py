"""``broker keys`` on the command line."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from broker import opening_keys
from broker.audit.checkpoint import Verifier
from broker.audit.keys import load_keys
from broker.audit.reader import AuditReader
from broker.cli import main
from broker.cli.printing import Exit
from tests.fakes.littleworth import littleworth, row

ORIGIN = "littleworth.example/family-context"


def run(directory: Path, *words: str | Path) -> Result:
    told = [*map(str, words), "--partnership", str(directory)]
    return CliRunner().invoke(main, ["keys", *told], env={"COLUMNS": "250"})


def as_json(directory: Path, *words: str | Path) -> Any:
    told = run(directory, *words, "--json")
    assert told.exit_code == Exit.WELL, told.output
    return json.loads(told.stdout)


def reader_of(directory: Path) -> AuditReader:
    return AuditReader.open(directory / "state" / "audit.db", load_keys(directory / "state" / "keys"), ORIGIN)


@pytest.fixture
def town(tmp_path: Path) -> Path:
    """Littleworth, after Sam Okafor asked about Emma Ashdown."""

    async def asked() -> None:
        async with littleworth(tmp_path, {"school": [row()]}) as town:
            await town.ask()

    asyncio.run(asked())
    return tmp_path


def test_a_new_epoch_is_recorded_and_shown(town: Path) -> None:
    done = as_json(town, "rotate")
    told = as_json(town, "status")
    assert [one["epoch"] for one in told["epochs"]] == [done["old"], done["new"]]
    assert [one["people"] for one in told["epochs"]] == [1, 0]
    old, new = (one["destroyable_from"] for one in told["epochs"])
    assert (old[:4], new) == (str(int(told["epochs"][1]["since"][:4]) + 6), None)
    with reader_of(town) as reader:
        (rotated,) = reader.of_kind("key.rotated")
        assert reader.verify().good
    assert {"what": "epoch", "new": done["new"], "old": done["old"]}.items() <= rotated.items()
    shown = run(town, "status").stdout
    assert (done["new"] in shown, "in use" in shown) == (True, True)


def test_a_new_signing_key_is_listed_as_auditors_take_it(town: Path) -> None:
    done = as_json(town, "rotate", "--signing", "--overlap", "10 days")
    told = as_json(town, "status")["signing_keys"]
    assert [one["verifier"] for one in told] == [done["old"], done["new"]]
    assert [one["signs_until"] is None for one in told] == [False, True]
    keys = load_keys(town / "state" / "keys")
    assert Verifier(ORIGIN, keys.public).text() == done["new"]
    keys.close()
    wrong = run(town, "rotate", "--signing", "--overlap", "soon")
    assert (wrong.exit_code, "--overlap: write a length of time" in wrong.stderr) == (Exit.USAGE, True)


def test_copies_of_the_keystore_open_for_as_long_as_it_says(town: Path) -> None:
    done = as_json(town, "rotate", "--keystore")
    periods = as_json(town, "status")["keystore_periods"]
    assert [one["period"] for one in periods] == [done["old"], done["new"]]
    assert f"Copies of the keystore from period {done['old']} open until" in run(town, "status").stdout


def test_a_running_broker_goes_on_with_a_new_epoch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(opening_keys, "TAKEN_UP_EVERY", 0.05)

    async def rotated() -> str:
        async with littleworth(tmp_path, {"school": [row()]}) as town:
            await town.ask()
            done = await asyncio.to_thread(as_json, tmp_path, "rotate")
            for _ in range(100):
                await asyncio.sleep(0.05)
                if town.front.broker.log._keys.epoch == done["new"]:
                    break
            await town.ask()
            return str(done["new"])

    new = asyncio.run(rotated())
    with reader_of(tmp_path) as reader:
        intents = [one.facts for one in reader.entries() if one.kind == "query.intent"]
        assert [one["epoch"] == new for one in intents] == [False, True]
        assert [one["request"]["repeats"] for one in intents] == [0, 1]


def with_provider(directory: Path, said: str) -> None:
    file = directory / "broker.yaml"
    file.write_text(file.read_text().replace("audit: {", f"audit: {{key_provider: {said}, "))


def test_a_key_provider_is_named_in_broker_yaml(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def made() -> None:
        async with littleworth(tmp_path, {"school": [row()]}):
            pass

    asyncio.run(made())
    with_provider(tmp_path, "credential:audit")
    for path in (tmp_path / "state" / "keys").iterdir():
        path.unlink()
    init = ["keys", "init", str(tmp_path)]
    monkeypatch.delenv("CREDENTIALS_DIRECTORY", raising=False)
    missing = CliRunner().invoke(main, init)
    assert (missing.exit_code, "systemd has given" in missing.stderr) == (Exit.WRONG, True)
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path))
    (tmp_path / "audit").write_text("short")
    assert "openssl rand -hex 32" in CliRunner().invoke(main, init).stderr
    (tmp_path / "audit").write_text("ab" * 32)
    assert CliRunner().invoke(main, init).exit_code == Exit.WELL
    assert len(as_json(tmp_path, "status")["epochs"]) == 1
    (tmp_path / "audit").write_text("cd" * 32)
    refused = run(tmp_path, "status")
    assert (refused.exit_code, "another root key" in refused.stderr) == (Exit.USAGE, True)
