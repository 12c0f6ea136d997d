"""The lock of a log's one writer, in a file that also says whether the last writer closed the log properly."""

from __future__ import annotations

import contextlib
import fcntl
import os
from dataclasses import dataclass
from pathlib import Path

from broker.audit.stores.contract import StoreInUse

_OPEN, _CLOSED = b"open  ", b"closed"


@dataclass(slots=True)
class WriteLock:
    """A lock that is held.

    What its file says need not be synced: after a power cut no page is in memory and not on the disk.
    """

    file: int
    failed: bool = False

    @classmethod
    def taken(cls, path: Path) -> WriteLock:
        """That of the log of this path. Raises StoreInUse."""
        file = os.open(path.with_name(f"{path.name}.lock"), os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(file)
            raise StoreInUse(
                f"Another broker writes {path}. Stop it first, or give this one a log of its own."
            ) from None
        return cls(file)

    def was_closed(self) -> bool:
        """Whether all that was written before is known to be synced."""
        return os.pread(self.file, len(_CLOSED), 0) == _CLOSED

    def begin(self) -> None:
        """From now on the log is not closed properly."""
        os.pwrite(self.file, _OPEN, 0)

    def end(self) -> None:
        """The log is closed: properly, unless a write failed."""
        if not self.failed:
            with contextlib.suppress(
                OSError
            ):  # on a full disk: the next writer then takes more care than it must
                os.pwrite(self.file, _CLOSED, 0)

    def release(self) -> None:
        """Let others write."""
        os.close(self.file)
