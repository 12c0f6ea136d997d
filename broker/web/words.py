"""How random bytes are written where they travel in cookies, forms and addresses."""

from __future__ import annotations

import base64


def url_safe(content: bytes) -> str:
    """Base64 without the signs that mean something in addresses and cookies (RFC 4648, 5), unpadded."""
    return base64.urlsafe_b64encode(content).decode().rstrip("=")
