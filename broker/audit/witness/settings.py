"""Which witnesses a log has: their part of ``broker.yaml``."""

from __future__ import annotations

import ipaddress
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from broker.audit.witness.cosignature import Cosigner


def _key(text: str) -> str:
    Cosigner.of(text)
    return text


def _address(text: str) -> str:
    """An https address, or one of this machine."""
    split = urlsplit(text)
    if split.hostname is None or split.username is not None or split.query or split.fragment:
        raise ValueError("write the witness's address alone here, such as https://witness.northshire.example")
    if split.scheme != "https" and not (split.scheme == "http" and _is_this_machine(split.hostname)):
        raise ValueError("a witness is asked over https: only one on this machine may have an http address")
    return text.rstrip("/")


def _is_this_machine(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


class WitnessOfLog(BaseModel):
    """A witness: what people call it, its public key, and where it is asked.

    ``ca_file``: the authority that signed its certificate (PEM), where that is not one that this machine trusts.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: Annotated[str, Field(min_length=1, max_length=100)]
    key: Annotated[str, AfterValidator(_key)]
    address: Annotated[str, AfterValidator(_address)]
    ca_file: str | None = None

    @property
    def cosigner(self) -> Cosigner:
        return Cosigner.of(self.key)
