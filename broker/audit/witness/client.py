"""Asking a witness to cosign a checkpoint, as C2SP tlog-witness says (https://c2sp.org/tlog-witness).

One request; a second one when the witness says that it cosigned another size than we believed. Under one deadline,
over https that is verified, without redirects, and no more is read of an answer than a witness has to say.
"""

from __future__ import annotations

import asyncio
import base64
import re
import ssl
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime, timedelta
from pathlib import Path

import aiohttp

from broker.audit.checkpoint import parsed, unsigned_text
from broker.audit.witness.cosignature import Cosignature, NotCosigned, cosignature_in
from broker.audit.witness.deciding import SIZE
from broker.audit.witness.settings import WitnessOfLog

DEADLINE = 5.0
"""Seconds for a witness to answer in, with all that is asked again."""

CLOCKS_APART = timedelta(minutes=5)
"""So far a witness's clock may be from ours. The time that it cosigned at is told to auditors."""

_LONGEST_ANSWER = 64 * 1024
_SIZE = re.compile(r"(0|[1-9][0-9]{0,18})\n", re.ASCII)

Prove = Callable[[int, int], Awaitable[Sequence[bytes]]]
"""The consistency proof from one size of the log to another (``tree.consistency_proof``)."""


class Refused(Exception):
    """A witness did not cosign; ``sentence`` says why and what to do.

    ``knows`` is the size that it cosigned, where the log is shorter than that, or is not the one that it cosigned.
    """

    def __init__(self, sentence: str, knows: int | None = None) -> None:
        super().__init__(sentence)
        self.sentence, self.knows = sentence, knows


class _Elsewhere(Exception):
    """The witness cosigned another size than we believed: ``size``."""

    def __init__(self, size: int) -> None:
        super().__init__(size)
        self.size = size


def unfit(witness: WitnessOfLog, directory: Path) -> str | None:
    """What is wrong with what is named for a witness in ``broker.yaml``; None when nothing is."""
    try:
        _context(witness, directory)
    except (OSError, ssl.SSLError):
        return f"The ca_file of the witness {witness.name} is not there, or holds no certificate (PEM)."
    return None


def _context(witness: WitnessOfLog, directory: Path) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=directory / witness.ca_file if witness.ca_file else None)


def session_of(witness: WitnessOfLog, directory: Path) -> aiohttp.ClientSession:
    """The connection to a witness, kept open. Raises OSError where it is ``unfit``."""
    context = _context(witness, directory)
    return aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(ssl=context, limit=1, use_dns_cache=False),
        cookie_jar=aiohttp.DummyCookieJar(),
        auto_decompress=False,
        headers={"User-Agent": "family-context", "Accept-Encoding": "identity"},
    )


async def cosignature_of(
    witness: WitnessOfLog, note: str, old: int, prove: Prove, session: aiohttp.ClientSession, now: datetime
) -> Cosignature:
    """The witness's cosignature of a signed checkpoint. Raises Refused.

    ``old`` is the size that it cosigned last, as far as we know.
    """
    try:
        async with asyncio.timeout(DEADLINE):
            return await _twice(witness, note, old, prove, session, now)
    except TimeoutError:
        raise Refused(
            f"It did not answer within {DEADLINE:.0f} seconds. Ask its people whether it runs."
        ) from None
    except aiohttp.ClientConnectorCertificateError:
        raise Refused(
            "Its certificate is not to be trusted. If it is of an authority of its own, name that under ca_file."
        ) from None
    except (aiohttp.ClientError, OSError) as fault:
        raise Refused(
            f"It can't be reached ({type(fault).__name__}). Ask its people whether it runs."
        ) from None


async def _twice(
    witness: WitnessOfLog, note: str, old: int, prove: Prove, session: aiohttp.ClientSession, now: datetime
) -> Cosignature:
    try:
        return await _asked(witness, note, old, prove, session, now)
    except _Elsewhere as said:
        old, size = said.size, _size(note)
    if old > size:
        raise Refused(_BEHIND.format(theirs=old, ours=size), knows=old)
    try:
        return await _asked(witness, note, old, prove, session, now)
    except _Elsewhere as said:
        if said.size == old == size:
            raise Refused(_CONTRADICTED.format(size=old), knows=old) from None
        raise Refused("It was asked by somebody else meanwhile, and is asked again.") from None


async def _asked(
    witness: WitnessOfLog, note: str, old: int, prove: Prove, session: aiohttp.ClientSession, now: datetime
) -> Cosignature:
    """One request. Raises _Elsewhere, Refused, aiohttp.ClientError, OSError."""
    old = min(old, _size(note))
    proof = await prove(old, _size(note))
    body = "\n".join([f"old {old}", *(base64.b64encode(one).decode() for one in proof), "", note])
    async with session.post(
        f"{witness.address}/add-checkpoint", data=body.encode(), allow_redirects=False
    ) as reply:
        answer = await _read(reply)
        _refused(reply, answer, old)
    return _held(answer, unsigned_text(note), witness, now)


def _refused(reply: aiohttp.ClientResponse, answer: str, old: int) -> None:
    """Raises what a status other than 200 means."""
    if reply.status == 409:  # noqa: PLR2004 -- the statuses are tlog-witness's
        size = _SIZE.fullmatch(answer)
        if reply.content_type != SIZE or size is None:
            raise Refused("It refused the size that it was asked from, and did not say which it knows.")
        raise _Elsewhere(int(size[1]))
    if reply.status == 422:  # noqa: PLR2004
        raise Refused(_CONTRADICTED.format(size=old), knows=old)
    if reply.status != 200:  # noqa: PLR2004
        raise Refused(
            _STATUS.get(reply.status, f"It answered with the status {reply.status}. Check its address.")
        )


def _held(answer: str, text: str, witness: WitnessOfLog, now: datetime) -> Cosignature:
    """Its cosignature in an answer, when it holds and is of this time."""
    try:
        found = cosignature_in(answer, text, witness.cosigner)
    except NotCosigned:
        raise Refused(
            "It answered with no cosignature by the key in broker.yaml. Compare the key with its people."
        ) from None
    if abs(found.at - now) > CLOCKS_APART:
        minutes = abs(found.at - now) // timedelta(minutes=1)
        raise Refused(f"Its clock and ours are {minutes} minutes apart. Set the one that is wrong.")
    return found


async def _read(reply: aiohttp.ClientResponse) -> str:
    read = bytearray()
    async for piece in reply.content.iter_any():
        read += piece
        if len(read) > _LONGEST_ANSWER:
            raise Refused("Its answer is longer than a witness's can be. Check its address.")
    return read.decode("utf-8", "replace")


def _size(note: str) -> int:
    return parsed(unsigned_text(note)).size


_BEHIND = (
    "It cosigned {theirs} entries of this log, and here are {ours}: entries are missing. Either an older copy of"
    " the log was brought back, or two brokers write under one origin. Stop the broker, keep the files as they"
    " are, tell whoever is responsible for information governance, and bring back a copy with all entries; or"
    " begin a new log with another origin, and tell the witnesses."
)
_CONTRADICTED = (
    "The log is not the one of which it cosigned {size} entries: history was changed, or an older copy was brought"
    " back and written on. Stop the broker, keep the files as they are, tell whoever is responsible for"
    " information governance, and bring back a copy that verifies against an older checkpoint (broker audit verify"
    " --against); or begin a new log with another origin, and tell the witnesses."
)
_STATUS = {
    400: "It can't read what it was asked. Check that its address is that of a witness.",
    403: "It does not know the key that signs this log. Send its people the key of: broker audit checkpoint",
    404: "It does not witness this log, or is no witness. Check its address, and that its people added the log.",
    503: "It can't remember just now, so it signs nothing. Tell its people.",
}
