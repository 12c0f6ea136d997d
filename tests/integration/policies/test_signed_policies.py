"""Policies that come into force signed alone: by their owner, and by a second person where they show more."""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import AsyncIterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

import handwritten
from broker.activation import kept_versions, refused_at_start
from broker.cli import main
from broker.cli.printing import Exit
from broker.settings import load_settings
from policy.load import load_policy
from policy.sign import SignatureUnfit, public_key, read_signatures, signed, written
from tests.fakes.littleworth import BROKER, POLICIES, Littleworth, littleworth, part, row, write_files

NOW = datetime(2026, 6, 1, 9, 0, tzinfo=UTC)
OWNER, APPROVER, STRANGER = (Ed25519PrivateKey.from_private_bytes(bytes([n]) * 32) for n in (1, 2, 3))
NAMES = {"Ola Owner": OWNER, "Abi Approver": APPROVER, "Sam Stranger": STRANGER}
SIGNERS = "".join(
    f"""\
    {name}:
      owners: {{Ola Owner: "{public_key(OWNER)}"}}
      approvers: {{Ola Owner: "{public_key(OWNER)}", Abi Approver: "{public_key(APPROVER)}"}}
"""
    for name in POLICIES
)
SIGNED = f"{BROKER}policies:\n  signatures: required\n  signers:\n{SIGNERS}"
ROWS = {name: [row()] for name in POLICIES}
BOTH = (("owner", "Ola Owner"), ("approver", "Abi Approver"))


def sign(path: Path, *who: tuple[str, str], at: datetime = NOW) -> None:
    made = [signed(load_policy(path), NAMES[by], role, by, at) for role, by in who]  # type: ignore[arg-type]
    path.with_name(f"{path.name}.sig").write_text(written(made), encoding="ascii")


def files(directory: Path) -> Path:
    write_files(directory)
    (directory / "broker.yaml").write_text(SIGNED, encoding="utf-8")
    for name in POLICIES:
        sign(directory / "policies" / f"{name}.yaml", *BOTH)
    return directory


@pytest.fixture
async def town(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Littleworth]:
    monkeypatch.setattr("tests.fakes.littleworth.write_files", lambda directory, **_: files(directory))
    async with littleworth(tmp_path, ROWS) as running:
        yield running


def school(town: Littleworth, number: int, *changes: tuple[str, str]) -> Path:
    text = POLICIES["school"]
    for old, new in (("version: 3", f"version: {number}"), *changes):
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    path = town.directory / "policies" / "school.yaml"
    path.write_text(text, encoding="utf-8")
    return path


NARROWER, WIDER = ("look_back: 3 years", "look_back: 2 years"), ("look_back: 3 years", "look_back: 4 years")
OLD = NOW - timedelta(days=31)


async def test_a_signed_policy_comes_into_force(town: Littleworth) -> None:
    sign(school(town, 4, NARROWER), ("owner", "Ola Owner"))
    assert await town.front.reloading.reload()
    sign(school(town, 5, WIDER), *BOTH)
    assert await town.front.reloading.reload()
    assert part(await town.ask(), "school")["outcome"] == "involved"
    assert [load_policy(path).policy.version for path in kept_versions(_of(town), "school")] == [3, 4, 5]


def _of(town: Littleworth) -> Any:
    return town.front.reloading.of


REFUSED: dict[str, tuple[tuple[str, str], tuple[tuple[str, str], ...], datetime, str]] = {
    "nobody signed": (NARROWER, (), NOW, "not_signed"),
    "a stranger signed": (NARROWER, (("owner", "Sam Stranger"),), NOW, "not_signed"),
    "the approver signed as owner": (NARROWER, (("owner", "Abi Approver"),), NOW, "not_signed"),
    "the owner alone signed what shows more": (WIDER, BOTH[:1], NOW, "not_approved"),
    "the owner approved it too": (WIDER, (BOTH[0], ("approver", "Ola Owner")), NOW, "not_approved"),
    "both signed long ago": (WIDER, BOTH, OLD, "not_fresh"),
    "both signed tomorrow": (WIDER, BOTH, NOW + timedelta(days=1), "not_fresh"),
}


@pytest.mark.parametrize("what", REFUSED)
async def test_without_the_signatures_that_it_needs_a_policy_stays_out(town: Littleworth, what: str) -> None:
    change, who, at, code = REFUSED[what]
    sign(school(town, 4, change), *who, at=at)
    assert not await town.front.reloading.reload()
    assert town.front.broker.around.catalogue.services["school"].policy.version == 3
    with town.reader() as reader:
        (refused,) = reader.of_kind("policy.refused")
    assert (refused["source"], refused["code"]) == ("school", code)


async def test_an_older_file_with_its_good_signature_stays_out(town: Littleworth) -> None:
    old = (town.directory / "policies" / "school.yaml").read_bytes()
    signature = (town.directory / "policies" / "school.yaml.sig").read_bytes()
    sign(school(town, 4, NARROWER), *BOTH)
    assert await town.front.reloading.reload()
    (town.directory / "policies" / "school.yaml").write_bytes(old)
    (town.directory / "policies" / "school.yaml.sig").write_bytes(signature)
    assert not await town.front.reloading.reload()
    assert town.front.broker.around.catalogue.services["school"].policy.version == 4


HOUSING = Ed25519PrivateKey.from_private_bytes(bytes([9]) * 32)
THEIRS = SIGNED.replace(
    f'housing:\n      owners: {{Ola Owner: "{public_key(OWNER)}"}}',
    f'housing:\n      owners: {{Hal Housing: "{public_key(HOUSING)}"}}',
)


async def test_an_owner_signs_for_no_source_but_their_own(
    town: Littleworth, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(NAMES, "Hal Housing", HOUSING)
    (town.directory / "broker.yaml").write_text(THEIRS, encoding="utf-8")
    town.front.reloading.of = load_settings(town.directory, {"SEAL_KEY": "5e" * 32})
    sign(school(town, 4, NARROWER, ("policy: school", "policy: housing")), ("owner", "Hal Housing"))
    assert not await town.front.reloading.reload()
    with town.reader() as reader:
        (refused,) = reader.of_kind("policy.refused")
    assert (refused["source"], refused["code"]) == ("school", "renamed")
    policies = {name: load_policy(town.directory / "policies" / f"{name}.yaml") for name in POLICIES}
    at_start = refused_at_start(policies, town.front.reloading.of, NOW)
    assert [(one.source, one.code) for one in at_start] == [("school", "renamed")]


async def test_one_byte_more_breaks_the_signature(town: Littleworth) -> None:
    path = school(town, 4, NARROWER)
    sign(path, *BOTH)
    path.write_bytes(path.read_bytes() + b"\n")
    assert not await town.front.reloading.reload()


async def test_a_broker_does_not_start_on_an_unsigned_policy(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unsigned(directory: Path, **_: Any) -> Path:
        (files(directory) / "policies" / "school.yaml.sig").unlink()
        return directory

    monkeypatch.setattr("tests.fakes.littleworth.write_files", unsigned)
    with pytest.raises(handwritten.Faults, match="is not signed by its owner"):
        async with littleworth(tmp_path, ROWS):
            pytest.fail("it started")


def test_a_signature_file_that_was_touched_is_refused(tmp_path: Path) -> None:
    path = write_files(tmp_path) / "policies" / "school.yaml"
    good = written([signed(load_policy(path), OWNER, "owner", "Ola Owner", NOW)])
    (statement,) = read_signatures(good)
    assert (statement.holds(), statement.is_of(load_policy(path))) == (True, True)
    assert statement.effective == (date(2026, 1, 1), date(2027, 1, 1))
    for old, new in (
        ("version 3", "version 4"),
        ("as owner", "as approver"),
        ("Ola", "Ale"),
        ("2026-06-01T", "2026-06-02T"),
    ):
        assert not read_signatures(good.replace(old, new, 1))[0].holds()
    other = base64.b64encode(STRANGER.public_key().public_bytes_raw()).decode()
    assert not read_signatures(good.replace(public_key(OWNER), other))[0].holds()
    for broken in (
        "hello",
        good.replace("by Ola Owner\n", ""),
        good.replace("version 3", "version 03"),
        good[:-20],
    ):
        with pytest.raises(SignatureUnfit):
            read_signatures(broken)
    assert read_signatures("") == ()


def run(*words: str | Path, typed: str = "") -> Result:
    return CliRunner().invoke(main, ["policy", *map(str, words)], input=typed)


def test_a_key_for_the_pages_is_not_locked_and_is_read_by_nobody_else(tmp_path: Path) -> None:
    made = run("key", tmp_path / "approvals.key", "--for", "pages")
    assert made.exit_code == Exit.WELL, made.output
    raw = (tmp_path / "approvals.key").read_text(encoding="ascii").strip()
    private = Ed25519PrivateKey.from_private_bytes(bytes.fromhex(raw))
    assert made.stdout.splitlines()[-1] == public_key(private)
    assert (tmp_path / "approvals.key").stat().st_mode & 0o777 == 0o600


async def test_an_owner_signs_and_activates_from_the_command_line(town: Littleworth, tmp_path: Path) -> None:
    (tmp_path / "drafts").mkdir()
    draft = tmp_path / "drafts" / "school.yaml"
    draft.write_text(
        POLICIES["school"].replace("version: 3", "version: 4").replace(*NARROWER), encoding="utf-8"
    )
    made = run("key", tmp_path / "ola.pem", typed="a long passphrase\na long passphrase\n")
    public = made.output.strip().splitlines()[-1]
    broker = town.directory / "broker.yaml"
    broker.write_text(broker.read_text(encoding="utf-8").replace(public_key(OWNER), public), encoding="utf-8")
    assert b"ENCRYPTED" in (tmp_path / "ola.pem").read_bytes()
    where = ("--partnership", town.directory)
    unsigned = run("activate", draft, *where, "--yes")
    assert (unsigned.exit_code, "is not signed by its owner" in " ".join(unsigned.output.split())) == (
        Exit.WRONG,
        True,
    )
    key = ("--key", tmp_path / "ola.pem", "--by", "Ola Owner", "--passphrase")
    assert "does not open" in run("sign", draft, *where, *key, "wrong").output
    assert run("sign", draft, *where, *key, "a long passphrase").exit_code == Exit.WELL
    verified = json.loads(run("verify", draft, *where, "--json").output)
    assert (verified["refused"], [one["verdict"] for one in verified["signatures"]]) == ([], ["holds"])
    assert run("activate", draft, *where, typed="n\n").exit_code == Exit.WRONG
    activated = run("activate", draft, *where, typed="y\n")
    assert "- Records whose last_contact is 24 to 36 months ago are now withheld." in " ".join(
        activated.output.split()
    )
    assert (town.directory / "policies" / "school.yaml").read_bytes() == draft.read_bytes()
    # The running broker knows the signers of its start.
    assert not await town.front.reloading.reload()


async def test_going_back_is_a_new_version(town: Littleworth, tmp_path: Path) -> None:
    sign(school(town, 4, NARROWER), *BOTH)
    assert await town.front.reloading.reload()
    back, where = tmp_path / "back.yaml", ("--partnership", town.directory)
    told = run("rollback", "school", *where, "--to", "3", "--out", back)
    assert "version 5 says what version 3 said" in " ".join(told.output.split())
    assert load_policy(back).policy == load_policy(_kept(town, 3)).policy.model_copy(update={"version": 5})
    assert (
        "Kept versions: 3, 4"
        in run("rollback", "school", *where, "--to", "1", "--out", tmp_path / "x").output
    )
    assert run("verify", back, *where).exit_code == Exit.WRONG
    sign(back, *BOTH, at=datetime.now(UTC))
    assert run("verify", back, *where).exit_code == Exit.WELL


def _kept(town: Littleworth, version: int) -> Path:
    return next(
        path for path in kept_versions(_of(town), "school") if load_policy(path).policy.version == version
    )


async def test_the_history_tells_what_came_into_force_and_what_did_not(town: Littleworth) -> None:
    sign(school(town, 4, NARROWER), *BOTH)
    await town.front.reloading.reload()
    school(town, 5, WIDER)
    await town.front.reloading.reload()
    told = await asyncio.to_thread(run, "history", "school", "--partnership", town.directory, "--json")
    assert [(one["type"], one.get("version"), one.get("code")) for one in json.loads(told.output)] == [
        ("policy.activated", 3, None),
        ("policy.activated", 4, None),
        ("policy.refused", None, "not_signed"),
    ]
    whole = await asyncio.to_thread(run, "history", "--partnership", town.directory)
    assert "version 4" in whole.output
