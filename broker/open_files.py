"""How many files and connections the process may have open."""

from __future__ import annotations

import resource


def as_many_as_may_be() -> None:
    """Raise the process's own limit to the one it may not pass: a shell's usual 1,024 are too few to listen."""
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
