"""The whole way: a worker looks up their own surname; a finding, a notice by mail and webhook, a decision."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from broker.audit.watching import watch
from broker.cli import main
from broker.cli.printing import Exit
from tests.fakes import littleworth as town_files
from tests.fakes.certificates import Authority
from tests.fakes.littleworth import EMMA, Littleworth, littleworth, row
from tests.fakes.notice_receivers import PASSWORD, Mailbox, Received, mailbox, receiver, until
from tests.integration.watching.test_notices_arrive import SECRET

QUILL = {**EMMA, "given_name": "Ottoline", "family_name": "Okafor", "birth_date": "1999-03-01"}


def notices(box: Mailbox, received: Received) -> str:
    return f"""\
notices:
  mail:
    host: 127.0.0.1
    port: {box.port}
    sender: broker@littleworth.example
    user: broker
    password: file:mail.password
    ca_file: authority.pem
  to:
    information_governance:
      email: ig@littleworth.example
      webhook: {{url: "{received.url}", secret: "file:hook.secret", ca_file: authority.pem}}
  digest_to: [information_governance]
"""


def run(directory: Path, *words: str) -> Result:
    told = CliRunner().invoke(
        main,
        ["audit", *words, "--partnership", str(directory)],
        env={"COLUMNS": "250", "SEAL_KEY": "5e" * 32},
    )
    assert told.exit_code == Exit.WELL, told.output
    return told


async def test_own_surname_is_found_told_and_decided(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watch, "EVERY", 0.2)
    (tmp_path / "mail.password").write_text(PASSWORD)
    (tmp_path / "hook.secret").write_text(SECRET)
    authority = Authority(tmp_path)
    async with mailbox(tmp_path, authority) as box, receiver(tmp_path, authority) as received:
        monkeypatch.setattr(town_files, "BROKER", town_files.BROKER + notices(box, received))
        async with littleworth(tmp_path, {"school": [row()]}) as town:
            await town.ask()  # an ordinary question: nobody is told of it
            await town.ask(QUILL)
            await until(lambda: len(box.messages) == 2 and len(received.requests) == 2)
            told = await asyncio.to_thread(_decided, tmp_path)
            await asyncio.sleep(1)  # several looks more
        assert (len(box.messages), len(received.requests)) == (2, 2)
    _says_nobody(box, received)
    mailed = " ".join(str(one["Subject"]) for one in box.messages)
    assert "A look-up to review: own_surname" in mailed
    assert "wait for a decision" in mailed  # the day's digest
    assert told["told"] == ["information_governance by email", "information_governance by webhook"]


def _decided(directory: Path) -> Any:
    """Beside the running broker, an auditor lists the finding and decides on it; the finding as it was listed."""
    (one,) = json.loads(run(directory, "review", "--json").stdout)["findings"]
    assert (one["rule"], one["requester"]["subject"], one["count"]) == ("own_surname", "lw-1", 1)
    assert "Sam Okafor (lw-1) looked up somebody of their own surname" in one["sentence"]
    run(directory, "review", "decide", one["finding"], "--as", "fine", "--reason", "Not related")
    assert json.loads(run(directory, "review", "--json").stdout)["findings"] == []
    (again,) = json.loads(run(directory, "review", "--since", "2026-01-01", "--json").stdout)["findings"]
    assert again["decided"]["as"] == "fine"
    assert again["decided"]["reason"] == "Not related"
    return again


def _says_nobody(box: Mailbox, received: Received) -> None:
    every = [*box.texts(), *(body.decode() for _, body in received.requests)]
    for hidden in ("Ottoline", "Okafor", "lw-1", "Referral", "LW-42", "Emma"):
        assert not any(hidden in one for one in every)


async def test_a_notice_that_could_not_be_delivered_goes_out_after_the_next_start(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watch, "EVERY", 0.2)
    (tmp_path / "mail.password").write_text(PASSWORD)
    (tmp_path / "hook.secret").write_text("not one yet")
    authority = Authority(tmp_path)
    plain = town_files.BROKER
    async with mailbox(tmp_path, authority) as box, receiver(tmp_path, authority) as received:
        monkeypatch.setattr(town_files, "BROKER", plain + notices(box, received))
        async with littleworth(tmp_path, {"school": [row()]}) as town:
            await town.ask(QUILL)
            await until(lambda: len(box.messages) == 2)
        (tmp_path / "hook.secret").write_text(SECRET)
        async with littleworth(tmp_path, {"school": [row()]}):
            await until(lambda: len(received.requests) == 2)
            await asyncio.sleep(0.5)
    assert len(box.messages) == 2  # mail had arrived before
    assert found_entries(town, tmp_path) == {"review.found": 1, "review.notified": 4}


def found_entries(town: Littleworth, directory: Path) -> dict[str, int]:
    with town.reader() as reader:
        kinds = [one.kind for one in reader.entries() if one.kind.startswith("review.")]
    return {kind: kinds.count(kind) for kind in sorted(set(kinds))}
