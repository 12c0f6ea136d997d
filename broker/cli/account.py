"""Who runs a command: as the system knows it, since the environment may say anything."""

from __future__ import annotations

import os
import pwd


def account() -> str:
    """The name of the account, which entries bear; its number where it has none, as in a container."""
    number = os.geteuid()
    try:
        return pwd.getpwuid(number).pw_name
    except KeyError:
        return f"uid {number}"
