"""An authority of the tests' own, and the certificates that it signs."""

from __future__ import annotations

import ipaddress
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID


class Authority:
    """``file`` holds its own certificate (PEM): whoever trusts that trusts what it signs."""

    def __init__(self, directory: Path) -> None:
        self._key = _key()
        self._name = _named("Authority of the tests")
        self.file = directory / "authority.pem"
        own = _signed(self._name, self._name, self._key.public_key(), self._key, is_authority=True)
        self.file.write_bytes(own.public_bytes(serialization.Encoding.PEM))

    def certificate(self, name: str) -> tuple[bytes, bytes]:
        """A server's certificate for this name or address, and its key, both PEM."""
        key = _key()
        signed = _signed(_named(name), self._name, key.public_key(), self._key, is_authority=False)
        text = key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        return signed.public_bytes(serialization.Encoding.PEM), text


def _signed(
    subject: x509.Name, issuer: x509.Name, key: rsa.RSAPublicKey, by: rsa.RSAPrivateKey, *, is_authority: bool
) -> x509.Certificate:
    began = datetime.now(UTC) - timedelta(days=1)
    (common,) = subject.get_attributes_for_oid(NameOID.COMMON_NAME)
    made = (
        x509.CertificateBuilder()
        .issuer_name(issuer)
        .subject_name(subject)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(began)
        .not_valid_after(began + timedelta(days=30))
        .add_extension(x509.BasicConstraints(ca=is_authority, path_length=None), critical=True)
    )
    if not is_authority:
        names = x509.SubjectAlternativeName([_alternative(str(common.value))])
        made = made.add_extension(names, critical=False)
    return made.sign(by, hashes.SHA256())


def _alternative(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)


def _key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def _named(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
