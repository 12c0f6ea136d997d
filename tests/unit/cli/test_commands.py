"""The command line: it teaches, speaks JSON, and ends with the exit codes that it documents."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import CliRunner, Result

from broker.cli import EXIT_CODES, main
from broker.cli.ask import called
from broker.cli.printing import Exit
from tests.fakes.littleworth import POLICIES, SOURCES, littleworth, question, row, write_files


def run(*args: str | Path, **named: Any) -> Result:
    return CliRunner().invoke(main, [str(one) for one in args], **named)


def commands(group: click.Group, name: str = "broker") -> Iterator[tuple[str, click.Command]]:
    context = click.Context(group)
    for one in group.list_commands(context):
        command = group.get_command(context, one)
        assert command is not None
        yield f"{name} {one}", command
        if isinstance(command, click.Group):
            yield from commands(command, f"{name} {one}")


ALL = dict(commands(main))


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    """Littleworth's files, with keys, and a secret in the environment."""
    write_files(tmp_path)
    assert run("keys", "init", tmp_path).exit_code == Exit.WELL
    return tmp_path


@pytest.mark.parametrize("name", ALL)
def test_every_command_and_option_says_what_it_is_for(name: str) -> None:
    command = ALL[name]
    assert command.help
    assert [
        one for one in command.params if isinstance(one, click.Option) and one.name != "view" and not one.help
    ] == []
    shown = " ".join(run(*name.split()[1:], "--help").output.split())
    assert command.help.strip().split("\n")[0] in shown


def test_every_exit_code_is_documented() -> None:
    assert [f"  {code.value}  " in EXIT_CODES for code in Exit] == [True] * len(Exit)
    assert "Exit codes" in run("--help").output


def test_a_whole_partnership_is_checked(directory: Path) -> None:
    checked = run("check", directory, "--files-only")
    assert (checked.exit_code, "0 faults, 1 warning" in checked.output) == (Exit.WELL, True)
    assert "no witness cosigns the audit log" in checked.output
    witness = "witnesses: [{name: A, key: 'a.example+86e9e835+BAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA'"
    change = f"{witness}, address: 'https://a.example'}}], origin:"
    file = directory / "broker.yaml"
    file.write_text(file.read_text(encoding="utf-8").replace("origin:", change), encoding="utf-8")
    checked = run("check", directory, "--files-only")
    assert (checked.exit_code, "All is well" in checked.output) == (Exit.WELL, True)


def test_every_fault_of_every_file_is_named_at_once(directory: Path) -> None:
    broken = {
        "school": POLICIES["school"].replace("early_help_assessment", "early_help_asessment"),
        "housing": POLICIES["housing"].replace("gates:\n", "gates:\n  kategory: {never: {x: y}}\n"),
        "police": POLICIES["police"].replace("relation: other_adult, ", "relation: other_adlt, "),
    }
    broken["police"] = broken["police"].replace("relation: other_adult}", "relation: other_adlt}")
    sources = {**SOURCES, "school": SOURCES["school"].replace("population: 20000", "population: many")}
    write_files(directory, policies=broken, sources=sources)
    checked = run("check", directory, "--files-only", "--json")
    faults = json.loads(checked.output)["faults"]
    assert checked.exit_code == Exit.WRONG
    told = "\n".join(faults)
    for fault in ("school.yaml:", "police.yaml:", "Did you mean other_adult?", "Write a whole number here."):
        assert fault in told
    write_files(directory, policies={**broken, "police": POLICIES["police"]})
    told = run("check", directory, "--files-only", "--json").output
    assert "Did you mean early_help_assessment?" in told
    assert "The source file maps no such gate." in told


def test_policies_run_their_own_tests(directory: Path) -> None:
    ran = run("policy", "test", directory, "--json")
    assert (ran.exit_code, {one["passed"] for one in json.loads(ran.output)["tests"]}) == (Exit.WELL, {True})
    path = directory / "policies" / "school.yaml"
    path.write_text(
        POLICIES["school"].replace("expect: nothing", "expect: {involved: yes}"), encoding="utf-8"
    )
    ran = run("policy", "test", directory)
    assert ran.exit_code == Exit.WRONG
    assert "failed" in ran.output
    path.write_text("format: sharing-policy/2\n", encoding="utf-8")
    assert run("policy", "test", directory).exit_code == Exit.WRONG
    assert run("policy", "test", directory / "sources").exit_code == Exit.WRONG


def test_keys_are_made_once(directory: Path) -> None:
    again = run("keys", "init", directory)
    assert again.exit_code == Exit.WRONG
    assert "never overwritten" in again.output.replace("\n", " ")


def test_a_query_is_traced_and_the_log_verified(tmp_path: Path) -> None:
    async def asked() -> str:
        async with littleworth(tmp_path, {"school": [row()]}) as town:
            return str((await town.ask())["query_id"])

    query_id = asyncio.run(asked())
    traced = run("audit", "trace", query_id, "--partnership", tmp_path, env={"COLUMNS": "200"})
    assert traced.exit_code == Exit.WELL
    for told in ("Sam Okafor", "Referral of 29 May", "Person 1, parent", "Person 1: involved", "answered"):
        assert told in traced.output
    as_json = json.loads(run("audit", "trace", query_id, "--partnership", tmp_path, "--json").output)
    assert [one["type"] for one in as_json["entries"]][::4] == ["query.intent", "query.closed"]
    assert run("audit", "trace", "q-none", "--partnership", tmp_path).exit_code == Exit.WRONG
    verified = run("audit", "verify", "--partnership", tmp_path)
    assert (verified.exit_code, "verify" in verified.output) == (Exit.WELL, True)
    assert run("audit", "verify", "--partnership", tmp_path / "sources").exit_code == Exit.USAGE


def test_entries_that_belong_to_no_query_are_read(tmp_path: Path) -> None:
    async def asked() -> None:
        async with littleworth(tmp_path, {"school": [row()]}) as town:
            signed_in = town.headers()
            for path in ("/v1/sign-out", "/v1/queries"):
                async with town.client.post(path, json=question(), headers=signed_in) as reply:
                    assert reply.status in (204, 401)

    asyncio.run(asked())
    wide = {"COLUMNS": "200"}
    read = run("audit", "entries", "--partnership", tmp_path, "--last", "2", env=wide)
    assert read.exit_code == Exit.WELL
    for told in (
        "Would have lapsed at 2026-06-01",
        "SHA-256",
        "Refused: token_ended",
        "lw-1",
    ):
        assert told in read.output
    listed = run("audit", "entries", "--partnership", tmp_path, "--type", "broker.started", "--json")
    assert [one["type"] for one in json.loads(listed.output)] == ["broker.started"]


ASK = ("ask", "--purpose", "section_47_enquiry", "--reason", "r", "--case", "c")
PERSON = ("--person", "parent: Ashdown, Emma, 1991-03-07")


def test_a_query_is_put_and_shown(tmp_path: Path) -> None:
    async def asked() -> list[subprocess.CompletedProcess[str]]:
        async with littleworth(tmp_path, {"school": [row()]}) as town:
            address = str(town.client.make_url("/")).rstrip("/")
            token = town.headers()["Authorization"].removeprefix("Bearer ")
            runs = [(*ASK, *PERSON), (*ASK, *PERSON, "--json"), (*ASK, "--person", "parent: Ashdown")]
            return [await asyncio.to_thread(_broker, *one, server=address, token=token) for one in runs]

    table, as_json, refused = asyncio.run(asked())
    assert (table.returncode, "Known to this service" in table.stdout) == (Exit.WELL, True)
    assert json.loads(as_json.stdout)["view"] == "flags"
    assert (refused.returncode, "Add a given name" in refused.stderr) == (Exit.REFUSED, True)


def test_a_broker_that_is_not_there_is_said_to_be_so() -> None:
    asked = _broker(*ASK, *PERSON, server="http://127.0.0.1:9", token="x")
    assert (asked.returncode, "There is no broker" in asked.stderr) == (Exit.UNREACHABLE, True)


def test_a_person_is_written_as_the_help_says() -> None:
    assert run(*ASK, "--person", "Ashdown").exit_code == Exit.USAGE


def test_what_was_typed_cannot_paint_the_terminal() -> None:
    name = called({"relation": "child", "given_name": "[red]\x1b[31mEmma", "family_name": "A"})
    assert "\x1b" not in name


def test_a_broker_serves_until_it_is_told_to_stop(directory: Path) -> None:
    environment = {**os.environ, "SEAL_KEY": "5e" * 32, "PYTHONUNBUFFERED": "1"}
    served = subprocess.Popen(  # noqa: S603 -- our own interpreter on our own module
        [sys.executable, "-m", "broker", "serve", str(directory), "--port", "0"],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert served.stdout is not None
        said = served.stdout.readline()
        address = said.split()[-1]
        with urllib.request.urlopen(f"{address}/readyz", timeout=5) as reply:  # noqa: S310 -- it said http
            assert json.load(reply)["status"] == "ready"
        served.send_signal(signal.SIGTERM)
        began = time.monotonic()
        _, complaints = served.communicate(timeout=10)
        assert served.returncode == Exit.WELL, complaints
        assert time.monotonic() - began < 10
    finally:
        served.kill()
        served.wait()


def _broker(*args: str, server: str, token: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(  # noqa: S603 -- our own interpreter on our own module
        [sys.executable, "-m", "broker", *args],
        env={**os.environ, "BROKER_SERVER": server, "BROKER_TOKEN": token, "COLUMNS": "160", **environment},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def test_a_port_that_is_taken_is_said_to_be_so(directory: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        served = _broker(
            *("serve", str(directory), "--port", str(taken.getsockname()[1])),
            server="",
            token="",
            SEAL_KEY="5e" * 32,
        )
    assert (served.returncode, "is taken" in served.stderr) == (Exit.UNREACHABLE, True)
