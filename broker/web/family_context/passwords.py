"""Passwords of the old front end's own accounts, as a file holds them: scrypt (RFC 7914), each with its own salt.

32 MiB and about 0.1 s a try: the cost that OWASP's Password Storage Cheat Sheet asks for.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re

COST, BLOCK, LANES = 2**15, 8, 1
SALT_BYTES, HASH_BYTES = 16, 32
_MEMORY = 64 * 1024 * 1024
SHORTEST, LONGEST = 12, 200
WRITTEN = re.compile(r"scrypt:([A-Za-z0-9_-]{22}):([A-Za-z0-9_-]{43})", re.ASCII)
"""Salt and hash, in base64url without padding."""

NOBODYS = f"scrypt:{'A' * 22}:{'A' * 43}"
"""What is tried for a user id that there is none of, so that it takes as long."""


def hashed(password: str, salt: bytes) -> str:
    """A password as the file of accounts holds it."""
    return f"scrypt:{_text(salt)}:{_text(_scrypt(password, salt))}"


def fits(password: str, written: str) -> bool:
    """Whether this is the password. It takes as long for a wrong one."""
    found = WRITTEN.fullmatch(written)
    if found is None or len(password) > LONGEST:
        return False
    salt, wanted = (base64.urlsafe_b64decode(one + "=" * (-len(one) % 4)) for one in found.groups())
    return hmac.compare_digest(_scrypt(password, salt), wanted)


def _scrypt(password: str, salt: bytes) -> bytes:
    sent = password.encode("utf-8", "surrogatepass")
    return hashlib.scrypt(sent, salt=salt, n=COST, r=BLOCK, p=LANES, maxmem=_MEMORY, dklen=HASH_BYTES)


def _text(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")
