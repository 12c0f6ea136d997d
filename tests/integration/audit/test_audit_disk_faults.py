"""A disk that fails in the middle: SQLite meets real errors, through a way to the disk that fails on demand."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import apsw
import pytest

from broker.audit.log import LogUnavailable
from tests.unit.audit.audit_samples import closed, disclosure, intent, open_log, reading, writing

FULL, NO_SYNC, NO_READ = "the disk is full", "fsync fails", "a read fails"
WAY = "failing_disk"


class FailingDisk(apsw.VFS):
    """The usual way to the disk, until it is told to fail: at the ``after``-th call of the kind, and on."""

    def __init__(self) -> None:
        super().__init__(WAY, "")
        self.fault: str | None = None
        self.after = 0

    def xOpen(self, name: Any, flags: list[int]) -> apsw.VFSFile:  # noqa: N802 -- apsw's name
        return _File(self, name, flags)

    def meets(self, fault: str) -> bool:
        """Whether this call fails."""
        if self.fault != fault:
            return False
        self.after -= 1
        return self.after < 0


class _File(apsw.VFSFile):
    def __init__(self, disk: FailingDisk, name: Any, flags: list[int]) -> None:
        super().__init__("", name, flags)
        self.disk = disk

    def xWrite(self, written: Any, offset: int) -> None:  # noqa: N802 -- apsw's name
        if self.disk.meets(FULL):
            raise apsw.FullError("injected")
        super().xWrite(written, offset)

    def xSync(self, flags: int) -> None:  # noqa: N802 -- apsw's name
        if self.disk.meets(NO_SYNC):
            raise apsw.IOError("injected")
        super().xSync(flags)

    def xRead(self, amount: int, offset: int) -> bytes:  # noqa: N802 -- apsw's name
        if self.disk.meets(NO_READ):
            raise apsw.IOError("injected")
        return super().xRead(amount, offset)


@pytest.fixture
def disk() -> Iterator[FailingDisk]:
    failing = FailingDisk()
    yield failing
    failing.unregister()


@pytest.mark.parametrize("fault", [FULL, NO_SYNC])
@pytest.mark.parametrize("after", [0, 1, 2, 3, 7])
async def test_after_a_fault_nothing_is_recorded_until_a_restart_that_verifies(
    fault: str, after: int, disk: FailingDisk, tmp_path: Path
) -> None:
    log = await open_log(tmp_path, vfs=WAY)
    acknowledged = [await log.record(intent()), await log.record(disclosure())]
    disk.fault, disk.after = fault, after

    outcomes: list[Any] = []
    for _ in range(30):
        outcomes += await asyncio.gather(
            *(log.record(closed(f"q-other-{n}")) for n in range(3)), return_exceptions=True
        )
    failed = [isinstance(one, LogUnavailable) for one in outcomes]
    acknowledged += [one for one in outcomes if not isinstance(one, BaseException)]
    assert failed == sorted(failed), "an entry was acknowledged after the fault"
    assert failed[-1]
    assert not log.healthy

    disk.fault = None
    with pytest.raises(LogUnavailable, match="Mend the disk"):
        await log.record(closed())
    await log.close()

    async with writing(tmp_path) as again:
        assert again.healthy
        await again.record(closed("q-after"))
    with reading(tmp_path) as reader:
        assert reader.verify().fault is None
        proved = {one.index: reader.prove(one.index) for one in acknowledged}
        assert all(proved.values())
        states = [one.facts["state"] for one in reader.trace("q-1").entries if one.kind == "query.closed"]
    assert len(states) == 1


@pytest.mark.parametrize("fault", [FULL, NO_SYNC, NO_READ])
async def test_a_log_on_a_disk_that_fails_does_not_open(
    fault: str, disk: FailingDisk, tmp_path: Path
) -> None:
    disk.fault = fault
    with pytest.raises(LogUnavailable, match=r"audit\.db"):
        await open_log(tmp_path, vfs=WAY)
    disk.fault = None
    log = await open_log(tmp_path, vfs=WAY)
    assert (await log.record(closed())).index == 0
    await log.close()
