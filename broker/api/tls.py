"""TLS of the broker's own socket: TLS 1.2 and 1.3, with forward secrecy and authenticated encryption alone.

The suites are those that NCSC's guidance on TLS and Mozilla's "intermediate" list agree on.
"""

from __future__ import annotations

import ssl
from pathlib import Path

SUITES_OF_1_2 = "ECDHE+AESGCM:ECDHE+CHACHA20:!aNULL:!eNULL"
"""TLS 1.3 has no others than such."""


def tls_context(certificate: Path, key: Path, clients: Path | None = None) -> ssl.SSLContext:
    """What the socket answers with. Raises TlsUnusable, which names files and never their contents.

    ``certificate`` is PEM: the server's own first, then those that signed it. ``key`` is its private key, PEM.
    ``clients`` holds the authorities (PEM) whose certificates clients may show; nobody has to show one.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_ciphers(SUITES_OF_1_2)
    context.options |= ssl.OP_NO_RENEGOTIATION | ssl.OP_NO_COMPRESSION | ssl.OP_CIPHER_SERVER_PREFERENCE
    context.set_alpn_protocols(["http/1.1"])
    try:
        context.load_cert_chain(certificate, key, password=_no_password)
    except ssl.SSLError as fault:
        raise TlsUnusable(_why(fault, certificate, key)) from None
    except OSError as fault:
        raise TlsUnusable(
            f"listen.tls: {certificate} or {key} can't be read: {fault.strerror}. Both are files of PEM."
        ) from None
    if clients is not None:
        _ask_clients(context, clients)
    return context


def _ask_clients(context: ssl.SSLContext, clients: Path) -> None:
    try:
        context.load_verify_locations(clients)
    except OSError:  # ssl.SSLError is one
        raise TlsUnusable(f"listen.tls: {clients} holds no certificates (PEM) of authorities.") from None
    context.verify_mode = ssl.CERT_OPTIONAL


class TlsUnusable(Exception):
    """A certificate and key that TLS can't be spoken with; the sentence says why."""


def _no_password() -> str:
    """Else OpenSSL would ask for one at the terminal, where nobody sits."""
    return ""


def _why(fault: ssl.SSLError, certificate: Path, key: Path) -> str:
    if fault.reason == "KEY_VALUES_MISMATCH":
        return f"listen.tls: {key} is not the key of the certificate in {certificate}."
    return (
        f"listen.tls: {certificate} and {key} are not a certificate and its key. Both are PEM, and the key has no "
        "password: systemd or the file system keeps it."
    )
