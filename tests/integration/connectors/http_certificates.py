"""Certificates of an authority of the tests' own."""

from __future__ import annotations

import ssl
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

HOST = "partner.example"


@dataclass(frozen=True, slots=True)
class Pair:
    """A certificate and its key, as PEM files."""

    certificate: Path
    key: Path

    def server_context(self) -> ssl.SSLContext:
        """A server's TLS with it."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.certificate, self.key)
        return context


class Authority:
    """Signs certificates, and keeps them in a directory."""

    def __init__(self, directory: Path, name: str) -> None:
        self._directory = directory
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        own = self._unsigned(self._name, self._key.public_key())
        own = own.add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        self.certificate = self._written(f"{name}.pem", own)

    def pair(self, name: str, *, host: str) -> Pair:
        """A certificate for this host."""
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        unsigned = self._unsigned(subject, key.public_key())
        unsigned = unsigned.add_extension(x509.SubjectAlternativeName([x509.DNSName(host)]), critical=False)
        (self._directory / f"{name}.key").write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.PKCS8,
                serialization.NoEncryption(),
            )
        )
        return Pair(self._written(f"{name}.pem", unsigned), self._directory / f"{name}.key")

    def _unsigned(self, subject: x509.Name, key: ec.EllipticCurvePublicKey) -> x509.CertificateBuilder:
        now = datetime.now(UTC)
        return (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(self._name)
            .public_key(key)
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(hours=1))
            .not_valid_after(now + timedelta(hours=1))
        )

    def _written(self, name: str, unsigned: x509.CertificateBuilder) -> Path:
        path = self._directory / name
        signed = unsigned.sign(self._key, hashes.SHA256())
        path.write_bytes(signed.public_bytes(serialization.Encoding.PEM))
        return path


@dataclass(frozen=True, slots=True)
class Papers:
    """What a partner and those who call on it show each other."""

    authority: Path
    partner: Pair
    elsewhere: Pair
    broker: Pair
    stranger: Pair

    def server_context(self, pair: Pair, *, mutual: bool = False) -> ssl.SSLContext:
        """A server's TLS; ``mutual``: it wants a certificate of the authority."""
        context = pair.server_context()
        if mutual:
            context.load_verify_locations(self.authority)
            context.verify_mode = ssl.CERT_REQUIRED
        return context


def papers(directory: Path) -> Papers:
    """All of them, made anew."""
    authority, other = Authority(directory, "authority"), Authority(directory, "other-authority")
    return Papers(
        authority.certificate,
        authority.pair("partner", host=HOST),
        authority.pair("elsewhere", host="elsewhere.example"),
        authority.pair("broker", host="broker.example"),
        other.pair("stranger", host="broker.example"),
    )
