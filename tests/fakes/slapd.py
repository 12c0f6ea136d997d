"""A real slapd in one directory, on 127.0.0.1 only, with TLS: no service, and gone with the tests."""

from __future__ import annotations

import os
import secrets
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType

import pytest

from tests.fakes.certificates import Authority
from tests.fakes.halting import halted

START_SECONDS = 20
SUFFIX = "dc=council,dc=example"
READER = f"cn=reader,{SUFFIX}"
COMMAND = "sudo apt-get install slapd libldap-dev libsasl2-dev gcc, then deploy/setup/ldap.sh"
_OF_AD = """
attributetype ( 1.1.1.1 NAME 'sAMAccountName' EQUALITY caseIgnoreMatch SYNTAX 1.3.6.1.4.1.1466.115.121.1.15 )
attributetype ( 1.1.1.2 NAME 'department' EQUALITY caseIgnoreMatch SYNTAX 1.3.6.1.4.1.1466.115.121.1.15 )
attributetype ( 1.1.1.3 NAME 'userAccountControl' EQUALITY integerMatch SYNTAX 1.3.6.1.4.1.1466.115.121.1.27 )
objectclass ( 1.1.2.1 NAME 'accountOfAD' SUP top AUXILIARY
  MAY ( sAMAccountName $ userAccountControl $ department ) )
"""
_PATH = f"{os.environ.get('PATH', '')}:/usr/sbin"


def require_ldap() -> None:
    """Fail, with the command that mends it, unless slapd and bonsai are here."""
    try:
        import bonsai  # noqa: F401 -- whether it is there
    except ImportError:
        pytest.fail(f"bonsai is missing. Install it with: {COMMAND}", pytrace=False)
    if shutil.which("slapd", path=_PATH) is None:
        pytest.fail(f"slapd is missing. Install it with: {COMMAND}", pytrace=False)


class Slapd:
    """Debian's slapd (OpenLDAP), with what Active Directory says of an account.

    ``authority`` signed its certificate, which is for 127.0.0.1: of localhost OpenLDAP makes the machine's name.
    """

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._running: subprocess.Popen[bytes] | None = None
        self.password = secrets.token_urlsafe(12)
        self.authority = Authority(directory)
        self.port, self.tls_port = _free_port(), _free_port()

    def __enter__(self) -> Slapd:
        self._configure()
        listening = f"ldap://127.0.0.1:{self.port} ldaps://127.0.0.1:{self.tls_port}"
        command = ["slapd", "-d", "0", "-f", str(self._directory / "slapd.conf"), "-h", listening]
        self._running = subprocess.Popen(command, env={**os.environ, "PATH": _PATH})  # noqa: S603 -- our own
        ends = time.monotonic() + START_SECONDS
        while not _answers(self.port):
            if self._running.poll() is not None or time.monotonic() > ends:
                raise RuntimeError("slapd did not start")
            time.sleep(0.05)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._running is not None:
            self._running.send_signal(signal.SIGCONT)
            self._running.kill()
            self._running.wait()

    def add(self, *people: Mapping[str, Sequence[str]]) -> None:
        """Fill the directory, while slapd does not run: ``people`` are attributes, ``cn`` among them."""
        entries = [
            _entry(SUFFIX, objectClass=("dcObject", "organization"), dc=("council",), o=("Council",)),
            _entry(
                READER,
                objectClass=("simpleSecurityObject", "organizationalRole"),
                cn=("reader",),
                userPassword=(self.password,),
            ),
            *(
                _entry(f"cn={one['cn'][0]},{SUFFIX}", objectClass=("inetOrgPerson", "accountOfAD"), **one)
                for one in people
            ),
        ]
        self._configure()
        loading = ["slapadd", "-q", "-f", str(self._directory / "slapd.conf")]
        subprocess.run(  # noqa: S603 -- our own arguments
            loading, input="\n".join(entries).encode(), check=True, env={**os.environ, "PATH": _PATH}
        )

    @contextmanager
    def frozen(self) -> Iterator[None]:
        """Halted (SIGSTOP) for as long as the context lasts."""
        assert self._running is not None
        with halted(self._running):
            yield

    def _configure(self) -> None:
        if (self._directory / "slapd.conf").exists():
            return
        (self._directory / "data").mkdir()
        certificate, key = self.authority.certificate("127.0.0.1")
        (self._directory / "own.pem").write_bytes(certificate)
        (self._directory / "own.key").write_bytes(key)
        schemas = "".join(
            f"include /etc/ldap/schema/{name}.schema\n" for name in ("core", "cosine", "inetorgperson")
        )
        (self._directory / "slapd.conf").write_text(
            f"{schemas}{_OF_AD}"
            f"modulepath /usr/lib/ldap\nmoduleload back_mdb\n"
            f"TLSCACertificateFile {self.authority.file}\nTLSCertificateFile {self._directory / 'own.pem'}\n"
            f"TLSCertificateKeyFile {self._directory / 'own.key'}\npidfile {self._directory / 'pid'}\n"
            f"security tls=1\n"  # nothing without TLS, not even a bind
            f"database mdb\nsuffix {SUFFIX}\ndirectory {self._directory / 'data'}\nmaxsize 10485760\n"
            f'access to attrs=userPassword by anonymous auth by * none\naccess to * by dn.exact="{READER}" read\n',
            encoding="utf-8",
        )


def _entry(name: str, **attributes: Sequence[str]) -> str:
    """As LDIF."""
    lines = [f"dn: {name}", *(f"{key}: {value}" for key, values in attributes.items() for value in values)]
    return "\n".join(lines) + "\n"


def _answers(port: int) -> bool:
    with socket.socket() as tried:
        return tried.connect_ex(("127.0.0.1", port)) == 0


def _free_port() -> int:
    with socket.socket() as tried:
        tried.bind(("127.0.0.1", 0))
        return int(tried.getsockname()[1])
