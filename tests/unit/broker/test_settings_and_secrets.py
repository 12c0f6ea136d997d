"""broker.yaml: every fault at its line, secrets by reference only, and never quoted."""

from __future__ import annotations

import ssl
from pathlib import Path

import pytest

from broker.audit.stores.postgresql import PostgresqlDatabase
from broker.log_place import log_place
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
        ("jwks: file:", "jwks: http://", "https"),
        ("jwks: file:", "jwks: http://127.0.0.1.example/", "https"),
        ("jwks: file:", "jwks: https://somebody:password@sign-in.example/", "without a password"),
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


DATABASE = "postgresql: {host: audit.db.example, database: audit, user: broker, password: SECRET}"


def in_database(password: str, besides: str = "") -> str:
    """broker.yaml with the audit log in PostgreSQL."""
    return BROKER.replace("log: state/audit.db", besides + DATABASE.replace("SECRET", password))


def test_the_audit_log_may_be_in_a_database_instead_of_a_file(tmp_path: Path) -> None:
    write(tmp_path, in_database("'env:AUDIT_PASSWORD'"))
    place = log_place(load_settings(tmp_path, {"AUDIT_PASSWORD": "a word of ours"}))
    assert str(place) == "The audit database audit at audit.db.example:5432"
    assert "a word of ours" not in repr(place)
    assert isinstance(place, PostgresqlDatabase)
    assert isinstance(place.address.tls, ssl.SSLContext)
    assert place.address.tls.check_hostname
    assert str(log_place(load_settings(write(tmp_path), {}))).endswith("state/audit.db")


def test_the_audit_log_is_not_in_a_file_and_a_database(tmp_path: Path) -> None:
    (fault,) = faults(tmp_path, in_database("'env:AUDIT_PASSWORD'", "log: state/audit.db, "))
    assert "give log or postgresql, not both" in str(fault)


def test_the_password_of_the_audit_database_is_a_reference_and_never_quoted(tmp_path: Path) -> None:
    (fault,) = faults(tmp_path, in_database("Kestrel-42"))
    assert "Kestrel" not in str(fault)


def test_authorities_that_are_not_there_are_named(tmp_path: Path) -> None:
    write(tmp_path, in_database("'env:AUDIT_PASSWORD', ca_file: keys/ca.pem"))
    with pytest.raises(SecretMissing, match=r"ca_file: .*keys/ca\.pem"):
        log_place(load_settings(tmp_path, {"AUDIT_PASSWORD": "a word"}))


def test_in_production_keys_come_from_no_address_without_tls(tmp_path: Path) -> None:
    text = BROKER.replace("file:state/jwks.json", "http://127.0.0.1:9000/jwks")
    assert load_settings(write(tmp_path, text), {}).settings.identity.jwks.startswith("http://127")
    (fault,) = faults(tmp_path, f"{text}production: true\n")
    assert "https" in str(fault)


def test_every_fault_is_named_at_once(tmp_path: Path) -> None:
    wrong = BROKER.replace("seconds: 1.5", "seconds: 11").replace("broker/1", "broker/9")
    assert len(faults(tmp_path, wrong)) == 2


def test_a_directory_without_broker_yaml_is_said_to_be_one(tmp_path: Path) -> None:
    with pytest.raises(Faults, match=r"broker\.yaml"):
        load_settings(tmp_path, {})


IN_PRODUCTION = BROKER.replace("partnership: Littleworth", "partnership: Littleworth\nproduction: true")
TLS = "tls: {certificate: 'file:broker.pem', key: 'credential:broker.key'}"


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.7", "broker.example"])  # noqa: S104 -- to be refused
def test_in_production_nothing_crosses_a_network_in_the_clear(tmp_path: Path, host: str) -> None:
    (fault,) = faults(tmp_path, f"{IN_PRODUCTION}\nlisten: {{host: '{host}'}}\n")
    assert "proxy_speaks_tls" in fault.sentence
    for better in (TLS, "proxy_speaks_tls: true"):
        load_settings(write(tmp_path, f"{IN_PRODUCTION}\nlisten: {{host: '{host}', {better}}}\n"), {})


@pytest.mark.parametrize("host", ["127.0.0.1", "127.3.2.1", "::1", "localhost"])
def test_in_production_the_machine_itself_needs_no_tls(tmp_path: Path, host: str) -> None:
    load_settings(write(tmp_path, f"{IN_PRODUCTION}\nlisten: {{host: '{host}'}}\n"), {})


def test_the_key_of_tls_is_a_reference_to_a_file(tmp_path: Path) -> None:
    for wrong in ("env:KEY", "-----BEGIN PRIVATE KEY-----"):
        (fault,) = faults(tmp_path, f"{BROKER}\nlisten: {{tls: {{certificate: 'file:a', key: '{wrong}'}}}}\n")
        assert "BEGIN" not in str(fault)
    of = load_settings(write(tmp_path), {"CREDENTIALS_DIRECTORY": "/run/credentials"})
    assert of.file("credential:broker.key") == Path("/run/credentials/broker.key")
    assert of.file("file:broker.pem") == tmp_path.resolve() / "broker.pem"
