"""broker.yaml: every fault at its line, secrets by reference only, and never quoted."""

from __future__ import annotations

from pathlib import Path

import pytest

from broker.settings import SecretMissing, load_settings
from handwritten import Fault, Faults
from tests.fakes.littleworth import BROKER

KEY = "5e" * 32


def write(directory: Path, text: str = BROKER) -> Path:
    (directory / "broker.yaml").write_text(text, encoding="utf-8")
    return directory


def faults(directory: Path, text: str) -> tuple[Fault, ...]:
    with pytest.raises(Faults) as found:
        load_settings(write(directory, text), {})
    return found.value.faults


def test_a_secret_comes_from_the_environment_a_file_or_a_credential(tmp_path: Path) -> None:
    (tmp_path / "seal.key").write_text(f"{KEY}\n", encoding="utf-8")
    of = load_settings(write(tmp_path), {"SEAL_KEY": "from env", "CREDENTIALS_DIRECTORY": str(tmp_path)})
    assert of.secret("env:SEAL_KEY") == "from env"
    assert of.secret("file:seal.key") == of.secret("credential:seal.key") == KEY
    assert "from env" not in repr(of)


@pytest.mark.parametrize("reference", ["env:NONE", "file:none", "file:.", "credential:etc/hostname"])
def test_a_reference_that_leads_nowhere_is_named(tmp_path: Path, reference: str) -> None:
    with pytest.raises(SecretMissing, match=reference):
        load_settings(write(tmp_path), {}).secret(reference)


def test_a_secret_file_that_is_not_text_is_named_and_not_quoted(tmp_path: Path) -> None:
    (tmp_path / "raw").write_bytes(b"\xff\xfeabc")
    with pytest.raises(SecretMissing, match="not text") as missing:
        load_settings(write(tmp_path), {}).secret("file:raw")
    assert "abc" not in str(missing.value)


@pytest.mark.parametrize("key", ["", "5e", "zz" * 32, "5e" * 33])
def test_a_sealing_key_that_is_none_keeps_the_broker_from_starting(tmp_path: Path, key: str) -> None:
    of = load_settings(write(tmp_path), {"SEAL_KEY": key})
    with pytest.raises(SecretMissing, match="64 hexadecimal digits") as missing:
        of.sealing_key()
    assert not key or f"{key}:" not in str(missing.value)


def test_a_sealing_key_is_32_bytes(tmp_path: Path) -> None:
    assert load_settings(write(tmp_path), {"SEAL_KEY": KEY}).sealing_key() == bytes.fromhex(KEY)


def test_a_secret_written_into_the_file_is_refused_where_it_stands_and_not_quoted(tmp_path: Path) -> None:
    (fault,) = faults(tmp_path, BROKER.replace("env:SEAL_KEY", KEY))
    line = next(number for number, text in enumerate(BROKER.splitlines(), 1) if "SEAL_KEY" in text)
    assert fault.line == line
    assert KEY not in str(fault)


@pytest.mark.parametrize(
    ("written", "instead", "word"),
    [
        ("partnership: Littleworth", "partnership: Littleworth\nlisten: {prot: 1}", "prot"),
        ("format: broker/1", "format: broker/2", "broker/1"),
        ("jwks: file:", "jwks: http://", "jwks"),
        ("seconds: 1.5", "seconds: 11", "10"),
        ("released_every_ms: 25", "released_every_ms: 0", "1"),
        ("oldest_minutes: 600", "oldest_minutes: soon", "whole number"),
    ],
)
def test_a_fault_is_named_where_it_stands(tmp_path: Path, written: str, instead: str, word: str) -> None:
    text = BROKER.replace(written, instead)
    (fault,) = faults(tmp_path, text)
    assert word in str(fault)
    assert instead.splitlines()[-1].split(":")[0] in text.splitlines()[fault.line - 1]


def test_every_fault_is_named_at_once(tmp_path: Path) -> None:
    wrong = BROKER.replace("seconds: 1.5", "seconds: 11").replace("broker/1", "broker/9")
    assert len(faults(tmp_path, wrong)) == 2


def test_a_directory_without_broker_yaml_is_said_to_be_one(tmp_path: Path) -> None:
    with pytest.raises(Faults, match=r"broker\.yaml"):
        load_settings(tmp_path, {})
