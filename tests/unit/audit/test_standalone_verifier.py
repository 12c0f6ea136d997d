"""What an auditor runs on a machine that has nothing of ours: it accepts the log, and nothing else."""

from __future__ import annotations

import ast
import asyncio
import base64
import hashlib
import shutil
import sys
from pathlib import Path
from typing import NamedTuple

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from broker.audit.checkpoint import Verifier
from broker.audit.publishing import publish
from broker.audit.tiles import tiles
from broker.audit.tree import leaf_hash
from tests.unit.audit.audit_samples import closed, reading, sign_again, tamper, writing
from tests.unit.audit.standalone import SCRIPT, verify_alone

SIZE = 600


class Log(NamedTuple):
    """A log of 600 entries, its files, and its key."""

    directory: Path
    tiles: Path
    key: str


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("log")

    async def write() -> None:
        async with writing(directory) as log:
            for _ in range(10):
                await asyncio.gather(*(log.record(closed(f"q-{n}")) for n in range(60)))

    asyncio.run(write())
    published(directory, directory / "tiles")
    return directory


@pytest.fixture
def log(written: Path, tmp_path: Path) -> Log:
    """The log, to be tampered with."""
    shutil.copytree(written, tmp_path / "log")
    with reading(tmp_path / "log") as reader:
        return Log(tmp_path / "log", tmp_path / "log" / "tiles", reader.verifier.text())


def published(log: Path, directory: Path) -> None:
    with reading(log) as reader:
        publish(reader.store, reader.verifier, directory)


def proof_of(log: Log, index: int, path: Path) -> Path:
    """A proof file, and the entry beside it."""
    with reading(log.directory) as reader:
        path.write_text(reader.prove(index) or "", encoding="utf-8")
        path.with_suffix(".entry").write_bytes(next(raw for _, _, raw in reader.store.rows(index, index + 1)))
    return path


def refused(*words: str | Path) -> str:
    """Why it does not verify."""
    told = verify_alone(*words)
    assert (told.returncode, told.stderr) == (1, ""), told
    assert told.stdout.startswith("DOES NOT VERIFY "), told
    return told.stdout.split(": ", 1)[1].strip()


def test_the_log_verifies_and_is_described(log: Log) -> None:
    told = verify_alone("tiles", log.tiles, "--key", log.key)
    assert (told.returncode, told.stderr) == (0, "")
    assert told.stdout.startswith(
        f"VERIFIED {log.tiles}: 600 entries of northshire.example/family-context, root "
    )


def test_a_key_may_be_given_as_a_file_and_several_directories_at_once(log: Log, tmp_path: Path) -> None:
    (tmp_path / "key").write_text(log.key + "\n")
    shutil.copytree(log.tiles, tmp_path / "wrong")
    (tmp_path / "wrong" / "tile" / "0" / "001").unlink()
    told = verify_alone("tiles", log.tiles, tmp_path / "wrong", log.tiles, "--key", tmp_path / "key")
    verdicts = [line.split(" /")[0] for line in told.stdout.splitlines()]
    assert (told.returncode, verdicts) == (1, ["VERIFIED", "DOES NOT VERIFY", "VERIFIED"])


def test_a_changed_missing_longer_or_shorter_file_is_found(log: Log, tmp_path: Path) -> None:
    copies = []
    for name in ("checkpoint", *(one.path for one in tiles(SIZE))):
        whole = (log.tiles / name).read_bytes()
        for number, changed in enumerate(
            (None, b"", whole[:-1], whole + b"\0", flipped(whole, 9), flipped(whole, -9))
        ):
            copies.append(tmp_path / f"{number} of {name.replace('/', ' ')}")
            shutil.copytree(log.tiles, copies[-1])
            (copies[-1] / name).unlink()
            if changed is not None:
                (copies[-1] / name).write_bytes(changed)
    told = verify_alone("tiles", *copies, "--key", log.key)
    verdicts = told.stdout.splitlines()
    assert (told.returncode, told.stderr, len(verdicts)) == (1, "", len(copies))
    assert [one for one in verdicts if not one.startswith("DOES NOT VERIFY")] == []


def flipped(whole: bytes, at: int) -> bytes:
    changed = bytearray(whole)
    changed[at] ^= 1
    return bytes(changed)


def test_a_fault_names_the_file(log: Log) -> None:
    path = log.tiles / "tile" / "0" / "001"
    path.write_bytes(bytes(8192))
    assert refused("tiles", log.tiles, "--key", log.key) == "tile/0/001 does not fit the entries below it."
    path.unlink()
    assert refused("tiles", log.tiles, "--key", log.key) == "tile/0/001 is missing."


def test_a_full_file_stands_for_the_partial_one_that_was_removed(log: Log, tmp_path: Path) -> None:
    """The log goes on while its files are copied: the checkpoint is older than the tiles."""
    old = (log.tiles / "checkpoint").read_bytes()

    async def go_on() -> None:
        async with writing(log.directory) as more:
            await asyncio.gather(*(more.record(closed()) for _ in range(200)))

    asyncio.run(go_on())
    published(log.directory, log.tiles)
    assert not (log.tiles / "tile" / "0" / "002.p" / "88").exists()
    (log.tiles / "checkpoint").write_bytes(old)
    assert "600 entries" in verify_alone("tiles", log.tiles, "--key", log.key).stdout
    bundle = log.tiles / "tile" / "entries" / "002"
    bundle.write_bytes(bundle.read_bytes()[:-1])
    assert "does not hold 256 whole entries" in refused("tiles", log.tiles, "--key", log.key)


def test_a_log_that_grew_begins_with_what_was_kept(log: Log, tmp_path: Path) -> None:
    kept = [tmp_path / f"kept {count}" for count in (0, 1, 40, 130)]
    for path, more in zip(kept, (0, 1, 39, 90), strict=True):
        asyncio.run(grow(log.directory, more))
        with reading(log.directory) as reader:
            path.write_text(reader.checkpoint(), encoding="utf-8")
    shutil.rmtree(log.tiles)
    published(log.directory, log.tiles)
    told = verify_alone(
        "tiles", log.tiles, "--key", log.key, *(word for one in kept for word in ("--against", one))
    )
    assert (told.returncode, told.stdout.count("It begins with")) == (0, 4), told


async def grow(directory: Path, count: int) -> None:
    async with writing(directory) as log:
        await asyncio.gather(*(log.record(closed()) for _ in range(count)))


REWRITTEN = {
    "UPDATE entry SET raw = CAST(replace(raw, 'answered', 'aborted!') AS BLOB) WHERE idx = 7": (
        "The first 600 entries are not those that were signed before."
    ),
    "DELETE FROM entry WHERE idx >= 590": "There are 590 entries, and 600 were signed before: some were removed.",
}


@pytest.mark.parametrize("statement", REWRITTEN)
def test_history_signed_again_with_the_real_key_passes_alone_and_not_against_a_kept_checkpoint(
    statement: str, log: Log, tmp_path: Path
) -> None:
    shutil.copy(log.tiles / "checkpoint", tmp_path / "kept")
    tamper(log.directory, statement)
    sign_again(log.directory)
    published(log.directory, tmp_path / "again")
    words = ("tiles", tmp_path / "again", "--key", log.key)
    assert verify_alone(*words).returncode == 0
    assert refused(*words, "--against", tmp_path / "kept") == REWRITTEN[statement]


def test_another_key_and_another_origin_are_refused(log: Log) -> None:
    public = Ed25519PrivateKey.generate().public_key().public_bytes_raw()
    name = log.key.partition("+")[0]
    for other in (Verifier(name, public), Verifier("southshire.example/log", public)):
        assert "not signed with this log's key" in refused("tiles", log.tiles, "--key", other.text())
    told = verify_alone("tiles", log.tiles, "--key", Verifier(name, public).text(), "--key", log.key)
    assert told.returncode == 0  # a log that changed its key


def test_a_proof_verifies_with_its_entry_or_with_the_leaf_hash_of_a_receipt(log: Log, tmp_path: Path) -> None:
    proof = proof_of(log, 17, tmp_path / "17.proof")
    entry = tmp_path / "17.entry"
    told = verify_alone("proof", proof, "--entry", entry, "--key", log.key)
    assert (told.returncode, told.stderr) == (0, "")
    assert "entry 17 (query.closed, 2026-06-01T09:00:00.000+00:00), among 600 entries of" in told.stdout
    leaf = base64.b64encode(leaf_hash(entry.read_bytes())).decode()
    assert verify_alone("proof", proof, "--leaf", leaf, "--key", log.key).returncode == 0
    several = [proof_of(log, index, tmp_path / f"{index}.proof") for index in (0, 255, 256, 599)]
    assert verify_alone("proof", *several, "--key", log.key).stdout.count("VERIFIED") == 4


def test_a_proof_of_something_else_is_refused(log: Log, tmp_path: Path) -> None:
    proof = proof_of(log, 17, tmp_path / "17.proof")
    proof_of(log, 18, tmp_path / "18.proof")
    assert "not number 17" in refused("proof", proof, "--entry", tmp_path / "18.entry", "--key", log.key)
    text = proof.read_text(encoding="utf-8")
    forged: list[Path] = []
    for changed in (
        text.replace("index 17", "index 18"),
        text.replace("index 17", "index 017"),
        text.replace("index 17\n", "index 17\n" + "A" * 43 + "=\n"),
        text.replace("tlog-proof@v1", "tlog-proof@v2"),
        text.replace("\n\n", "\n", 1),
        text.replace("\n600\n", "\n601\n"),
        text[:100],
        "",
    ):
        forged.append(tmp_path / f"forged {len(forged)}.proof")
        forged[-1].write_text(changed, encoding="utf-8")
        shutil.copy(tmp_path / "17.entry", forged[-1].with_suffix(".entry"))
    verdicts = verify_alone("proof", *forged, "--key", log.key).stdout.splitlines()
    assert [one.split(" /")[0] for one in verdicts] == ["DOES NOT VERIFY"] * 8


def test_what_somebody_added_to_a_proof_is_passed_over(log: Log, tmp_path: Path) -> None:
    proof = proof_of(log, 17, tmp_path / "17.proof")
    text = proof.read_text(encoding="utf-8")
    proof.write_text(text.replace("index 17", "extra QUJD\nindex 17"), encoding="utf-8")
    assert verify_alone("proof", proof, "--key", log.key).returncode == 0


class Witness(NamedTuple):
    """One that cosigns (c2sp.org/tlog-cosignature)."""

    name: str
    key: Ed25519PrivateKey

    @property
    def material(self) -> bytes:
        return b"\x04" + self.key.public_key().public_bytes_raw()

    @property
    def id(self) -> bytes:
        return hashlib.sha256(self.name.encode() + b"\n" + self.material).digest()[:4]

    def text(self) -> str:
        return f"{self.name}+{self.id.hex()}+{base64.b64encode(self.material).decode()}"

    def line(self, note: str, at: int = 1679315147) -> str:
        text = note.rpartition("\n\n")[0] + "\n"
        signature = self.key.sign(f"cosignature/v1\ntime {at}\n{text}".encode())
        raw = self.id + at.to_bytes(8, "big") + signature
        return f"— {self.name} {base64.b64encode(raw).decode()}\n"


WITNESSES = [
    Witness(f"witness.{name}.example/w1", Ed25519PrivateKey.from_private_bytes(name.encode() * 4))
    for name in ("eastshir", "westshir")
]


def test_witnesses_that_saw_the_checkpoint_are_told(log: Log) -> None:
    path = log.tiles / "checkpoint"
    note = path.read_text(encoding="utf-8")
    path.write_text(note + WITNESSES[0].line(note) + WITNESSES[1].line(note, 1679315200), encoding="utf-8")
    words = ("tiles", log.tiles, "--key", log.key)
    told = verify_alone(*words, *(word for one in WITNESSES for word in ("--witness", one.text())))
    assert told.returncode == 0, told
    assert "witness.eastshir.example/w1 saw it at 2023-03-20T12:25:47Z." in told.stdout
    assert "witness.westshir.example/w1 saw it at 2023-03-20T12:26:40Z." in told.stdout
    assert verify_alone(*words).returncode == 0  # whose cosignatures nobody asked for are passed over


def test_too_few_witnesses_or_a_forged_cosignature_are_refused(log: Log) -> None:
    path = log.tiles / "checkpoint"
    note = path.read_text(encoding="utf-8")
    path.write_text(note + WITNESSES[0].line(note), encoding="utf-8")
    words = ("checkpoint", path, "--key", log.key)
    both = [word for one in WITNESSES for word in ("--witness", one.text())]
    assert refused(*words, *both) == "Of 2 witnesses that have to have seen the checkpoint, 1 did."
    assert verify_alone(*words, *both, "--witnesses", "1").returncode == 0
    forged = WITNESSES[0].line(note.replace("\n600\n", "\n599\n"))  # of another checkpoint
    for other in (forged, WITNESSES[0].line(note, 2**63)):
        path.write_text(note + WITNESSES[0].line(note) + other, encoding="utf-8")
        assert "cosignature of witness.eastshir" in refused(*words, "--witness", WITNESSES[0].text())


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("tiles", "/nowhere", "--key", "KEY"), "There is no /nowhere."),
        (("tiles", "TILES", "--key", "x+00000000+AAAA"), "is no verifier key"),
        (("tiles", "TILES", "--key", "WITNESS"), "the key of a witness"),
        (("tiles", "TILES", "--key", "KEY", "--witness", "KEY"), "does not cosign"),
        (("tiles", "TILES", "--key", "KEY", "--witnesses", "1"), "needs as many keys"),
        (("tiles", "TILES", "--key", "KEY", "--against", "/nowhere"), "There is no /nowhere."),
        (("proof", "TILES", "--key", "KEY", "--leaf", "?"), "--leaf is not written in base64."),
        (("proof", "TILES", "TILES", "--key", "KEY", "--entry", "x"), "go with one proof"),
        (("tiles", "TILES"), "--key"),
        ((), "tiles | proof | checkpoint"),
    ],
)
def test_a_wrong_call_is_told_apart_from_a_wrong_log(words: tuple[str, ...], sentence: str, log: Log) -> None:
    stands_for = {"KEY": log.key, "TILES": str(log.tiles), "WITNESS": WITNESSES[0].text()}
    told = verify_alone(*(stands_for.get(word, word) for word in words))
    assert (told.returncode, told.stdout) == (2, "")
    assert sentence in told.stderr


def test_a_key_that_was_not_copied_whole_is_said_to_be(log: Log) -> None:
    name, key_id, material = log.key.split("+", 2)
    told = verify_alone("tiles", log.tiles, "--key", f"{name}x+{key_id}+{material}")
    assert (told.returncode, "was not copied whole" in told.stderr) == (2, True)


def test_help_teaches() -> None:
    told = verify_alone("--help").stdout
    for words in ("Copy it, read it, run it.", "--against OLDER", "It ends with 0", "keep the file"):
        assert words in told
    assert "--against" in verify_alone("tiles", "--help").stdout
    assert "--leaf" in verify_alone("proof", "--help").stdout


def test_it_is_one_file_of_python_3_9_that_imports_the_standard_library_alone() -> None:
    tree = ast.parse(SCRIPT.read_text(encoding="utf-8"), feature_version=(3, 9))
    imported = {
        name.partition(".")[0]
        for node in ast.walk(tree)
        for name in (
            [one.name for one in node.names]
            if isinstance(node, ast.Import)
            else [node.module or ""]
            if isinstance(node, ast.ImportFrom)
            else []
        )
    }
    assert imported <= set(sys.stdlib_module_names)
    assert {"argparse", "hashlib"} <= imported
