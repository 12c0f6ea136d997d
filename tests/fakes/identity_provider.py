"""An identity provider in a process of its own, as far as a broker sees it: an address with a key set.

``python -m tests.fakes.identity_provider DIRECTORY PORT`` answers with what ``DIRECTORY/jwks.json`` holds at that
moment, and writes a line into ``DIRECTORY/reads`` for each reading. It can be killed, halted and started again.
"""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from joserfc import jwt
from joserfc.jwk import ECKey, RSAKey

from deploy.demo.sign_in import AUDIENCE, ISSUER, Persona

ROOT = Path(__file__).parents[2]


@dataclass(slots=True)
class IdentityProvider:
    """The process, and the keys that it has. ``port`` 0: any, and the same one when it is started again."""

    directory: Path
    port: int = 0
    signing: ECKey | RSAKey = field(init=False, repr=False)
    _keys: list[ECKey | RSAKey] = field(default_factory=list, repr=False)
    _process: subprocess.Popen[str] | None = None

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}/jwks"

    @property
    def reads(self) -> int:
        """How often the key set was read."""
        lines = self.directory / "reads"
        return len(lines.read_text().splitlines()) if lines.exists() else 0

    def sign_with(self, key: ECKey | RSAKey, *, keep: bool = True) -> None:
        """From now on tokens are signed with this key; without ``keep`` the earlier ones are withdrawn."""
        self.signing, self._keys = key, [*(self._keys if keep else ()), key]
        written = json.dumps({"keys": [one.as_dict(private=False) for one in self._keys]})
        (self.directory / "jwks.json").write_text(written)

    def token(self, persona: Persona, now: datetime, **claims: Any) -> str:
        """An access token of five minutes."""
        whole = {
            "iss": ISSUER,
            "aud": AUDIENCE,
            "sub": persona.subject,
            "name": persona.name,
            "organisation": persona.organisation,
            "roles": list(persona.roles),
            "iat": int(now.timestamp()),
            "exp": int((now + timedelta(minutes=5)).timestamp()),
            **claims,
        }
        algorithm = "ES256" if isinstance(self.signing, ECKey) else "PS256"
        header = {"alg": algorithm, "typ": "at+jwt", "kid": self.signing.kid}
        return jwt.encode(header, whole, self.signing, algorithms=[algorithm])

    def start(self) -> None:
        """From the moment on when it listens."""
        # Our own interpreter on our own module:
        self._process = subprocess.Popen(  # noqa: S603
            [sys.executable, "-m", __name__, str(self.directory), str(self.port)],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self._process.stdout is not None
        self.port = int(self._process.stdout.readline())

    def stop(self) -> None:
        """Kill -9: whoever asks is refused the connection."""
        if self._process is not None:
            self._process.kill()
            self._process.communicate()
            self._process = None

    def halt(self) -> None:
        """It accepts connections and says nothing."""
        assert self._process is not None
        self._process.send_signal(signal.SIGSTOP)

    def go_on(self) -> None:
        assert self._process is not None
        self._process.send_signal(signal.SIGCONT)


@contextmanager
def identity_provider(directory: Path) -> Iterator[IdentityProvider]:
    """A provider that runs, with one key."""
    directory.mkdir(parents=True, exist_ok=True)
    provider = IdentityProvider(directory)
    provider.sign_with(new_key("k1"))
    provider.start()
    try:
        yield provider
    finally:
        provider.stop()


def new_key(name: str) -> ECKey:
    return ECKey.generate_key("P-256", {"use": "sig", "alg": "ES256", "kid": name})


def _serve(directory: Path, port: int) -> None:
    class KeySet(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            with (directory / "reads").open("a") as reads:
                reads.write(f"{self.path}\n")
            content = (directory / "jwks.json").read_bytes()
            self.send_response(200)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: object) -> None:
            """Not onto the tests' terminal."""

    server = ThreadingHTTPServer(("127.0.0.1", port), KeySet)
    print(server.server_port, flush=True)  # noqa: T201 -- whoever started it waits for this
    server.serve_forever()


if __name__ == "__main__":
    _serve(Path(sys.argv[1]), int(sys.argv[2]))
